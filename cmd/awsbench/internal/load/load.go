// Package load is the load generator: an HTTP/1.1 client that uses as little
// CPU per request as possible, so that it measures servers and not itself.
//
// Each thread is locked to an OS thread and drives its connections through an
// edge-triggered epoll instance with raw non-blocking system calls. It
// allocates nothing per request. It checks the status and length of every
// answer, hashes every SampleEvery-th body, and discards the other bodies in
// the kernel (MSG_TRUNC). That saves the copy and, like a client on another
// machine, leaves the server's CPU caches alone.
//
//	Start ─► thread.run ─► wait ─► conn.ready ─► receive ─► answer.go ─► complete
//	             │                                                          │
//	             └── pace.go: open loop, requests at intended times ◄───────┘
package load

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// MaxPipeline bounds Plan.Pipeline.
const MaxPipeline = 64

// Target is one request and the answer that it must get.
type Target struct {
	Request []byte // the whole head
	Status  int
	Length  int64  // of the body, in bytes
	Sum     uint32 // CRC-32C of the body
	Part    Part   // the part of the file in the body; zero: the whole file
}

// Part is a part of a file as in Content-Range (RFC 9110 §14.4): its first and
// last byte, and the size of the file.
type Part struct{ First, Last, Size int64 }

func (p Part) String() string {
	if p == (Part{}) {
		return "none"
	}
	return fmt.Sprintf("%d-%d/%d", p.First, p.Last, p.Size)
}

// Plan describes a load.
type Plan struct {
	Addr        netip.AddrPort
	Targets     []Target // taken at random
	Once        bool     // take each target once, in order, then end
	Connections int
	Pipeline    int           // requests in flight on a connection; closed loop only
	PerRequest  bool          // a new connection for each request
	Rate        float64       // requests per second over all connections; 0 is a closed loop
	Warmup      time.Duration // latencies are recorded after this time
	Duration    time.Duration // of recording; 0: until Stop
	SampleEvery int           // one body in this many is hashed; at least 1
	CPUs        []int         // a thread on each; empty: one thread on any CPU
	Urgent      bool          // take precedence over other loads on the same CPU, if permitted
	Seed        uint64
}

func (p *Plan) check() error {
	switch {
	case !p.Addr.Addr().Is4():
		return fmt.Errorf("address %v: want IPv4", p.Addr)
	case len(p.Targets) == 0:
		return errors.New("no targets")
	case p.Connections < 1:
		return fmt.Errorf("%d connections: want 1 or more", p.Connections)
	case p.Pipeline < 1 || p.Pipeline > MaxPipeline:
		return fmt.Errorf("%d pipelined requests: want 1 to %d", p.Pipeline, MaxPipeline)
	case p.Pipeline > 1 && (p.Rate > 0 || p.PerRequest):
		return errors.New("pipelining requires a closed loop on kept connections")
	case p.SampleEvery < 1:
		return fmt.Errorf("a sample of one in %d: want 1 or more", p.SampleEvery)
	case p.Rate > 0 && p.Duration == 0:
		return errors.New("an open loop needs a duration")
	}
	return nil
}

// Totals are counts since the start of a load. They never decrease.
type Totals struct {
	At       time.Time
	Requests uint64 // answered
	Bytes    uint64 // of bodies
	CPU      time.Duration
}

// Result is the outcome of a load.
type Result struct {
	// Latency in nanoseconds of the requests begun in the recorded time. In an
	// open loop a request begins when it is due, whether or not a connection is
	// free, so requests delayed by a stall count in full. In a closed loop it
	// begins when it is sent, so a stall hides the requests that it delays.
	Latency *hdrhistogram.Histogram
	// Unanswered counts the requests of an open loop that got no answer. Their
	// recorded latency reaches from when they were due to the end of the load.
	Unanswered int64
	Sampled    uint64 // bodies hashed
	Reconnects uint64 // kept connections that the server closed between two requests
	Requests   uint64 // answered, recorded or not
}

// Load is a running load.
type Load struct {
	plan    Plan
	threads []*thread
	done    chan struct{} // closed when all threads have ended
	errs    []error
	stop    atomic.Bool
}

// Start starts the load. The caller must call Stop.
func Start(p Plan) (*Load, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	threads := min(max(1, len(p.CPUs)), p.Connections)
	l := &Load{plan: p, done: make(chan struct{}), errs: make([]error, threads)}
	for i := range threads {
		t, err := newThread(l, i, threads)
		if err != nil {
			for _, t := range l.threads {
				t.close()
			}
			return nil, err
		}
		l.threads = append(l.threads, t)
	}
	var running, started sync.WaitGroup
	begin := time.Now()
	for i, t := range l.threads {
		started.Add(1)
		running.Go(func() {
			// Never unlocked: the thread, with its affinity and its priority,
			// ends with the goroutine.
			runtime.LockOSThread()
			err := t.pin(p.CPUs, i)
			started.Done()
			if err == nil {
				err = t.run(begin)
			}
			if l.errs[i] = err; err != nil {
				l.stop.Store(true)
			}
		})
	}
	started.Wait()
	go func() { running.Wait(); close(l.done) }()
	return l, nil
}

// Done is closed when the load ends by itself: its duration is over, its
// targets are used up, or it failed.
func (l *Load) Done() <-chan struct{} { return l.done }

// Totals returns the counts. Any goroutine may call it while the load runs.
func (l *Load) Totals() Totals {
	sum := Totals{At: time.Now()}
	for _, t := range l.threads {
		sum.Requests += t.requests.Load()
		sum.Bytes += t.bytes.Load()
		sum.CPU += t.cpu()
	}
	return sum
}

// Stop ends the load and returns its result. An error means that an answer was
// wrong (WrongAnswer) or that the server was unreachable.
func (l *Load) Stop() (Result, error) {
	l.stop.Store(true)
	<-l.done
	result := Result{Latency: newHistogram()}
	for _, t := range l.threads {
		result.Latency.Merge(t.latency)
		result.Unanswered += t.unanswered
		result.Sampled += t.sampled
		result.Reconnects += t.reconnects
		result.Requests += t.requests.Load()
	}
	return result, errors.Join(l.errs...)
}

// Wait waits for a load with a duration to end by itself.
func (l *Load) Wait() (Result, error) {
	<-l.done
	return l.Stop()
}

// newHistogram records up to 100 s in nanoseconds, to three digits.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(100*time.Second), 3)
}

// threadClock returns the CPU clock of a thread, which counts nanoseconds
// (MAKE_THREAD_CPUCLOCK and CPUCLOCK_SCHED in linux/posix-timers.h).
func threadClock(tid int) int32 { return ^int32(tid)<<3 | 4 | 2 }

// cpu returns the thread's CPU time.
func (t *thread) cpu() time.Duration {
	if ended := t.cpuEnd.Load(); ended > 0 {
		return time.Duration(ended)
	}
	var now unix.Timespec
	if unix.ClockGettime(threadClock(int(t.tid.Load())), &now) != nil {
		return time.Duration(t.cpuEnd.Load()) // the thread ended meanwhile
	}
	return time.Duration(now.Nano())
}
