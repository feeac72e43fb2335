package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/sockop"
	"aws/httpx"
	"aws/httpx/auth"
	"aws/httpx/site"
)

// serve runs the server until a signal ends it.
func serve(o *options) error {
	signal.Ignore(unix.SIGPIPE) // EPIPE is enough to learn that a peer has gone
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	if err := o.settleFiles(); err != nil {
		return err
	}
	engine, err := o.chooseEngine(logger)
	if err != nil {
		return err
	}
	listeners, err := o.open()
	if err != nil {
		return err
	}
	defer func() {
		for _, l := range listeners {
			_ = l.Close()
		}
	}()
	server, err := httpx.New(httpx.Config{
		Sites:         o.served,
		Open:          engine.open,
		Loops:         o.workers,
		Crew:          o.makeRoom(),
		Connections:   o.connections,
		OpenFiles:     o.openFiles,
		Memory:        o.settleMemory(),
		HeaderTimeout: o.headerTimeout,
		BodyTimeout:   o.bodyTimeout,
		IdleTimeout:   o.idleTimeout,
		StallTimeout:  o.stallTimeout,
		LookUpTimeout: o.lookUpTimeout,
		MinRate:       int(o.minRate),
		DrainTimeout:  o.drainTimeout,
		FileCacheTTL:  o.fileCacheTTL,
		OpenFileIdle:  o.openFileIdle,
		CopyBelow:     o.copyBelow.bytes(engine.name),
		Log:           logger,
	}, listeners)
	if err != nil {
		return o.folderAdvice(err)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGUSR1, unix.SIGHUP)
	announce(o, engine.name, listeners)
	go obey(signals, server, listeners, logger)
	if err := server.Run(); err != nil {
		return err
	}
	if cut := server.Cut(); cut > 0 {
		return fmt.Errorf("%d %s cut off, unfinished after --drain-timeout=%v", cut, plural(cut, "response was", "responses were"), o.drainTimeout)
	}
	return nil
}

// plural returns the form of a word for n.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// makeRoom gives the scheduler room for more than the loops, and returns how many
// goroutines may make bodies at a time: one per CPU. If bodies are made at all,
// each of these gets room. A loop that wakes up would otherwise wait for up to
// 10 ms, until one of them is preempted.
//
// One place always stays free. Without it, the scheduler would take a loop's
// place away whenever a system call lasts 20 µs, as sendfile(2) of a large file
// does, and wake another thread to hold it (runtime/proc.go, retake).
func (o *options) makeRoom() (crew int) {
	cpus := runtime.GOMAXPROCS(0)
	room := 1
	if slices.ContainsFunc(o.served, func(s site.Config) bool { return s.Autoindex || s.PrecompressedOnly || len(s.Processors) > 0 }) {
		room = cpus
	}
	if slices.ContainsFunc(o.served, func(s site.Config) bool { return len(s.Auth) > 0 }) {
		room += auth.Room(cpus)
	}
	runtime.GOMAXPROCS(max(cpus, o.workers+room))
	return cpus
}

// obey drains the server at the first signal and ends the process at the second.
// SIGUSR1 logs the counters of the loops, and two of the process; SIGHUP does nothing but say so. During the drain, new
// clients are refused rather than left waiting in a backlog that nobody reads any more.
func obey(signals <-chan os.Signal, server *httpx.Server, listeners []*backend.Listener, logger *slog.Logger) {
	draining := false
	for s := range signals {
		switch {
		case s == unix.SIGUSR1:
			server.Report()
			logger.Info("process", "goroutines", runtime.NumGoroutine(), "heap", liveHeap())
		case s == unix.SIGHUP: // from a terminal that has closed, or somebody who wants a reload
			logger.Info("SIGHUP has no effect: restart aws to read its configuration anew")
		case draining:
			os.Exit(1)
		default:
			draining = true
			for _, l := range listeners {
				l.Refuse()
			}
			server.Drain()
			go tellOfDrain(server, logger)
		}
	}
}

// liveHeap is how many bytes of the Go heap the last garbage collection has left.
func liveHeap() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// drainReport is how often the log says what a drain still waits for.
const drainReport = 2 * time.Second

// tellOfDrain says what the drain waits for, until the process ends.
func tellOfDrain(server *httpx.Server, logger *slog.Logger) {
	for {
		time.Sleep(drainReport)
		logger.Info("finishing what is being sent", "connections", server.Left())
	}
}

// open opens the listeners.
func (o *options) open() (listeners []*backend.Listener, err error) {
	for _, a := range o.addresses {
		l, err := a.Listen(o.workers)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil, listenAdvice(a, err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// folderAdvice adds what to do about a folder that cannot be opened.
func (o *options) folderAdvice(err error) error {
	var folder *os.PathError
	var call *os.SyscallError
	switch {
	case errors.As(err, &call) && call.Syscall == "statx":
		return fmt.Errorf("%w; it tells versions of files apart: allow it in the seccomp profile (that of Docker has it since 18.09), or run Linux 4.11 or later", err)
	case !errors.As(err, &folder):
		return err
	}
	flag := mountFlag
	if slices.ContainsFunc(o.served, func(s site.Config) bool { return s.Root == folder.Path }) {
		flag = rootFlag
	}
	return fmt.Errorf("%w; %s", err, folderRemedy(err, flag))
}

// The flags that name folders, in advice.
const (
	rootFlag  = "--root=FOLDER"
	mountFlag = "--mount=PREFIX=FOLDER"
)

// folderRemedy says what to do about a folder that cannot be opened.
func folderRemedy(err error, flag string) string {
	switch {
	case errors.Is(err, unix.ENOENT):
		return "make it, or choose another folder with " + flag
	case errors.Is(err, unix.EACCES):
		return "give this user access to it, or choose another folder with " + flag
	}
	return "choose a folder with " + flag
}

// listenAdvice adds what to do about an address that cannot be listened on.
func listenAdvice(a *backend.ListenAddress, err error) error {
	switch {
	case errors.Is(err, backend.ErrUnknownOwner):
		return fmt.Errorf("%w; 'getent passwd' and 'getent group' list what there is", err)
	case errors.Is(err, backend.ErrNotOwner):
		return fmt.Errorf("%w; take a group of its own ('id' lists them), or start aws as root", err)
	case errors.Is(err, unix.EADDRINUSE) && a.IsPath():
		return fmt.Errorf("%w; stop the other server, or choose another path", err)
	case a.IsPath():
		return fmt.Errorf("%w; choose another path, in a folder that exists and that this user may write to", err)
	case errors.Is(err, backend.ErrUnknownHost):
		return fmt.Errorf("%w; 'ip addr' lists the addresses of this machine, and --listen=:PORT uses all of them", err)
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("%w; stop the other server, or choose another port with --listen=:PORT", err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w; ports below 1024 need CAP_NET_BIND_SERVICE: choose another with --listen=:PORT, or run 'setcap cap_net_bind_service=+ep' on aws", err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%w; 'ip addr' lists the addresses of this machine", err)
	}
	return err
}

// libcCalls decides whether socket calls go through libc. If LD_PRELOAD has no
// effect, it says so.
func (o *options) libcCalls() (bool, error) {
	preload := os.Getenv("LD_PRELOAD") != ""
	switch {
	case o.socketCalls == "libc" && !sockop.LibcAvailable:
		return false, usageError{errors.New("--socket-calls=libc: this build has no libc (it was built without cgo); --fault breaks messages up in any build")}
	case preload && !sockop.LibcAvailable:
		fmt.Fprintln(stderr, "aws: LD_PRELOAD has no effect: this build has no libc (it was built without cgo); use --fault instead")
	case preload && o.socketCalls == "raw":
		fmt.Fprintln(stderr, "aws: LD_PRELOAD has no effect with --socket-calls=raw")
	}
	return o.socketCalls == "libc" || o.socketCalls == "auto" && preload && sockop.LibcAvailable, nil
}
