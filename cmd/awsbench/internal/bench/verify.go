package bench

import (
	"fmt"
	"time"

	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/record"
)

const (
	// verified is the number of a scenario's requests that are checked before
	// the measurement, with all bodies hashed.
	verified      = 64
	verifyTimeout = time.Minute
)

// verify makes the requests that the load will make, and hashes every body.
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

// askOnce requests each target once and hashes every body.
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
