package main

import (
	"log/slog"
	"runtime"
	"time"

	"aws/backend"
	"aws/backend/uring"
	"aws/httpx/site"
)

// options are what the command line and the configuration file set.
type options struct {
	backend     string
	listen      []string
	trusted     backend.Networks // the proxies whose fields are believed
	workers     int
	connections int
	memory      memoryValue
	openFiles   int // how many to keep open; from the limit on open files
	faults      *backend.Faults
	config      string
	checkOnly   bool
	quiet       bool
	argument    argument
	socketCalls string

	clients clientLimits
	admin   adminOptions

	settings  settings // which of these were given, and where
	problems  problems // what is wrong with them
	addresses []*backend.ListenAddress

	accessLog accessLogOptions
	serverLog serverLogOptions
	logger    *slog.Logger // made by these

	siteOptions                // at the top: the only site, or the defaults for all
	sites       []*siteOptions // in the configuration file
	served      []site.Config  // made from the above

	copyBelow     copyValue
	uringFeatures uring.Features
	zeroCopyAbove sizeValue

	headerTimeout time.Duration
	bodyTimeout   time.Duration
	idleTimeout   time.Duration
	stallTimeout  time.Duration
	lookUpTimeout time.Duration
	minRate       sizeValue
	drainTimeout  time.Duration
	fileCacheTTL  time.Duration
	openFileIdle  time.Duration
}

// register declares the flags. The configuration file uses the same names.
func (o *options) register(f *flagSet) {
	o.siteOptions.register(f)

	f.group("Where to listen", "aws --listen=127.0.0.1:8080 --listen=unix:/run/aws.sock")
	f.StringArrayVarP(&o.listen, "listen", "l", []string{":8888"}, "`ADDR` :PORT, HOST:PORT, [IPV6]:PORT or unix:/path; with ',proxy=NETWORK' for proxies alone, which begin with a PROXY header (repeatable)")
	f.Var(parsed((*[]backend.Network)(&o.trusted), backend.ParseNetwork), "trusted-proxy", "`NETWORK` believe X-Forwarded-For and Forwarded of proxies there: 10.0.0.0/8, an address, or unix (repeatable)")

	o.registerLimits(f)
	o.clients.register(f)
	o.admin.register(f)

	f.group("Logs", "aws . --access-log=access.log --access-log-only='status>=400'")
	o.accessLog.register(f)
	o.serverLog.register(f)

	f.group("Engine", "aws --backend=auto --workers=2")
	f.VarP(choice(&o.backend, "epoll-aio", "uring", "auto"), "backend", "b", "`ENGINE` epoll-aio, uring, or auto, which takes io_uring where it works")
	f.IntVarP(&o.workers, "workers", "w", runtime.GOMAXPROCS(0), "`N` loops, each on its own thread")
	f.Var(&o.copyBelow, "copy-below", "copy /static files up to this `SIZE`, at most 24KiB, and send them together with their heads, without sendfile; 0 is never (default 0; 16KiB with uring)")
	f.Var(&o.zeroCopyAbove, "zero-copy-above", "uring: send buffers of /dynamic without copying them if they hold at least this `SIZE`, of 128KiB; 0 is never")
	f.Var(choice(&o.socketCalls, "auto", "raw", "libc"), "socket-calls", "`auto|raw|libc` make socket calls directly or through libc; auto uses libc with LD_PRELOAD")
	o.uringFeatures = uring.AllFeatures()
	f.Var(disableValue{&o.uringFeatures}, "uring-disable", "uring: do without these features")
	_ = f.MarkHidden("uring-disable")

	f.group("Testing", "aws --fault=eagain=0.3,short=0.5,seed=7")
	f.Var(faultsValue{&o.faults}, "fault", "`SPEC` break messages up: split, eagain=P, eintr=P, short=P, delay=TIME, seed=N, with commas between them")

	f.group("The command itself", "aws --config=aws.toml --quiet")
	f.StringVarP(&o.config, "config", "c", "", "`FILE` TOML with the same names ('aws help config'); the command line wins")
	f.BoolVar(&o.checkOnly, "check", false, "report all problems of the settings, and serve nothing")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but errors and warnings")
	o.settings.problems = &o.problems
	o.settings.watch(f.FlagSet)
}

// registerLimits declares the flags that bound what clients may take.
func (o *options) registerLimits(f *flagSet) {
	f.group("Limits and timeouts", "aws --max-connections=10000 --memory=512MiB --idle-timeout=2m")
	f.IntVar(&o.connections, "max-connections", 0, "`N` connections at a time, over all loops (default: from the limit on open files)")
	f.Var(&o.memory, "memory", "`SIZE` memory for all clients together, such as 512MiB: buffers, bodies being made, send queues; past it requests get 503 (default: half of what there is)")
	f.DurationVar(&o.headerTimeout, "header-timeout", 10*time.Second, "`TIME` how long the head of a request may take")
	f.DurationVar(&o.bodyTimeout, "body-timeout", 30*time.Second, "`TIME` how long the body of a request may take")
	f.DurationVar(&o.idleTimeout, "idle-timeout", 60*time.Second, "`TIME` how long a connection may idle between two requests")
	f.DurationVar(&o.stallTimeout, "stall-timeout", 30*time.Second, "`TIME` how long a transfer may make no progress")
	f.DurationVar(&o.lookUpTimeout, "lookup-timeout", 10*time.Second, "`TIME` how long a file system may take to find a file")
	f.DurationVar(&o.drainTimeout, "drain-timeout", 10*time.Second, "`TIME` how long transfers may go on after SIGINT or SIGTERM")
	o.minRate = 1 << 10
	f.Var(&o.minRate, "min-rate", "end transfers and request bodies of clients slower than this `SIZE` a second, averaged over 30s; 0 is never")
	f.DurationVar(&o.fileCacheTTL, "file-cache-ttl", 0, "`TIME` how long to trust an open file without a new statx; 0 is never stale")
	f.DurationVar(&o.openFileIdle, "open-file-idle", 20*time.Second, "`TIME` how long a file stays open that no response uses; 0 closes it at once")
}
