package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"

	"aws/backend"
	"aws/backend/uring"
	"aws/httpx"
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
	quiet       bool
	argument    argument
	socketCalls string

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
	f.StringArrayVarP(&o.listen, "listen", "l", []string{":8888"}, "`ADDR` :PORT, HOST:PORT, [IPV6]:PORT or unix:/path (repeatable)")

	o.registerLimits(f)

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
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but errors and warnings")
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

// readConfig sets the flags that the command line leaves out from the
// configuration file, and checks all of them.
func (o *options) readConfig(flags *pflag.FlagSet) error {
	if o.config != "" {
		if err := o.readFile(flags); err != nil {
			return fmt.Errorf("configuration file %s: %w", o.config, err)
		}
	}
	if err := o.argument.apply(o, flags); err != nil {
		return err
	}
	return o.check()
}

func (o *options) readFile(flags *pflag.FlagSet) error {
	text, err := os.ReadFile(o.config)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			return path.Err
		}
		return err
	}
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			line, column := bad.Position()
			return fmt.Errorf("line %d, column %d: %s", line, column, strings.TrimPrefix(err.Error(), "toml: "))
		}
		return err
	}
	sites, several := values["site"]
	delete(values, "site")
	if err := setFlags(flags, values); err != nil || !several {
		return err
	}
	return o.readSites(sites)
}

// setFlags sets flags from the values of the configuration file.
func setFlags(flags *pflag.FlagSet, values map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := setFlag(flags, name, values[name]); err != nil {
			return err
		}
	}
	return nil
}

// setFlag sets a flag from a value of the configuration file, unless the
// command line has set it. An array sets it once for each element.
func setFlag(flags *pflag.FlagSet, name string, value any) error {
	flag := flags.Lookup(name)
	if flag == nil || slices.Contains(noSettings, name) {
		return orMeant(fmt.Errorf("%s: no such setting", name), nearest(name, settingNames(flags)))
	}
	if flag.Changed {
		return nil
	}
	values, repeated := value.([]any)
	if !repeated {
		values = []any{value}
	}
	for _, v := range values {
		switch v.(type) {
		case string, int64, float64, bool:
		default:
			return fmt.Errorf("%s: want a string, a number or a list of them", name)
		}
		if err := flags.Set(name, fmt.Sprint(v)); err != nil {
			if bad := (*pflag.InvalidValueError)(nil); errors.As(err, &bad) {
				err = errors.Unwrap(bad)
			}
			return valueError(name, fmt.Sprint(v), err)
		}
	}
	return nil
}

// noSettings are the flags that mean nothing in a configuration file.
var noSettings = []string{"config", "help", "version"}

// settingNames are the settings that a user may know of.
func settingNames(flags *pflag.FlagSet) []string {
	return slices.DeleteFunc(flagNames(flags), func(name string) bool { return slices.Contains(noSettings, name) })
}

func (o *options) check() error {
	if err := o.settleSites(); err != nil {
		return err
	}
	switch {
	case o.workers < 1 || o.workers > 1024:
		return fmt.Errorf("--workers=%d: want 1 to 1024", o.workers)
	case o.connections < 0 || o.connections > backend.MaxSlots:
		return fmt.Errorf("--max-connections=%d: want 1 to %d", o.connections, backend.MaxSlots)
	case o.connections > 0 && o.connections < o.workers:
		return fmt.Errorf("--max-connections=%d: want at least one for each of the %d workers", o.connections, o.workers)
	case o.memory.size != 0 && o.memory.size < leastMemory:
		return fmt.Errorf("--memory=%d: want at least %dMiB", o.memory.size, leastMemory>>20)
	case o.copyBelow.size > httpx.MaxCopy:
		return fmt.Errorf("--copy-below=%d: want at most %d", o.copyBelow.size, httpx.MaxCopy)
	case o.fileCacheTTL < 0:
		return fmt.Errorf("--file-cache-ttl=%v: want 0 or more", o.fileCacheTTL)
	case o.openFileIdle < 0:
		return fmt.Errorf("--open-file-idle=%v: want 0 or more", o.openFileIdle)
	}
	for _, addr := range o.listen {
		if err := backend.CheckAddress(addr); err != nil {
			return fmt.Errorf("--listen=%s: %w", addr, err)
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"header-timeout", o.headerTimeout},
		{"body-timeout", o.bodyTimeout},
		{"idle-timeout", o.idleTimeout},
		{"stall-timeout", o.stallTimeout},
		{"lookup-timeout", o.lookUpTimeout},
		{"drain-timeout", o.drainTimeout},
	} {
		if d.value <= 0 {
			return fmt.Errorf("--%s=%v: want more than 0", d.name, d.value)
		}
	}
	return nil
}
