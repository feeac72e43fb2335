package main

import (
	"context"
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
	"aws/cmd/aws/admin"
	"aws/httpx"
	"aws/httpx/auth"
	"aws/httpx/site"
	"aws/httpx/stats"
)

// serve runs the server until a signal ends it.
func serve(o *options) error {
	signal.Ignore(unix.SIGPIPE) // EPIPE is enough to learn that a peer has gone
	logger := o.logger
	if err := o.settleFiles(); err != nil {
		return err
	}
	engine, err := o.chooseEngine(logger)
	if err != nil {
		return err
	}
	engine.tellNote()
	shown, err := o.startAdmin(engine, logger)
	if err != nil {
		return err
	}
	if shown != nil {
		defer shown.End() // after the listeners
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
	config := o.serverConfig(engine, logger)
	log, err := o.openAccessLog(&config, engine.name, listeners, logger)
	if err != nil {
		return err
	}
	defer closeAccessLog(log, logger)
	server, err := httpx.New(config, listeners)
	if err != nil {
		return o.folderAdvice(err)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGUSR1, unix.SIGHUP)
	announce(o, engine.name, listeners, shown)
	if shown != nil {
		shown.Serves(shownServer{server, log})
	}
	usr1 := func() {
		report(server, logger)
		logger.Info("process", "goroutines", runtime.NumGoroutine(), "heap", liveHeap())
	}
	if o.accessLog.to.target.IsFile() {
		usr1 = log.Reopen
	}
	go obey(signals, server, shown, listeners, logger, usr1)
	if err := server.Run(); err != nil {
		return err
	}
	if cut := server.Cut(); cut > 0 {
		return fmt.Errorf("%d %s cut off, unfinished after --drain-timeout=%v", cut, plural(cut, "response was", "responses were"), o.drainTimeout)
	}
	return nil
}

// serverConfig is what the server is told, but for what it tells others.
func (o *options) serverConfig(engine engine, logger *slog.Logger) httpx.Config {
	return httpx.Config{
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
		Limits:        o.clients.limits(),
		CopyBelow:     o.copyBelow.bytes(engine.name),
		Log:           logger,
		Build:         stats.Build{Version: release(), Engine: engine.name, Go: runtime.Version()},

		TrustedProxies: o.trusted,
	}
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
	if o.admin.address != nil { // it has a loop, too
		room++
	}
	runtime.GOMAXPROCS(max(cpus, o.workers+room))
	return cpus
}

// obey drains the server at the first signal and ends the process at the second.
// SIGUSR1 does what it is told to: it opens the access log anew, or without one in a file
// it logs the counters of the loops, and two of the process. SIGHUP does nothing but say
// so. During the drain, new clients are refused rather than left waiting in a backlog that
// nobody reads any more.
func obey(signals <-chan os.Signal, server *httpx.Server, shown *admin.Server, listeners []*backend.Listener, logger *slog.Logger, usr1 func()) {
	draining := false
	for s := range signals {
		switch {
		case s == unix.SIGUSR1:
			usr1()
		case s == unix.SIGHUP: // from a terminal that has closed, or somebody who wants a reload
			logger.Info("SIGHUP has no effect: restart aws to read its configuration anew")
		case draining:
			os.Exit(1)
		default:
			draining = true
			if shown != nil {
				shown.Drains()
			}
			for _, l := range listeners {
				l.Refuse()
			}
			server.Drain()
			go tellOfDrain(server, logger)
		}
	}
}

// reportTimeout is how long a report waits for loops that do not answer. Other signals
// wait as long.
const reportTimeout = time.Second

// report logs the counters of the loops.
func report(server *httpx.Server, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), reportTimeout)
	defer cancel()
	if err := server.Report(ctx); err != nil {
		logger.Warn("no counters", "err", err)
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
			return nil, listenAdvice(a, listenExample, err)
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
		return &backend.Refused{
			Err:    err,
			Cause:  "a seccomp filter forbids it, or the kernel lacks it, and it tells versions of files apart",
			Remedy: "allow it in the profile (that of Docker has it since 18.09), or run Linux 4.11 or later",
		}
	case !errors.As(err, &folder):
		return err
	}
	flag := mountFlag
	if slices.ContainsFunc(o.served, func(s site.Config) bool { return s.Root == folder.Path }) {
		flag = rootFlag
	}
	return &backend.Refused{Err: err, Remedy: folderRemedy(err, flag)}
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

// listenAdvice adds what to do about an address that cannot be listened on. example is how
// another one is chosen.
func listenAdvice(a *backend.ListenAddress, example string, err error) error {
	remedy := ""
	switch {
	case errors.Is(err, backend.ErrUnknownOwner):
		remedy = "'getent passwd' and 'getent group' list what there is"
	case errors.Is(err, backend.ErrNotOwner):
		remedy = "take a group of its own ('id' lists them), or start aws as root"
	case errors.Is(err, unix.EADDRINUSE) && a.IsPath():
		remedy = "stop the other server, or choose another path"
	case a.IsPath():
		remedy = "choose another path, in a folder that exists and that this user may write to"
	case errors.Is(err, backend.ErrUnknownHost):
		remedy = "'ip addr' lists the addresses of this machine, and " + listenExample + " uses all of them"
	case errors.Is(err, unix.EADDRINUSE):
		remedy = "stop the other server, or choose another port with " + example
	case errors.Is(err, unix.EACCES):
		remedy = "ports below 1024 need CAP_NET_BIND_SERVICE: choose another with " + example + ", or run 'setcap cap_net_bind_service=+ep' on aws"
	case errors.Is(err, unix.EADDRNOTAVAIL):
		remedy = "'ip addr' lists the addresses of this machine"
	default:
		return err
	}
	return &backend.Refused{Err: err, Remedy: remedy}
}

// libcCalls decides whether socket calls go through libc. The note says why LD_PRELOAD
// has no effect, if it is set and has none.
func (o *options) libcCalls() (through bool, note string, err error) {
	preload := os.Getenv("LD_PRELOAD") != ""
	switch {
	case o.socketCalls == "libc" && !sockop.LibcAvailable:
		return false, "", usageError{errors.New("--socket-calls=libc: this build has no libc (it was built without cgo); --fault breaks messages up in any build")}
	case preload && !sockop.LibcAvailable:
		note = "LD_PRELOAD has no effect: this build has no libc (it was built without cgo); use --fault instead"
	case preload && o.socketCalls == "raw":
		note = "LD_PRELOAD has no effect with --socket-calls=raw"
	}
	return o.socketCalls == "libc" || o.socketCalls == "auto" && preload && sockop.LibcAvailable, note, nil
}
