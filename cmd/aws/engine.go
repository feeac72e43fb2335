package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"aws/backend"
	"aws/backend/epollaio"
	"aws/backend/uring"
)

// engine is the chosen I/O engine.
type engine struct {
	name string
	open func(backend.Options) (backend.Backend, error)
}

// chooseEngine follows --backend. "uring" is strict; "auto" takes uring where it
// works, and logs which engine it took and why.
func (o *options) chooseEngine(logger *slog.Logger) (engine, error) {
	switch o.backend {
	case "uring":
		return o.uring()
	case "auto":
		has, err := uring.Probe(o.uringFeatures)
		if err == nil {
			logger.Info("backend uring taken", "features", has)
			return o.uring()
		}
		logger.Info("backend epoll-aio taken", "because", err)
	}
	return o.epollAIO()
}

func (o *options) epollAIO() (engine, error) {
	libc, err := o.libcCalls()
	return engine{name: "epoll-aio", open: func(opts backend.Options) (backend.Backend, error) {
		opts.LibcCalls, opts.Faults = libc, o.faults
		return epollaio.Open(opts)
	}}, err
}

func (o *options) uring() (engine, error) {
	if o.socketCalls == "libc" {
		return engine{}, usageError{errors.New("--socket-calls=libc cannot be combined with --backend=uring, which makes no calls through libc; --fault breaks messages up in every engine")}
	}
	if os.Getenv("LD_PRELOAD") != "" {
		fmt.Fprintln(stderr, "aws: LD_PRELOAD has no effect on --backend=uring, which makes no calls through libc; use --fault instead")
	}
	return engine{name: "uring", open: func(opts backend.Options) (backend.Backend, error) {
		opts.Faults = o.faults
		return uring.Open(opts, uring.Options{Features: o.uringFeatures, ZeroCopyAbove: int(o.zeroCopyAbove)})
	}}, nil
}
