// Package uring is the engine over io_uring(7). It never sees HTTP.
//
// A submission becomes an entry of the ring, the kernel does the work when
// the loop's turn ends in io_uring_enter, and completions come back through
// the ring. So a turn costs one system call, however many connections it
// serves.
//
//	Recv, Send, ReadFile ──► entries ──Wait: io_uring_enter──► completions ──► Next
//	Send ─ the last, or much ──► queue ──► Next: send(2), or an entry
//	SendFile ─ small ──► read linked to send, through a buffer of the engine's
//	         └ large ──► queue ──► Next: sendfile(2) ── EAGAIN ──► POLL_ADD
//
// io_uring has no sendfile: docs/engines.md has the measurements behind the
// two ways.
//
// Files: ring.go the shared memory; probe.go what the kernel has; uring.go the
// engine, Wait and Next; accept.go, recv.go, send.go, sendfile.go, readfile.go
// the operations; bufring.go receive buffers.
package uring

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/sockop"
)

// What a completion belongs to stands in the bits of its token that no slot
// needs: slots are below backend.MaxSlots, 1<<20.
const (
	kindShift = 20
	kindMask  = 0xf << kindShift
)

const (
	recvKind   = iota << kindShift // Recv
	sendKind                       // Send, and the send of a small SendFile
	chainKind                      // the read of a small SendFile
	pollKind                       // a wait for readiness, of Recv or SendFile
	fileKind                       // ReadFile
	cancelKind                     // ASYNC_CANCEL: its own completion means nothing
	acceptKind                     // a listener's, generation 0
	wakeKind                       // the wake eventfd's, generation 0
)

// bits of a connection.
const (
	sockNonempty = 1 << iota // there may be something to receive
	nonblocking              // O_NONBLOCK is set, for sendfile(2)
	queued                   // the socket operation is on the queue
	held                     // the socket operation waits for an injected delay
	cancelled                // Cancel has been called for the socket operation
	inRing                   // an entry of the socket operation is with the kernel
	noticeDue                // a zero-copy send has its result, and waits for its notification
	copies                   // this kind of socket has no zero-copy send
	readInRing               // an entry of the ReadFile is with the kernel
	cached                   // SendFile's file is
	corked                   // what is sent may wait for the end of the connection
)

// conn is the engine's side of a connection.
type conn struct {
	read backend.FileRead

	// The socket operation in flight.
	buf    []byte // Send's bytes or SendFile's head
	off    int64  // SendFile's
	left   int64  // SendFile's
	file   int32  // SendFile's descriptor
	fd     int32  // the socket
	buffer int32  // the engine's buffer that a small SendFile goes through, or -1
	asked  int32  // bytes that the attempt is to move
	result int32  // of the first of two completions: a chain's read, a zero-copy send
	bits   uint16
	op     backend.Op
}

type engine struct {
	ring     *ring
	has      Features
	slots    *backend.Slots
	conns    []conn // by slot
	counters backend.Counters
	queue    backend.Queue
	hold     backend.Hold
	faults   *backend.Injector
	warn     func(string, error)
	transfer sockop.Transfer // sendfile(2), and recv(2)

	batchEnd uint32 // completions before this one belong to the batch
	maxReads uint64 // most ReadFile operations in flight

	recvRing *bufRing
	recvBuf  []byte // the one buffer that Next lends of what recv(2) has received
	lent     int32  // the buffer of recvRing that is lent, or -1

	files    *backend.Arena // buffers of small files behind their heads
	zeroCopy int            // Send uses SEND_ZC from this length on; 0: never

	wakefd int
	woken  [8]byte // what the read of wakefd is given
	mode   int32   // what ioctl(FIONBIO) is given

	listeners []listener
	accepted  []int32 // sockets that were accepted and have no slot yet
	pauseEnd  time.Time
	accepting bool
	begun     bool
}

var _ backend.Backend = (*engine)(nil)

// Options are those of this engine alone.
type Options struct {
	// Features are what the engine may use; what the kernel has not, it does
	// without.
	Features Features
	// ZeroCopyAbove is the length from which on Send copies nothing; 0 means
	// never. On loopback the kernel copies anyway, and only the bookkeeping
	// is added.
	ZeroCopyAbove int
	// Entries and RecvBuffers, powers of two, size the submission ring and the
	// ring of receive buffers; 0 means 1024 and 128. With few of them the engine
	// only enters the kernel more often: tests fill them up.
	Entries, RecvBuffers int
}

const (
	// ringEntries is how many submissions fit between two enters; more only
	// cost another one. A chain takes two.
	ringEntries = 1024
	// recvBuffers: a buffer is out from the recv that fills it to the step
	// that reads it, so this bounds a batch of recvs, and the memory that they
	// wander through.
	recvBuffers = 128
	// fileBuffer is the size of a small file's buffer: the head, and the file.
	fileBuffer = headRoom + smallFileMax
	headRoom   = 4096
	// smallFileMax is the most of a file that goes by read and send: beyond it
	// sendfile(2) needs less (BenchmarkWays, docs/engines.md).
	smallFileMax = 16 << 10
	// fileBuffers bounds the answers of small files on their way. When all
	// are taken by slow readers, sendfile(2) needs none.
	fileBuffers = 64
)

// Open makes an engine. The error wraps the errno, and names cause and remedy.
// The thread that first calls Wait is the one whose loop it serves.
func Open(opts backend.Options, own Options) (backend.Backend, error) {
	backend.Assert(opts.Slots >= 1 && opts.Slots <= backend.MaxSlots, "uring: slots out of range")
	backend.Assert(opts.Reads >= 1 && opts.Reads <= opts.Slots, "uring: reads out of range")
	backend.Assert(len(opts.Listeners) < maxListeners, "uring: too many listeners")
	e := &engine{
		slots:     backend.NewSlots(opts.Slots),
		conns:     make([]conn, opts.Slots),
		queue:     backend.NewQueue(2*opts.Slots + len(opts.Listeners)),
		hold:      backend.NewHold(opts.Faults, 2*opts.Slots),
		faults:    backend.NewInjector(opts.Faults, uint64(opts.Loop)),
		warn:      opts.Warn,
		maxReads:  uint64(opts.Reads),
		lent:      -1,
		zeroCopy:  own.ZeroCopyAbove,
		wakefd:    -1,
		accepting: true,
	}
	e.transfer = sockop.Transfer{Faults: e.faults, Counters: &e.counters}
	if err := e.open(opts, own); err != nil {
		_ = e.Destroy()
		return nil, err
	}
	return e, nil
}

// open makes the ring and its registrations. The completion ring has room for
// what all slots can have in flight, within the kernel's bound; beyond that
// the kernel keeps completions until there is room (IORING_FEAT_NODROP).
func (e *engine) open(opts backend.Options, own Options) (err error) {
	entries, completions := uint32(own.Entries), uint32(2*own.Entries)
	if entries == 0 {
		entries, completions = ringEntries, uint32(min(max(4*opts.Slots+64, 2*ringEntries), 1<<16))
	}
	if e.ring, e.has, err = openProbed(entries, completions, own.Features); err != nil {
		return err
	}
	if e.has.BufRing {
		buffers := own.RecvBuffers
		if buffers == 0 {
			buffers = recvBuffers
		}
		if e.recvRing, err = openBufRing(e.ring, buffers); err != nil {
			if !errors.Is(err, unix.EINVAL) {
				return explain(err)
			}
			e.has.BufRing = false
		}
	}
	e.recvBuf = make([]byte, backend.RecvSize)
	if e.files, err = backend.NewArena(fileBuffers, fileBuffer); err != nil {
		return err
	}
	if e.wakefd, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	for _, fd := range opts.Listeners {
		// io_uring answers EAGAIN on a non-blocking socket instead of waiting.
		if err = unix.SetNonblock(fd, false); err != nil {
			return fmt.Errorf("listener: %w", os.NewSyscallError("fcntl", err))
		}
		e.listeners = append(e.listeners, listener{fd: int32(fd)})
	}
	return nil
}

// registerFiles registers the buffers of small files, if the limit on locked
// memory lets it. Without, reads look each buffer's pages up. It comes when all
// loops have their rings, which count as locked memory too and are needed more.
func (e *engine) registerFiles() {
	if !e.has.Fixed {
		return
	}
	err := e.ring.registerBuffer(e.files.All())
	e.has.Fixed = err == nil
}

// begin starts what has to be started on the loop's own thread.
func (e *engine) begin() error {
	e.begun = true
	if e.ring.disabled {
		if err := e.ring.enable(); err != nil {
			return explain(err)
		}
	}
	e.registerFiles()
	e.armWake()
	e.resumeAccept()
	return nil
}

// reserve makes sure that n entries can be taken without an enter between
// them, so that a chain stays one. A kernel that is out of memory takes none
// for a while.
func (e *engine) reserve(n uint32) {
	for attempt := 0; e.ring.space() < n; attempt++ {
		err := e.enter(false, 0)
		backend.Assert(err == nil && attempt < 1000, "uring: the kernel takes no submissions")
		if e.ring.space() < n {
			time.Sleep(time.Millisecond)
		}
	}
}

// entry returns a cleared submission entry, carrying userData.
func (e *engine) entry(t backend.Token, kind uint64) *sqe {
	e.reserve(1)
	e.counters.SQEs++
	s := e.ring.take()
	s.SetUserData(uint64(t) | kind)
	return s
}

// enter calls io_uring_enter. Errors that pass are not reported: EINTR; ETIME,
// the timeout; EAGAIN, no memory for a request just now, and EBUSY, no room
// for completions: the entries stay and are submitted by a later call.
func (e *engine) enter(wait bool, timeout time.Duration) error {
	e.counters.Enters++
	switch errno := e.ring.enter(wait, timeout); errno {
	case 0, unix.EINTR, unix.ETIME, unix.EAGAIN, unix.EBUSY:
		return nil
	default:
		return os.NewSyscallError("io_uring_enter", errno)
	}
}

// Wait submits what has been filled and asks for completions. The first enter
// never waits: on a busy server something has completed by its end.
func (e *engine) Wait(timeout time.Duration) error {
	e.giveLent()
	if !e.begun {
		if err := e.begin(); err != nil {
			return err
		}
	}
	e.release()
	e.retryAccept()
	if err := e.enter(false, 0); err != nil {
		return err
	}
	if timeout != 0 && e.queue.Empty() && e.ring.ready() == e.ring.head() {
		if err := e.enter(true, e.bounded(timeout)); err != nil {
			return err
		}
	}
	e.release()
	e.queue.StartBatch()
	e.batchEnd = e.ring.ready()
	return nil
}

// bounded shortens timeout to what the engine itself waits for.
func (e *engine) bounded(timeout time.Duration) time.Duration {
	earlier := func(d time.Duration) {
		if d = max(d, 0); timeout < 0 || d < timeout {
			timeout = d
		}
	}
	if !e.pauseEnd.IsZero() {
		earlier(time.Until(e.pauseEnd))
	}
	if due, ok := e.hold.Next(); ok {
		earlier(time.Until(due))
	}
	if e.ring.unsubmitted() > 0 { // the kernel had no room: try again soon
		earlier(time.Millisecond)
	}
	return timeout
}

// Next takes completions of the ring, and makes the attempts on the queue,
// until one has a result.
func (e *engine) Next() (backend.Completion, bool) {
	e.giveLent()
	for e.ring.head() != e.batchEnd {
		done := e.ring.peek()
		e.ring.advance()
		e.counters.CQEs++
		if c, ok := e.complete(&done); ok {
			return c, true
		}
	}
	for {
		entry, ok := e.queue.Take()
		if !ok {
			return backend.Completion{}, false
		}
		var c backend.Completion
		if entry == backend.ListenerEntry {
			c, ok = e.admitNext()
		} else {
			c, ok = e.attempt(entry)
		}
		if ok {
			return c, true
		}
	}
}

// complete takes one completion of the ring.
func (e *engine) complete(done *cqe) (backend.Completion, bool) {
	data := done.UserData()
	t := backend.Token(data &^ kindMask)
	kind := data & kindMask
	n, flags := int(done.Result()), done.Flags()
	switch {
	case kind == cancelKind:
		return backend.Completion{}, false
	case kind == wakeKind:
		e.armWake()
		return backend.Completion{}, false
	case kind == acceptKind:
		return e.acceptDone(t.Slot(), n, flags)
	case !e.slots.Live(t):
		backend.Assert(flags&cqeBuffer == 0, "uring: stale completion with a buffer")
		e.counters.Stale++
		return backend.Completion{}, false
	}
	slot := t.Slot()
	c := &e.conns[slot]
	switch kind {
	case recvKind:
		return e.recvDone(slot, c, n, flags)
	case sendKind:
		return e.sendDone(slot, c, n, flags)
	case chainKind:
		return e.chainDone(slot, c, n)
	case pollKind:
		return e.pollDone(slot, c, n)
	default:
		return e.fileDone(slot, n)
	}
}

// finish makes the completion of the socket operation.
func (e *engine) finish(slot uint32, c *conn, n int) backend.Completion {
	done := backend.Completion{Token: e.slots.Token(slot), N: n, Op: c.op}
	c.op, c.buf = backend.OpNone, nil
	c.bits &^= cancelled | inRing | noticeDue
	if c.buffer >= 0 {
		e.files.Give(c.buffer)
		c.buffer = -1
	}
	return done
}

// release starts the operations whose injected delay is over.
func (e *engine) release() {
	for {
		entry, ok := e.hold.Take()
		if !ok {
			return
		}
		slot := entry &^ backend.EntryKind
		if entry&backend.EntryKind == backend.ReadEntry {
			e.submitRead(slot)
			continue
		}
		e.conns[slot].bits &^= held
		e.enqueue(slot)
	}
}

// enqueue puts the connection's socket operation on the queue for an attempt.
func (e *engine) enqueue(slot uint32) {
	c := &e.conns[slot]
	if c.bits&(queued|held) != 0 {
		return
	}
	c.bits |= queued
	e.queue.PutSocket(slot, c.bits&cancelled == 0 && backend.IsBulk(c.op, len(c.buf), c.left))
}

// armWake waits for the next Wake.
func (e *engine) armWake() {
	s := e.entry(0, wakeKind)
	s.PrepOperation(iouring.IORING_OP_READ, int32(e.wakefd), addressOf(e.woken[:]), uint32(len(e.woken)), 0)
}

func (e *engine) Wake() error {
	one := [8]byte{1} // any byte order: any number but 0 does
	_, err := unix.Write(e.wakefd, one[:])
	return os.NewSyscallError("write eventfd", err)
}

func (e *engine) Counters() *backend.Counters { return &e.counters }

// addressOf is a buffer's address as entries carry it. The buffer outlives
// the operation: conn or engine holds it, and Go moves no heap object.
func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
