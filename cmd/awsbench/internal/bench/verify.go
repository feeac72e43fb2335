package bench

import (
	"fmt"
	"time"

	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/record"
)

const (
	// verified is how many of a scenario's requests are made before it is
	// measured, each answer hashed.
	verified      = 64
	verifyTimeout = time.Minute
)

// verify asks for what the load will ask for, and hashes every body.
func (w *work) verify(server *contest.Server) error {
	targets := w.targets
	if len(targets) > verified {
		targets = targets[:verified]
	}
	if w.Kind != record.Throughput {
		targets = []load.Target{w.probe}
	}
	return askOnce(server, targets, 1, w.PerRequest)
}

// askOnce asks for each target once and hashes every body.
func askOnce(server *contest.Server, targets []load.Target, connections int, perRequest bool) error {
	l, err := load.Start(load.Plan{
		Addr: server.Addr, Targets: targets, Once: true, SampleEvery: 1,
		Connections: connections, Pipeline: 1, PerRequest: perRequest,
	})
	if err != nil {
		return err
	}
	select {
	case <-l.Done():
	case <-time.After(verifyTimeout):
	}
	result, err := l.Stop()
	switch {
	case err != nil:
		return err
	case result.Requests < uint64(len(targets)):
		return fmt.Errorf("answered %d of %d requests within %v", result.Requests, len(targets), verifyTimeout)
	}
	return nil
}
