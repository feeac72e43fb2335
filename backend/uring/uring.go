// Package uring is the engine over io_uring(7). It never sees HTTP.
//
// A submission becomes an entry of the ring, the kernel does the work when the
// loop's turn ends in io_uring_enter, and completions come back through the
// ring. So a turn costs one system call, however many connections it serves.
//
//	Recv, Send, ReadFile ──► entries ──Wait: io_uring_enter──► completions ──► Next
//	Send ─ corked, or large ──► queue ──► Next: send(2), or an entry
//	SendFile ─ small ──► read linked to send, through a buffer of the engine's
//	         └ large ──► queue ──► Next: sendfile(2) ── EAGAIN ──► POLL_ADD
//
// io_uring has no sendfile: docs/engines.md has the measurements that led to the
// two ways.
//
// Files: uring.go the engine; ring.go the shared memory; probe.go what the kernel
// has; restrict.go what it may be used for; entry.go and spill.go submission; wait.go Wait and Next; accept.go, recv.go,
// send.go, sendfile.go, readfile.go the operations; socket.go what concerns the
// whole connection; bufring.go receive buffers; destroy.go the end.
package uring

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/sockop"
)

// What is known of a connection.
const (
	sockNonempty = 1 << iota // there may be something to receive
	recvInRing               // an entry of the Recv is with the kernel
	recvPolls                // that entry only waits for readiness
	sendInRing               // an entry of the Send or SendFile is with the kernel
	noticeDue                // a zero-copy send has its result, and waits for its notification
	copies                   // this kind of socket has no zero-copy send
	nonblocking              // O_NONBLOCK is set, for sendfile(2)
	peerKnown                // peer is what the kernel says
	spared                   // the Send has been cancelled, and the connection is to go on
)

// conn is the engine's side of a connection: no pointers, see backend.MapArray.
type conn struct {
	backend.SocketOps
	peer   backend.Address
	buffer int32 // the engine's buffer that a small SendFile goes through, or -1
	asked  int32 // bytes that a send in the ring is to move
	result int32 // of the first of two completions: a chain's read, a zero-copy send
	bits   uint16
}

type engine struct {
	ring     *ring
	has      Features
	slots    *backend.Slots
	account  *backend.Account  // of connections
	conns    []conn            // by slot
	reads    backend.FileReads // by number
	counters backend.Counters
	queue    *backend.Queue
	spill    spill
	hold     backend.Hold
	faults   *backend.Injector
	warn     func(string, error)
	transfer sockop.Transfer // sendfile(2), and recv(2)

	batchEnd    uint32 // completions before this one belong to the batch
	readsInRing int    // reads that are with the kernel

	recvRing *bufRing
	recvBuf  []byte // the one buffer that Next lends of what recv(2) has received
	lent     int32  // the buffer of recvRing that is lent, or -1

	files    *backend.Arena // buffers for heads and small files
	zeroCopy int            // Send uses SEND_ZC from this length on; 0: never

	wakefd   int
	woken    [8]byte                // what the read of wakefd is given
	mode     int32                  // what ioctl(FIONBIO) is given
	sockaddr backend.SockaddrBuffer // what getpeername(2) is given

	listeners []listener
	accepted  []arrival // sockets that were accepted and have no slot yet
	admitting bool      // the first of them is on the queue
	pause     backend.AcceptPause
	accepting bool
	enabled   bool // the loop has begun
}

var _ backend.Backend = (*engine)(nil)

// Options are those of this engine alone.
type Options struct {
	// Features are what the engine may use; it does without those that the
	// kernel lacks.
	Features Features
	// ZeroCopyAbove is the length from which on Send copies nothing; 0 means
	// never. On loopback the kernel copies anyway, and only the bookkeeping
	// is added.
	ZeroCopyAbove int
	// Entries and RecvBuffers, powers of two, size the submission ring and the
	// ring of receive buffers; 0 means 1024 and 128. With fewer, the engine only
	// enters the kernel more often: tests fill them up.
	Entries, RecvBuffers int
}

const (
	// ringEntries is how many submissions fit between two enters; more only cost
	// another enter. A chain takes two.
	ringEntries = 1024
	// maxCompletions bounds the completion ring, which is locked memory, 16 bytes
	// each: as many do not come in one turn, however many connections there are.
	maxCompletions = 1 << 15
	// recvBuffers bounds a batch of recvs, and the memory they touch: a buffer is
	// out from the recv that fills it to the step that reads it.
	recvBuffers = 128
	// fileBuffer is the size of a small file's buffer: the head, and the file.
	fileBuffer = headRoom + smallFileMax
	headRoom   = 4096
	// smallFileMax is the largest file that goes by read and send: above it
	// sendfile(2) costs less (BenchmarkWays, docs/engines.md).
	smallFileMax = 16 << 10
	// fileBuffers bounds the small files being sent. When slow readers have taken
	// all buffers, sendfile(2) does without.
	fileBuffers = 64
)

// Open makes an engine. The error wraps the errno, and names cause and remedy.
// The engine belongs to the thread that first uses it.
func Open(opts backend.Options, own Options) (backend.Backend, error) {
	backend.Assert(len(opts.Listeners) < maxListeners, "uring: too many listeners")
	e := &engine{
		reads:     backend.NewFileReads(opts.Reads),
		hold:      backend.NewHold(opts.Faults, opts.Slots, opts.Reads),
		faults:    backend.NewInjector(opts.Faults, uint64(opts.Loop)),
		warn:      opts.Warn,
		lent:      -1,
		zeroCopy:  own.ZeroCopyAbove,
		wakefd:    -1,
		accepting: true,
	}
	e.account = backend.NewAccount(opts.Budget, opts.Slots, e.Wake)
	e.transfer = sockop.Transfer{Faults: e.faults, Counters: &e.counters}
	if err := e.open(opts, own); err != nil {
		_ = e.Destroy()
		return nil, err
	}
	return e, nil
}

// open makes the ring and its registrations. The completion ring has room for
// what may be in flight, up to maxCompletions: a slot's Recv, the two halves
// of its send and a cancellation, and the reads. Beyond that the kernel keeps
// completions until there is room (IORING_FEAT_NODROP).
func (e *engine) open(opts backend.Options, own Options) (err error) {
	if e.slots, err = backend.NewSlots(opts.Slots); err != nil {
		return err
	}
	if e.conns, err = backend.MapArrayFor[conn](e, opts.Slots); err != nil {
		return err
	}
	if e.queue, err = backend.NewQueue(opts.Slots, opts.Reads, len(opts.Listeners)); err != nil {
		return err
	}
	entries, completions := uint32(own.Entries), uint32(2*own.Entries)
	if entries == 0 {
		entries, completions = ringEntries, uint32(min(max(4*opts.Slots+opts.Reads+64, 2*ringEntries), maxCompletions))
	}
	if e.ring, e.has, err = openProbed(entries, completions, own.Features); err != nil {
		return err
	}
	if err = e.transfer.Probe(); err != nil {
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
// memory allows it; otherwise each read looks up its buffer's pages. It runs once
// all loops have their rings, which count as locked memory too and matter more.
func (e *engine) registerFiles() {
	if !e.has.Fixed {
		return
	}
	err := e.ring.registerBuffer(e.files.All())
	e.has.Fixed = err == nil
}

// enable starts what has to be started on the loop's own thread.
func (e *engine) enable() error {
	e.enabled = true
	if e.has.Restricted {
		if err := e.ring.restrict(e.has); err != nil {
			return explain(err)
		}
	}
	if err := e.ring.enable(); err != nil {
		return explain(err)
	}
	e.registerFiles()
	e.armWake()
	e.resumeAccept()
	return nil
}

// Features are those that the engine uses. Which of them need memory to be locked is
// known once the loop has begun.
func (e *engine) Features() Features { return e.has }

func (e *engine) Wake() error { return sockop.Wake(e.wakefd) }

func (e *engine) Counters() *backend.Counters { return &e.counters }
