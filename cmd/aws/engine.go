package main

import (
	"errors"
	"log/slog"

	"aws/backend"
	"aws/backend/epollaio"
)

// engine is an I/O engine that was chosen, with how to open it.
type engine struct {
	name string
	open func(backend.Options) (backend.Backend, error)
}

// chooseEngine chooses by --backend.
func (o *options) chooseEngine(logger *slog.Logger) (engine, error) {
	libc, err := o.libcCalls()
	if err != nil {
		return engine{}, err
	}
	switch o.backend {
	case "uring":
		return engine{}, errors.New("--backend=uring: this build has no io_uring engine; use --backend=epoll-aio")
	case "auto":
		logger.Info("backend epoll-aio taken: this build has no io_uring engine")
	}
	return engine{name: "epoll-aio", open: func(opts backend.Options) (backend.Backend, error) {
		opts.LibcCalls, opts.Faults = libc, o.faults
		return epollaio.Open(opts)
	}}, nil
}
