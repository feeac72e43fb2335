// Package simio is the engine for tests: sockets in memory, a virtual clock,
// and trouble on demand. It keeps the contract of package backend by the
// letter and uses all the liberty that the contract leaves, as unkindly as
// the Probabilities say; real kernels do the same, but not when a test looks.
//
// Everything happens on the caller's thread, and all chance comes from one
// seed: the same seed and the same calls give the same run.
//
//	e := simio.Open(opts, seed, simio.Probabilities{ShortSend: 0.3})
//	p := e.Dial()                  // a client, in the same thread
//	p.Write(request)
//	e.Wait(-1)                     // never sleeps: see Wait
//	for c, ok := e.Next(); ok; c, ok = e.Next() { … }
//	p.Read(answer)
//
// The engine also watches its caller. It panics where a buffer has changed or
// a file has been closed while an operation had it, it fills the buffer of a
// ReadFile in flight and received bytes after their loan with Poison, and it
// loses what a client has not read yet when the server closes with input
// unread, as a network may.
package simio

import (
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"aws/backend"
)

// Engine implements backend.Backend. All methods but Wake, those of its Peers
// included, belong to one thread.
type Engine struct {
	// Clients, if set, is called on every Wait, and again while Wait has
	// nothing to do. It plays the clients' part for a loop that does not give
	// control back, and returns whether they have more to do by themselves:
	// while it does, Wait neither runs its timeout down at once nor reports a
	// deadlock.
	Clients func() bool

	opts     backend.Options
	p        Probabilities
	faults   *backend.Injector
	rng      *rand.Rand
	hashes   maphash.Seed // of the guards; decides nothing, so it may be random
	slots    *backend.Slots
	conns    []conn
	backlog  []arrival
	stopped  bool
	reads    int
	counters backend.Counters

	now   time.Duration
	woken atomic.Bool
	ready []result // known results, oldest first: at most an accept and two operations a slot
	batch int      // how many of them Next still hands out in this batch
	early int      // how many more this batch may have because they were known at submission
	recv  []byte   // what Recv lends
	lent  int      // how much of it is lent now
}

var _ backend.Backend = (*Engine)(nil)

// conn is the server's end of one connection.
type conn struct {
	link   *link
	socket operation // Recv, Send or SendFile
	read   operation // ReadFile
}

// arrival is a client in the backlog, not accepted before due.
type arrival struct {
	link *link
	due  time.Duration
}

// result names a completion that Next is to make: the operation itself
// happens there, so that received bytes need one buffer only.
type result struct {
	token backend.Token
	op    backend.Op
}

// Open makes an engine. Of opts it uses Slots, Reads and Faults; there are no
// listeners, see Dial.
func Open(opts backend.Options, seed uint64, p Probabilities) *Engine {
	return &Engine{
		opts:   opts,
		p:      p,
		faults: backend.NewInjector(opts.Faults, 0),
		rng:    rand.New(rand.NewPCG(seed, 0)),
		hashes: maphash.MakeSeed(),
		slots:  backend.NewSlots(opts.Slots),
		conns:  make([]conn, opts.Slots),
		ready:  make([]result, 0, 3*opts.Slots),
		recv:   make([]byte, backend.RecvSize),
	}
}

// Now is the virtual time since Open. A Wait takes a tick, and as much of its
// timeout as it has nothing to do.
func (e *Engine) Now() time.Duration { return e.now }

// Counters implements backend.Backend.
func (e *Engine) Counters() *backend.Counters { return &e.counters }

// Recv implements backend.Backend.
func (e *Engine) Recv(t backend.Token) {
	e.start(t, operation{op: backend.OpRecv})
}

// Send implements backend.Backend.
func (e *Engine) Send(t backend.Token, b []byte) {
	backend.Assert(len(b) > 0, "send: empty buffer")
	e.start(t, operation{op: backend.OpSend, buf: b, hash: e.hash(b)})
}

// SendFile implements backend.Backend.
func (e *Engine) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	backend.Assert(n > 0 && off >= 0, "sendfile: nothing of the file")
	e.start(t, operation{
		op: backend.OpSendFile, buf: head, hash: e.hash(head),
		fd: int(f.FD), file: identify(int(f.FD)), off: off, n: n,
	})
}

// ReadFile implements backend.Backend.
func (e *Engine) ReadFile(t backend.Token, b []byte, f backend.File, off int64) {
	backend.Assert(len(b) > 0, "readfile: empty buffer")
	backend.Assert(aligned(b, off), "readfile: unaligned buffer, length or offset")
	e.start(t, operation{
		op: backend.OpReadFile, buf: b,
		fd: int(f.FD), file: identify(int(f.FD)), off: off,
	})
	e.reads++
	backend.Assert(e.reads <= e.opts.Reads, "readfile: more in flight than Options.Reads")
	poison(b) // the kernel may write into it at any time: nobody may look
}

// start puts op in flight.
func (e *Engine) start(t backend.Token, op operation) {
	backend.Assert(e.slots.Live(t), "submit: stale token")
	place := e.place(t, op.op)
	backend.Assert(place.state == idle, "submit: an operation of this kind is in flight")
	op.state, op.due = waiting, e.now+e.faults.Delay()
	late := e.p.Park
	if op.op == backend.OpReadFile {
		late = e.p.SlowRead
	}
	if e.chance(late) {
		e.counters.WouldBlock++
		op.due += e.delay()
	}
	*place = op
	if e.early > 0 && e.chance(e.p.Early) && e.possible(t, place) {
		e.early--
		e.batch++
		e.push(t, place)
	}
}

// place is where an operation of this kind is kept while it is in flight.
func (e *Engine) place(t backend.Token, op backend.Op) *operation {
	c := &e.conns[t.Slot()]
	if op == backend.OpReadFile {
		return &c.read
	}
	return &c.socket
}

// Cancel implements backend.Backend. What has happened already keeps its own
// result.
func (e *Engine) Cancel(t backend.Token) {
	backend.Assert(e.slots.Live(t), "cancel: stale token")
	if op := &e.conns[t.Slot()].socket; op.state == waiting {
		op.cancelled = true
	}
}

// Cork implements backend.Backend. What is sent here never waits.
func (e *Engine) Cork(t backend.Token) {
	backend.Assert(e.slots.Live(t), "cork: stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.socket.state == idle || c.socket.op == backend.OpRecv, "cork: a send is in flight")
	c.link.corked = true
}

// Unacked implements backend.Backend: what the client has not read.
func (e *Engine) Unacked(t backend.Token) int {
	backend.Assert(e.slots.Live(t), "unacked: stale token")
	return e.conns[t.Slot()].link.down.unread()
}

// Unread implements backend.Backend.
func (e *Engine) Unread(t backend.Token) int {
	backend.Assert(e.slots.Live(t), "unread: stale token")
	return e.conns[t.Slot()].link.up.unread()
}

// Shutdown implements backend.Backend.
func (e *Engine) Shutdown(t backend.Token) {
	backend.Assert(e.slots.Live(t), "shutdown: stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.socket.state == idle || c.socket.op == backend.OpRecv, "shutdown: a send is in flight")
	c.link.down.fin = true
}

// Close implements backend.Backend.
func (e *Engine) Close(t backend.Token) {
	backend.Assert(e.slots.Live(t), "close: stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.socket.state == idle && c.read.state == idle, "close: an operation is in flight")
	c.link.serverClose()
	c.link = nil
	e.slots.Free(t)
	e.counters.Closed++
}

// StopAccepting implements backend.Backend. Clients in the backlog stay there.
func (e *Engine) StopAccepting() { e.stopped = true }

// Wake implements backend.Backend.
func (e *Engine) Wake() error {
	e.woken.Store(true)
	return nil
}

// Destroy implements backend.Backend. Clients that are left, accepted or not,
// are reset.
func (e *Engine) Destroy() error {
	for slot := range e.slots.Fresh() {
		if e.slots.Taken(slot) {
			e.conns[slot].link.abort()
			e.slots.Free(e.slots.Token(slot))
			e.counters.Closed++
		}
	}
	for _, a := range e.backlog {
		a.link.abort()
	}
	e.backlog, e.ready, e.batch, e.stopped = nil, nil, 0, true
	return nil
}
