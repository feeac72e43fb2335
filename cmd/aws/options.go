package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"aws/backend"
	"aws/backend/uring"
	"aws/httpx/site"
)

// options are what the command line and the configuration file set.
type options struct {
	backend     string
	listen      []string
	workers     int
	connections int
	memory      memoryValue
	openFiles   int // how many to keep open; from the limit on open files
	faults      *backend.Faults
	config      string
	checkOnly   bool
	socketCalls string

	settings  settings // which of these were given, and where
	problems  problems // what is wrong with them
	addresses []*backend.ListenAddress

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
func (o *options) register(f *pflag.FlagSet) {
	f.SortFlags = false
	f.VarP(choice(&o.backend, "epoll-aio", "uring", "auto"), "backend", "b", "I/O engine: epoll-aio, uring or auto")
	f.StringArrayVarP(&o.listen, "listen", "l", []string{":8888"}, "`address` to listen on: :PORT, HOST:PORT, [IPV6]:PORT or unix:/path (repeatable)")
	o.siteOptions.register(f)
	f.IntVarP(&o.workers, "workers", "w", runtime.GOMAXPROCS(0), "number of loops, each on its own thread")
	f.IntVar(&o.connections, "max-connections", 0, "connections at a time, over all loops (default: from the limit on open files)")
	f.Var(&o.memory, "memory", "memory for all clients together: buffers, bodies being made, and send queues, as a `size` such as 512MiB; past it requests get 503 (default: half of the control group's limit, or else of the machine's memory)")
	f.DurationVar(&o.headerTimeout, "header-timeout", 10*time.Second, "how long the head of a request may take")
	f.DurationVar(&o.bodyTimeout, "body-timeout", 30*time.Second, "how long the body of a request may take")
	f.DurationVar(&o.idleTimeout, "idle-timeout", 60*time.Second, "how long a connection may idle between two requests")
	f.DurationVar(&o.stallTimeout, "stall-timeout", 30*time.Second, "how long a transfer may make no progress")
	f.DurationVar(&o.lookUpTimeout, "lookup-timeout", 10*time.Second, "how long a file system may take to find a file")
	o.minRate = 1 << 10
	f.Var(&o.minRate, "min-rate", "end transfers and request bodies of clients slower than this `size` a second, averaged over 30s; 0 is never")
	f.DurationVar(&o.drainTimeout, "drain-timeout", 10*time.Second, "how long transfers may go on after SIGINT or SIGTERM")
	f.DurationVar(&o.fileCacheTTL, "file-cache-ttl", 0, "how long to trust an open file without a new statx; 0 is never stale")
	f.DurationVar(&o.openFileIdle, "open-file-idle", 20*time.Second, "how long a file stays open that no response uses; 0 closes it at once")
	f.Var(&o.copyBelow, "copy-below", "copy /static files up to this `size`, at most 24KiB, and send them together with their heads, without sendfile; 0 is never (default: 0 with epoll-aio, 16KiB with uring)")
	f.Var(faultsValue{&o.faults}, "fault", "break messages up: split, eagain=P, eintr=P, short=P, delay=DURATION, seed=N, separated by commas")
	f.Var(choice(&o.socketCalls, "auto", "raw", "libc"), "socket-calls", "make socket calls directly or through libc; auto uses libc with LD_PRELOAD")
	f.Var(&o.zeroCopyAbove, "zero-copy-above", "uring: send buffers of /dynamic without copying them if they hold at least this `size`, of 128KiB; 0 is never")
	o.uringFeatures = uring.AllFeatures()
	f.Var(disableValue{&o.uringFeatures}, "uring-disable", "uring: do without these features")
	_ = f.MarkHidden("uring-disable")
	f.StringVarP(&o.config, "config", "c", "", "TOML `file` with the same names; the command line wins")
	f.BoolVar(&o.checkOnly, "check", false, "report all problems of the settings, and serve nothing")
	o.settings.problems = &o.problems
	o.settings.watch(f)
}

// choiceValue is a flag whose value is one of a few words.
type choiceValue struct {
	value *string
	words []string
}

func choice(value *string, words ...string) *choiceValue {
	*value = words[0]
	return &choiceValue{value, words}
}

func (c *choiceValue) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}
func (c *choiceValue) Type() string { return strings.Join(c.words, "|") }
func (c *choiceValue) Set(s string) error {
	if !slices.Contains(c.words, s) {
		return fmt.Errorf("want one of %s", strings.Join(c.words, ", "))
	}
	*c.value = s
	return nil
}

// faultsValue parses --fault.
type faultsValue struct{ faults **backend.Faults }

func (v faultsValue) String() string { return "" }
func (v faultsValue) Type() string   { return "spec" }
func (v faultsValue) Set(s string) (err error) {
	*v.faults, err = backend.ParseFaults(s)
	return err
}

// disableValue parses --uring-disable.
type disableValue struct{ features *uring.Features }

func (v disableValue) String() string     { return "" }
func (v disableValue) Type() string       { return "features" }
func (v disableValue) Set(s string) error { return v.features.Disable(s) }

// copyValue is --copy-below. Its default depends on the engine.
type copyValue struct {
	size  sizeValue
	given bool
}

func (v *copyValue) String() string { return "" }
func (v *copyValue) Type() string   { return "size" }
func (v *copyValue) Set(s string) error {
	v.given = true
	return v.size.Set(s)
}

// bytes is the size for an engine. docs/engines.md has the measurements behind
// the default.
func (v *copyValue) bytes(engine string) int {
	if !v.given && engine == "uring" {
		return 16 << 10
	}
	return int(v.size)
}

// sizeValue is a number of bytes: "16384", "64KiB", "1MiB".
type sizeValue int

func (v *sizeValue) String() string {
	if *v > 0 && *v%(1<<10) == 0 {
		return strconv.Itoa(int(*v>>10)) + "KiB"
	}
	return strconv.Itoa(int(*v))
}
func (v *sizeValue) Type() string { return "size" }
func (v *sizeValue) Set(s string) error {
	number, shift := s, 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			number, shift = n, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && n<<shift>>shift != n:
		return errors.New("the number is too large")
	case err != nil || n < 0:
		return errors.New("want a number of bytes, such as 16384 or 64KiB")
	}
	*v = sizeValue(n << shift)
	return nil
}
