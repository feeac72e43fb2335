// Package load is the load generator: an HTTP/1.1 client that costs as little
// CPU per request as it can, so that it measures servers and not itself.
//
// Each thread is locked to an OS thread and drives its connections through an
// edge-triggered epoll instance with raw non-blocking system calls. Nothing
// is allocated per request. Every answer's status and length are checked; of
// every SampleEvery-th the body is hashed, and the other bodies are discarded
// in the kernel (MSG_TRUNC), which spares the copy and, like a client beyond a
// network card, leaves the server's CPU caches alone.
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
	Part    Part   // that the body is; none: the file as a whole
}

// Part is a part of a file, as Content-Range gives it (RFC 9110 §14.4): its
// first and last byte, and the size of the whole.
type Part struct{ First, Last, Size int64 }

func (p Part) String() string {
	if p == (Part{}) {
		return "none"
	}
	return fmt.Sprintf("%d-%d/%d", p.First, p.Last, p.Size)
}

// Plan says what load to make.
type Plan struct {
	Addr        netip.AddrPort
	Targets     []Target // taken at random
	Once        bool     // take each target once, in order, and then end
	Connections int
	Pipeline    int           // requests in flight on a connection; closed loop only
	PerRequest  bool          // a new connection for each request
	Rate        float64       // requests per second over all connections; 0 is a closed loop
	Warmup      time.Duration // latencies are recorded after it
	Duration    time.Duration // of recording; 0: until Stop
	SampleEvery int           // every so many bodies are hashed, from 1
	CPUs        []int         // a thread on each; none: one thread wherever it likes
	Urgent      bool          // run before other loads on the same CPU, if the kernel lets us
	Seed        uint64
}

func (p *Plan) check() error {
	switch {
	case !p.Addr.Addr().Is4():
		return fmt.Errorf("address %v: want IPv4", p.Addr)
	case len(p.Targets) == 0:
		return errors.New("nothing to ask for")
	case p.Connections < 1:
		return fmt.Errorf("%d connections: want 1 or more", p.Connections)
	case p.Pipeline < 1 || p.Pipeline > MaxPipeline:
		return fmt.Errorf("%d pipelined requests: want 1 to %d", p.Pipeline, MaxPipeline)
	case p.Pipeline > 1 && (p.Rate > 0 || p.PerRequest):
		return errors.New("pipelining goes with a closed loop on kept connections only")
	case p.SampleEvery < 1:
		return fmt.Errorf("a sample of one in %d: want 1 or more", p.SampleEvery)
	case p.Rate > 0 && p.Duration == 0:
		return errors.New("an open loop needs a duration")
	}
	return nil
}

// Totals are counts since the start of a load. All only grow.
type Totals struct {
	At       time.Time
	Requests uint64 // answered
	Bytes    uint64 // of bodies
	CPU      time.Duration
}

// Result is what a load has shown when it is over.
type Result struct {
	// Latency in nanoseconds of the requests begun in the recorded time. In
	// an open loop a request begins when it was to be sent, whether or not a
	// connection was free: what waits behind a stall is counted. In a closed
	// loop it begins when it is sent, so a stall hides what it held up.
	Latency *hdrhistogram.Histogram
	// Unanswered requests of an open loop, whose time is recorded as that
	// from the intended start to the end of the load.
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

// Start begins to make the load. Stop must be called.
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
			// The thread ends with the goroutine, and its affinity with it.
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

// Done is closed when the load has ended by itself: its duration is over, its
// targets are used up, or it has failed.
func (l *Load) Done() <-chan struct{} { return l.done }

// Totals reads the counts. Any goroutine may call it while the load runs.
func (l *Load) Totals() Totals {
	sum := Totals{At: time.Now()}
	for _, t := range l.threads {
		sum.Requests += t.requests.Load()
		sum.Bytes += t.bytes.Load()
		sum.CPU += t.cpu()
	}
	return sum
}

// Stop ends the load and returns what it has shown. An error says that an
// answer was wrong (WrongAnswer) or that the server could not be reached.
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

// threadClock names the CPU clock of a thread, exact to the nanosecond
// (MAKE_THREAD_CPUCLOCK and CPUCLOCK_SCHED in linux/posix-timers.h).
func threadClock(tid int) int32 { return ^int32(tid)<<3 | 4 | 2 }

// cpu is the thread's CPU time.
func (t *thread) cpu() time.Duration {
	if ended := t.cpuEnd.Load(); ended > 0 {
		return time.Duration(ended)
	}
	var now unix.Timespec
	if unix.ClockGettime(threadClock(int(t.tid.Load())), &now) != nil {
		return time.Duration(t.cpuEnd.Load()) // it has ended since
	}
	return time.Duration(now.Nano())
}
