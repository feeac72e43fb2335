// Package simio is the engine for tests: sockets in memory, a virtual clock,
// and trouble on demand. It keeps the contract of package backend to the letter
// and takes every liberty that the contract leaves, as unkindly as the
// Probabilities say; real kernels do the same, but not when a test looks.
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
// The engine also watches its caller. It panics if a buffer changes or a file
// is closed while an operation has it, it fills with Poison the buffer of a
// ReadFile in flight and received bytes after their loan, and it loses what a
// client has not read yet when the server closes with input unread, as a network
// may.
package simio

import (
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"aws/backend"
)

// Engine implements backend.Backend. All its methods but Wake, and those of its
// Peers, belong to one thread.
type Engine struct {
	// Clients, if set, is called on every Wait, and again while Wait has
	// nothing to do. It plays the clients' part for a loop that does not give
	// control back, and says whether they have more to do by themselves: while
	// they have, Wait neither runs its timeout down at once nor reports a
	// deadlock.
	Clients func() bool

	opts     backend.Options
	p        Probabilities
	faults   *backend.Injector
	rng      *rand.Rand
	hashes   maphash.Seed // of the guards; decides nothing, so it may be random
	slots    *backend.Slots
	account  *backend.Account
	conns    []conn
	reads    []operation // by number
	backlog  []arrival
	lookUps  []lookUp
	dialled  uint32
	stopped  bool
	counters backend.Counters

	now   time.Duration
	woken atomic.Bool
	ready []result // known results, oldest first: at most an accept and two operations a slot, and the reads
	batch int      // how many of them Next still hands out in this batch
	early int      // how many more this batch may have because they were known at submission
	recv  []byte   // what Recv lends
	lent  int      // how much of it is lent now
}

var _ backend.Backend = (*Engine)(nil)

// conn is the server's end of one connection.
type conn struct {
	link *link
	recv operation
	send operation // Send or SendFile
}

// arrival is a client in the backlog, not accepted before due.
type arrival struct {
	link *link
	due  time.Duration
}

// result names a completion that Next is to make: the operation itself happens
// there, so that received bytes need only one buffer.
type result struct {
	token backend.Token
	index int32 // an accept's listener, or the number of a read
	op    backend.Op
}

// Open makes an engine. It uses Slots, Budget, Reads and Faults of opts; it has any
// listeners that clients dial, see DialTo.
func Open(opts backend.Options, seed uint64, p Probabilities) *Engine {
	backend.Assert(opts.Reads >= 1 && opts.Reads <= backend.MaxReads, "reads out of range")
	slots, err := backend.NewSlots(opts.Slots)
	if err != nil {
		panic(err) // of tests only
	}
	e := &Engine{
		opts:   opts,
		p:      p,
		faults: backend.NewInjector(opts.Faults, 0),
		rng:    rand.New(rand.NewPCG(seed, 0)),
		hashes: maphash.MakeSeed(),
		slots:  slots,
		conns:  make([]conn, opts.Slots),
		reads:  make([]operation, opts.Reads),
		ready:  make([]result, 0, 3*opts.Slots+opts.Reads),
		recv:   make([]byte, backend.RecvSize),
	}
	e.account = backend.NewAccount(opts.Budget, opts.Slots, e.Wake)
	return e
}

// Now is the virtual time since Open. A Wait takes a tick, and as much of its
// timeout as it has nothing to do.
func (e *Engine) Now() time.Duration { return e.now }

// Counters implements backend.Backend.
func (e *Engine) Counters() *backend.Counters { return &e.counters }

// Recv implements backend.Backend.
func (e *Engine) Recv(t backend.Token) {
	c := &e.conns[e.slots.Check(t)]
	e.start(&c.recv, operation{token: t, op: backend.OpRecv}, e.p.Park)
}

// Send implements backend.Backend.
func (e *Engine) Send(t backend.Token, b []byte) {
	c := &e.conns[e.slots.Check(t)]
	backend.Assert(len(b) > 0, "send: empty buffer")
	e.start(&c.send, operation{token: t, op: backend.OpSend, buf: b, hash: e.hash(b)}, e.p.Park)
}

// SendFile implements backend.Backend.
func (e *Engine) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	c := &e.conns[e.slots.Check(t)]
	backend.Assert(n > 0 && off >= 0, "sendfile: nothing of the file")
	e.start(&c.send, operation{
		token: t, op: backend.OpSendFile, buf: head, hash: e.hash(head),
		fd: int(f.FD), file: identify(int(f.FD)), off: off, n: n,
	}, e.p.Park)
}

// ReadFile implements backend.Backend. What takes long counts as read past the
// page cache, where the file has a descriptor for that.
func (e *Engine) ReadFile(read int32, b []byte, f backend.File, off int64) {
	backend.Assert(read >= 0 && int(read) < len(e.reads), "readfile: no such read")
	backend.Assert(len(b) > 0, "readfile: empty buffer")
	backend.Assert(aligned(b, off), "readfile: unaligned buffer, length or offset")
	op := &e.reads[read]
	slow := e.start(op, operation{
		read: read, op: backend.OpReadFile, buf: b,
		fd: int(f.FD), file: identify(int(f.FD)), off: off,
	}, e.p.SlowRead)
	op.cold = f.Direct >= 0 && (f.Cold || slow)
	e.counters.ReadsInFlight++
	poison(b) // the kernel may write into it at any time, so the caller may not read it
}

// start puts op in flight in place, late with that probability.
func (e *Engine) start(place *operation, op operation, probability float64) (late bool) {
	backend.Assert(place.state == idle, "submit: an operation of this kind is in flight")
	op.state, op.due = waiting, e.now+e.faults.Delay()
	if late = e.chance(probability); late {
		e.counters.WouldBlock++
		op.due += e.delay()
	}
	*place = op
	if e.early > 0 && e.chance(e.p.Early) && e.possible(place) {
		e.early--
		e.batch++
		e.push(place)
	}
	return late
}

// Cancel implements backend.Backend. What has happened already keeps its own
// result.
func (e *Engine) Cancel(t backend.Token) {
	c := &e.conns[e.slots.Check(t)]
	for _, op := range [...]*operation{&c.recv, &c.send} {
		if op.state == waiting {
			op.cancelled = true
		}
	}
}

// CancelSend implements backend.Backend, as Cancel does.
func (e *Engine) CancelSend(t backend.Token) {
	if op := &e.conns[e.slots.Check(t)].send; op.state == waiting && op.op == backend.OpSend {
		op.cancelled = true
	}
}

// Cork implements backend.Backend. What is sent here never waits.
func (e *Engine) Cork(t backend.Token) {
	c := &e.conns[e.slots.Check(t)]
	backend.Assert(c.send.state == idle, "cork: a send is in flight")
	c.link.corked = true
}

// Peer implements backend.Backend.
func (e *Engine) Peer(t backend.Token) backend.Address {
	return e.conns[e.slots.Check(t)].link.address
}

// Unacked implements backend.Backend: what the client has not read.
func (e *Engine) Unacked(t backend.Token) int {
	return e.conns[e.slots.Check(t)].link.down.unread()
}

// Over implements backend.Backend.
func (e *Engine) Over(t backend.Token) bool { return e.conns[e.slots.Check(t)].link.reset }

// BoundUnsent implements backend.Backend: nothing leaves before the client reads it.
func (e *Engine) BoundUnsent(t backend.Token, n int) {
	e.conns[e.slots.Check(t)].link.down.bound = n
}

// Unread implements backend.Backend.
func (e *Engine) Unread(t backend.Token) int {
	return e.conns[e.slots.Check(t)].link.up.unread()
}

// Shutdown implements backend.Backend.
func (e *Engine) Shutdown(t backend.Token) {
	c := &e.conns[e.slots.Check(t)]
	backend.Assert(c.send.state == idle, "shutdown: a send is in flight")
	c.link.down.fin = true
}

// Close implements backend.Backend.
func (e *Engine) Close(t backend.Token) {
	c := &e.conns[e.slots.Check(t)]
	backend.Assert(c.recv.state == idle && c.send.state == idle, "close: an operation is in flight")
	c.link.serverClose()
	e.free(t, c)
}

// Reset implements backend.Backend. The client loses what it has not read, even
// what has arrived.
func (e *Engine) Reset(t backend.Token) {
	c := &e.conns[e.slots.Check(t)]
	backend.Assert(c.recv.state == idle && c.send.state == idle, "reset: an operation is in flight")
	c.link.serverReset()
	e.free(t, c)
}

func (e *Engine) free(t backend.Token, c *conn) {
	c.link = nil
	e.slots.Free(t)
	e.account.Give()
	e.counters.Closed++
}

// StopAccepting implements backend.Backend. Clients in the backlog stay there.
func (e *Engine) StopAccepting() {
	e.stopped = true
	e.account.Quit()
}

// Wake implements backend.Backend.
func (e *Engine) Wake() error {
	e.woken.Store(true)
	return nil
}

// Destroy implements backend.Backend. It resets the clients that are left,
// accepted or not.
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
	for _, l := range e.lookUps {
		close(l.over)
	}
	e.account.Close()
	e.backlog, e.ready, e.lookUps, e.batch, e.stopped = nil, nil, nil, 0, true
	return nil
}
