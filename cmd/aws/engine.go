package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/epollaio"
	"aws/backend/sockop"
	"aws/backend/uring"
)

// tryRuntimeCalls ends the process with a word of advice if the kernel refuses
// what Go's runtime cannot do without: its poller would end it with a stack trace,
// at the first timer or open file (runtime/netpoll_epoll.go).
func tryRuntimeCalls() {
	call := "epoll_create1"
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	eventfd := -1
	if err == nil {
		call = "eventfd2"
		eventfd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	}
	if err == nil {
		call = "epoll_ctl"
		err = unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, eventfd, &unix.EpollEvent{Events: unix.EPOLLIN})
	}
	if err == nil {
		call = "epoll_pwait"
		if _, errno := (sockop.Calls{}).EpollWait(epfd, make([]unix.EpollEvent, 1), 0); errno != 0 {
			err = errno
		}
	}
	for _, fd := range []int{epfd, eventfd} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return
	}
	if err = sockop.Refusal(call, errno, ""); err != nil {
		_, _ = unix.Write(unix.Stderr, fmt.Appendf(nil, "aws: %v\n", err)) // without the runtime's poller
		os.Exit(1)
	}
}

// engine is the chosen I/O engine.
type engine struct {
	name string
	open func(backend.Options) (backend.Backend, error)
	note string // why LD_PRELOAD has no effect on it, "" for nothing
}

// tellNote prints the note of an engine, if there is one.
func (e engine) tellNote() {
	if e.note != "" {
		warn("%s", e.note)
	}
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
	libc, note, err := o.libcCalls()
	return engine{name: "epoll-aio", note: note, open: func(opts backend.Options) (backend.Backend, error) {
		opts.LibcCalls, opts.Faults = libc, o.faults
		return epollaio.Open(opts)
	}}, err
}

func (o *options) uring() (engine, error) {
	if o.socketCalls == "libc" {
		return engine{}, usageError{errors.New("--socket-calls=libc cannot be combined with --backend=uring, which makes no calls through libc; --fault breaks messages up in every engine")}
	}
	note := ""
	if os.Getenv("LD_PRELOAD") != "" {
		note = "LD_PRELOAD has no effect on --backend=uring, which makes no calls through libc; use --fault instead"
	}
	return engine{name: "uring", note: note, open: func(opts backend.Options) (backend.Backend, error) {
		opts.Faults = o.faults
		return uring.Open(opts, uring.Options{Features: o.uringFeatures, ZeroCopyAbove: int(o.zeroCopyAbove)})
	}}, nil
}
