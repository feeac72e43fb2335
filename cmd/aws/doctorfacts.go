// The facts that 'aws doctor' judges by, and how they are gathered. Nothing is judged
// here.

package main

import (
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/epollaio"
	"aws/backend/uring"
	"aws/httpx"
)

// facts are what there is to know. Their names in JSON stay as they are
// (docs/operations.md).
type facts struct {
	Version        string       `json:"version"`
	Backend        string       `json:"backend"`         // --backend
	Engine         string       `json:"engine"`          // what it would take
	Workers        int          `json:"workers"`         // --workers
	MaxConnections int          `json:"max_connections"` // --max-connections; 0: not given
	Preload        string       `json:"preload"`         // why LD_PRELOAD has no effect
	Problems       []problemOf  `json:"problems"`        // of the settings
	Kernel         kernelFacts  `json:"kernel"`
	IOURing        uringFacts   `json:"io_uring"`
	AIO            aioFacts     `json:"aio"`
	OpenFiles      fileFacts    `json:"open_files"`
	LockedMemory   int64        `json:"locked_memory"` // RLIMIT_MEMLOCK in bytes; -1: no limit
	CPUs           cpuFacts     `json:"cpus"`
	Memory         memoryFacts  `json:"memory"`
	Network        networkFacts `json:"network"`
	Roots          []rootFacts  `json:"roots"`
}

// trouble is an error, taken apart.
type trouble struct {
	Error  string `json:"error"`
	Cause  string `json:"cause"`
	Remedy string `json:"remedy"`
}

// troubleOf takes an error apart; nil has none.
func troubleOf(err error) *trouble {
	var refused *backend.Refused
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return &trouble{refused.Err.Error(), refused.Cause, refused.Remedy}
	}
	return &trouble{Error: err.Error()}
}

// problemOf is a problem of the settings.
type problemOf struct {
	Refused bool   `json:"refused"` // the server does not start for it
	Text    string `json:"text"`
}

type kernelFacts struct {
	Release   string `json:"release"`
	Seccomp   bool   `json:"seccomp"`   // a filter decides on the system calls of this process
	Cachestat string `json:"cachestat"` // why there is no cachestat(2)
	Landlock  int    `json:"landlock"`  // its ABI; 0: none
	KTLS      bool   `json:"ktls"`      // kernel TLS is there
}

type uringFacts struct {
	Features []string `json:"features"` // that the engine would use
	Lacking  []string `json:"lacking"`  // that this kernel does not have
	Refused  *trouble `json:"refused"`  // why there is no io_uring
	Loops    *trouble `json:"loops"`    // why not all loops get a ring
	Pinned   bool     `json:"pinned"`   // the buffers of small files can be registered
}

type aioFacts struct {
	InUse   int64    `json:"in_use"`  // fs.aio-nr
	Max     int64    `json:"max"`     // fs.aio-max-nr
	Takes   int64    `json:"takes"`   // of it, what the loops would take
	Refused *trouble `json:"refused"` // why not all loops get a context
}

type fileFacts struct {
	Limit       int      `json:"limit"`       // RLIMIT_NOFILE, raised as the start does
	Connections int      `json:"connections"` // at a time, from that or --max-connections
	Files       int      `json:"files"`       // kept open
	Refused     *trouble `json:"refused"`     // why that is too few
}

type cpuFacts struct {
	Usable int     `json:"usable"` // CPUs that this process may run on
	Quota  float64 `json:"quota"`  // CPUs' time that its control group has; 0: no quota
	File   string  `json:"file"`   // with the quota
}

type memoryFacts struct {
	Available int64  `json:"available"` // bytes that this process may have
	File      string `json:"file"`      // with the limit; "": it is the machine's
	Clients   int64  `json:"clients"`   // of it, what clients may take
}

// gather looks at the machine. Its error is a mistake in the settings.
func (o *options) gather(cmd *cobra.Command, args []string) (*facts, error) {
	answered, err := o.readBounded(cmd, args)
	if err != nil {
		return nil, err
	}
	answered = answered && o.checkFiles(min(patience, o.lookUpTimeout))
	o.problems.sort(o.config)
	if o.problems.worst() == misuse {
		return nil, o.problems.start()
	}
	f := &facts{
		Version: strings.Fields(version())[0], Backend: o.backend, Workers: o.workers, MaxConnections: o.connections,
		Problems: []problemOf{},
		Kernel:   gatherKernel(), Network: o.gatherNetwork(), IOURing: uringFacts{Features: []string{}, Lacking: []string{}},
	}
	for _, p := range o.problems {
		f.Problems = append(f.Problems, problemOf{p.severity == refuse, p.line})
	}
	if !answered {
		f.Problems = append(f.Problems, problemOf{Text: "folders and files have not been checked: a file system does not answer"})
	}
	f.Roots = o.gatherRoots()
	f.OpenFiles.Limit, err = raiseFileLimit()
	if err == nil {
		err = o.divideFiles(f.OpenFiles.Limit)
	}
	f.OpenFiles.Refused = troubleOf(err)
	f.OpenFiles.Connections, f.OpenFiles.Files = o.connections, o.openFiles
	if err := o.gatherEngines(f); err != nil {
		return nil, err
	}
	f.gatherResources()
	f.Memory.Clients = o.clientMemory()
	return f, nil
}

// readBounded reads the argument and the settings. The argument's file system may not
// answer: then it is taken for a folder.
func (o *options) readBounded(cmd *cobra.Command, args []string) (answered bool, err error) {
	type argumentOr struct {
		argument
		err error
	}
	a, answered := within(patience, func() argumentOr {
		a, err := readArgument(cmd, args)
		return argumentOr{a, err}
	})
	if a.err != nil {
		return answered, a.err
	}
	if o.argument = a.argument; !answered {
		o.argument.folder = args[0]
	}
	o.readSettings(cmd.Flags())
	return answered, nil
}

// gatherEngines opens the engines as a start does, and closes them.
func (o *options) gatherEngines(f *facts) error {
	chosen, err := o.chooseEngine(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	f.Engine, f.Preload = chosen.name, chosen.note
	loops := map[string]int{"epoll-aio": 1, "uring": 1} // to see whether it works at all
	config := httpx.Config{Connections: max(o.connections, 1)}
	if f.OpenFiles.Refused == nil {
		loops[chosen.name] = o.workers
	}
	f.AIO.InUse, f.AIO.Max = readNumber("fs/aio-nr"), readNumber("fs/aio-max-nr")
	f.AIO.Takes = int64(o.workers * config.EngineOptions().Reads)

	wants := o.uringFeatures
	has, err := uring.Probe(wants)
	f.IOURing.Refused = troubleOf(err)
	if err == nil {
		f.IOURing.Features = has.Names()
		f.IOURing.Lacking = wants.Without(has).Names()
		opened := tryLoops(loops["uring"], config, func(opts backend.Options) (backend.Backend, error) {
			return uring.Open(opts, uring.Options{Features: wants})
		}, func(b backend.Backend) {
			uses, ok := b.(interface{ Features() uring.Features })
			f.IOURing.Pinned = ok && uses.Features().Fixed
		})
		f.IOURing.Loops = troubleOf(opened)
	}
	f.AIO.Refused = troubleOf(tryLoops(loops["epoll-aio"], config, func(opts backend.Options) (backend.Backend, error) {
		return epollaio.Open(opts)
	}, func(backend.Backend) {}))
	return nil
}

// tryLoops opens an engine for each loop, lets all begin, shows the last one, and
// destroys them.
func tryLoops(loops int, config httpx.Config, open func(backend.Options) (backend.Backend, error), show func(backend.Backend)) (err error) {
	runtime.LockOSThread() // an engine belongs to a thread
	defer runtime.UnlockOSThread()
	var all []backend.Backend
	defer func() {
		for _, b := range all {
			_ = b.Destroy()
		}
	}()
	for i := range loops {
		opts := config.EngineOptions()
		opts.Loop, opts.Warn = i, func(string, error) {}
		b, err := open(opts)
		if err != nil {
			return err
		}
		all = append(all, b)
	}
	for _, b := range all {
		if err := b.Wait(0); err != nil {
			return err
		}
	}
	show(all[len(all)-1])
	return nil
}

// gatherResources notes limits of the process and its control group.
func (f *facts) gatherResources() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit) == nil {
		f.LockedMemory = int64(min(limit.Cur, math.MaxInt64))
	}
	if limit.Cur == unix.RLIM_INFINITY {
		f.LockedMemory = -1
	}
	f.CPUs.Usable = runtime.NumCPU()
	if quota, file := backend.CPULimit(); file != "" {
		f.CPUs.Quota, f.CPUs.File = quota, file
	}
	f.Memory.Available, f.Memory.File = backend.MemoryLimit()
}

// readNumber reads a number of /proc/sys, -1 where there is none.
func readNumber(name string) int64 {
	n, err := strconv.ParseInt(readSetting(name), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// readSetting reads a text of /proc/sys, "" where there is none.
func readSetting(name string) string {
	text, _ := os.ReadFile("/proc/sys/" + name)
	return strings.TrimSpace(string(text))
}
