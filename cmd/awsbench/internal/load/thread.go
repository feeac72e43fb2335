package load

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// thread drives its share of the connections. Only its own OS thread accesses
// it, except for the atomic fields.
type thread struct {
	load   *Load
	epoll  int
	to     sockaddr4
	source int // number of the source address, for bindSource
	conns  []conn
	events []unix.EpollEvent
	buffer []byte // received bytes
	text   []byte // requests to send
	heads  headCache
	begin  time.Time
	now    int64 // ns since begin, read once per batch of events
	random uint64

	pace pace
	next int // Plan.Once: the next target
	step int

	flying, turns, answered, bodyBytes uint64
	sampled, reconnects                uint64
	unanswered                         int64
	latency                            *hdrhistogram.Histogram
	from, until                        int64 // requests begun in this time are recorded

	requests, bytes atomic.Uint64 // as of the last batch
	tid, cpuEnd     atomic.Int64
}

// newThread makes thread i of n.
func newThread(l *Load, i, n int) (*thread, error) {
	p := &l.plan
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	share := p.Connections / n
	if i < p.Connections%n {
		share++
	}
	t := &thread{
		load: l, epoll: epoll, to: newSockaddr4(p.Addr),
		conns:   make([]conn, share),
		events:  make([]unix.EpollEvent, min(share, 512)),
		buffer:  make([]byte, bufferSize),
		random:  (p.Seed+uint64(i))*0x9e3779b97f4a7c15 | 1,
		next:    i,
		step:    n,
		latency: newHistogram(),
		from:    int64(p.Warmup),
		until:   int64(p.Warmup + p.Duration),
	}
	if p.Duration == 0 {
		t.until = 1 << 62
	}
	t.pace = newPace(p.Rate/float64(n), share, t.until)
	flights := make([]flight, share*p.Pipeline)
	for i := range t.conns {
		t.conns[i].fd, t.conns[i].index = -1, int32(i)
		t.conns[i].flights = flights[i*p.Pipeline : (i+1)*p.Pipeline : (i+1)*p.Pipeline]
	}
	return t, nil
}

// pin notes the OS thread and, if there are CPUs, pins it to its own.
func (t *thread) pin(cpus []int, i int) error {
	t.tid.Store(int64(unix.Gettid()))
	if t.load.plan.Urgent {
		// Without permission the probe shares its CPU as usual.
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Flags: unix.SCHED_FLAG_RESET_ON_FORK, Priority: 1}, 0)
	}
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	set.Set(cpus[i])
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("putting the generator on CPU %d: %w", cpus[i], err)
	}
	return nil
}

// run generates the load until it is over.
func (t *thread) run(begin time.Time) error {
	defer func() { t.cpuEnd.Store(int64(t.cpu())); t.close() }()
	t.begin = begin
	if err := t.open(); err != nil {
		return err
	}
	for !t.over() {
		if err := t.batch(); err != nil {
			return err
		}
	}
	if t.pace.open() {
		t.recordUnanswered()
	}
	return nil
}

// batch waits for events and handles them.
func (t *thread) batch() error {
	n, errno := t.wait()
	if errno != 0 && errno != unix.EINTR {
		return fmt.Errorf("epoll_wait: %w", errno)
	}
	t.now = int64(time.Since(t.begin))
	for i := range max(n, 0) {
		e := &t.events[i]
		if err := t.ready(&t.conns[e.Fd], e.Events); err != nil {
			return err
		}
	}
	if err := t.issueDue(); err != nil {
		return err
	}
	t.requests.Store(t.answered)
	t.bytes.Store(t.bodyBytes)
	return nil
}

func (t *thread) close() {
	for i := range t.conns {
		if fd := t.conns[i].fd; fd >= 0 {
			closeSocket(fd)
			t.conns[i].fd = -1
		}
	}
	if t.epoll >= 0 {
		closeSocket(t.epoll)
		t.epoll = -1
	}
}

// openBatch is the number of connections that are opened before the last of
// them must have an answer. They must fit into the queue of a listening socket:
// a full queue drops connections, which are retried a second later.
const openBatch = 512

// open opens the connections and, in a closed loop, sends the first requests.
func (t *thread) open() error {
	for i := range t.conns {
		c := &t.conns[i]
		t.turn(c)
		if err := t.reopen(c); err != nil {
			return err
		}
		t.release(c)
		if err := t.refill(c); err != nil {
			return err
		}
		if (i+1)%openBatch != 0 {
			continue
		}
		for c.flying > 0 && !c.used && !t.over() {
			if err := t.batch(); err != nil {
				return err
			}
		}
	}
	return nil
}

// reopen closes a connection if it is open, and connects it. With a connection
// per request, the request does that.
func (t *thread) reopen(c *conn) error {
	if c.fd >= 0 {
		closeSocket(c.fd)
		c.fd = -1
	}
	c.inBody, c.used, c.ending = false, false, false
	c.carry, c.out = c.carry[:0], c.out[:0]
	if t.load.plan.PerRequest {
		return nil
	}
	return t.connect(c)
}

func (t *thread) connect(c *conn) error {
	fd, errno := connect(&t.to, t.source, !t.load.plan.PerRequest)
	for range maxSources {
		if errno != unix.EADDRNOTAVAIL {
			break
		}
		// No port is free at this source address, connect(2).
		t.source = (t.source + 1) % maxSources
		fd, errno = connect(&t.to, t.source, !t.load.plan.PerRequest)
	}
	if errno != 0 {
		return fmt.Errorf("connecting to %v: %w", t.load.plan.Addr, errno)
	}
	c.fd = fd
	if errno := watch(t.epoll, fd, c.index); errno != 0 {
		return fmt.Errorf("epoll_ctl: %w", errno)
	}
	return nil
}

// refill keeps the pipeline of a closed loop full.
func (t *thread) refill(c *conn) error {
	if t.pace.open() || c.ending && c.used && c.flying == 0 && c.fd >= 0 {
		return nil // paced, or waiting for the server to close the connection
	}
	if c.flying == len(c.flights) || t.load.plan.PerRequest && c.fd >= 0 {
		return nil
	}
	t.text = t.text[:0]
	for c.flying < len(c.flights) && t.add(c, t.now) {
	}
	return t.dispatch(c)
}

// add takes a target and appends its request to t.text. It returns false if
// there are no more targets.
func (t *thread) add(c *conn, begun int64) bool {
	targets := t.load.plan.Targets
	i := 0
	switch {
	case t.load.plan.Once:
		if t.next >= len(targets) {
			return false
		}
		i = t.next
		t.next += t.step
	case len(targets) > 1:
		// xorshift64*; its high half is good enough here.
		t.random ^= t.random >> 12
		t.random ^= t.random << 25
		t.random ^= t.random >> 27
		i = int(t.random * 0x2545f4914f6cdd1d >> 32 * uint64(len(targets)) >> 32)
	}
	c.push(flight{int32(i), begun})
	t.flying++
	t.text = append(t.text, targets[i].Request...)
	return true
}

// again repeats the requests that were in flight on a lost connection.
func (t *thread) again(c *conn) error {
	t.text = t.text[:0]
	for i := range c.flying {
		f := c.flights[(c.first+i)%len(c.flights)]
		t.text = append(t.text, t.load.plan.Targets[f.target].Request...)
	}
	return t.dispatch(c)
}

// dispatch sends t.text.
func (t *thread) dispatch(c *conn) error {
	if len(t.text) == 0 {
		return nil
	}
	if c.fd < 0 {
		if err := t.connect(c); err != nil {
			return err
		}
	}
	return t.send(c, t.text)
}

// send sends b, now or as soon as the socket accepts it.
func (t *thread) send(c *conn, b []byte) error {
	n := 0
	if len(c.out) == 0 {
		var errno unix.Errno
		n, errno = send(c.fd, b)
		switch errno {
		case 0:
		case unix.EAGAIN, unix.EINTR:
			n = 0
		case unix.EPIPE, unix.ECONNRESET:
			return t.lost(c, errno)
		default:
			return fmt.Errorf("send: %w", errno)
		}
	}
	if n < len(b) {
		c.out = append(c.out, b[n:]...)
	}
	return nil
}
