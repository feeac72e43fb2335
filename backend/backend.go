// Package backend is the contract between the HTTP server and the kernel I/O
// engines: a proactor that is pulled.
//
//	cmd/aws ──flags──► httpx.Server ──► one Loop per core
//	                                      │  Recv Send SendFile ReadFile …   (submissions)
//	                                      ▼
//	                                   Backend: epollaio | uring | simio
//	                                      │
//	                                      └──► Wait, Next                   (completions)
//
// # Model
//
// A Backend owns the listening sockets' readiness, the accepted sockets and
// the connection slots. Its user, one loop on one OS thread, submits
// operations and takes completions: Wait asks the kernel, Next hands out one
// completion after the other until the batch is over, then Wait is due again.
//
//	for {
//		b.Wait(timeout)
//		for {
//			c, ok := b.Next()
//			if !ok { break }
//			conns[c.Token.Slot()].step(c)     // may submit; is never called back
//		}
//	}
//
// # Rules that every engine keeps
//
//   - Submitting never calls back and never blocks. A result that is known at
//     once is queued; Wait does not block while anything is queued, yet asks
//     the kernel once every batch, so that no connection starves.
//   - A connection has at most one socket operation (Recv, Send or SendFile)
//     and at most one ReadFile in flight. Two, not one, because a stream
//     reads its next buffer while the last one is being sent. So all queues
//     are arrays no longer than twice the slots, and none can overflow.
//   - Every submitted operation yields exactly one completion, also after
//     Cancel and also when the peer has gone. Until that completion has been
//     taken the operation's buffer and file belong to the engine.
//   - One kernel attempt per operation: a short count is legal and means
//     nothing but itself. The caller submits the rest.
//   - A count of 0 means the end: Recv, the peer has shut down its sending
//     side; SendFile and ReadFile, the file has ended before off.
//   - Completion.N is a byte count, or the negated errno. EINTR and EAGAIN
//     never reach the caller. After an error on the socket, and after a send
//     that was cancelled, only Close makes sense.
//   - A token names one connection, not a slot: a slot's generation changes
//     with each Close, and what arrives for an older generation is dropped in
//     the engine.
//   - Misuse (a stale token, a second operation of the same kind, an empty
//     buffer) is a bug in the caller and panics. Nothing that a peer does
//     panics.
//
// The conformance suite in backend/backendtest holds every engine to this.
package backend

import (
	"strconv"
	"time"
)

// Token names a connection: generation<<32 | slot. Generations start at 1, so
// no connection has token 0. It is the one value that goes through the kernel
// and back (epoll_data, iocb.aio_data, sqe.user_data) and is never a pointer.
type Token uint64

// MakeToken composes a token.
func MakeToken(slot, generation uint32) Token {
	return Token(generation)<<32 | Token(slot)
}

// Slot is the index of the connection's slot, below Options.Slots.
func (t Token) Slot() uint32 { return uint32(t) }

// Generation counts how often the slot has been used, from 1, wrapping past 0.
func (t Token) Generation() uint32 { return uint32(t >> 32) }

func (t Token) String() string {
	return strconv.FormatUint(uint64(t.Slot()), 10) + "#" + strconv.FormatUint(uint64(t.Generation()), 10)
}

// Op says what a completion completes.
type Op uint8

const (
	// OpNone is the zero value; no completion carries it.
	OpNone Op = iota
	// OpAccept reports a new connection: Token is its name from here on, N is
	// 0. It is the only completion that nobody submitted.
	OpAccept
	// OpRecv completes Recv: Data holds the N received bytes.
	OpRecv
	// OpSend completes Send.
	OpSend
	// OpSendFile completes SendFile: N counts head and file together.
	OpSendFile
	// OpReadFile completes ReadFile.
	OpReadFile
)

func (o Op) String() string {
	switch o {
	case OpAccept:
		return "accept"
	case OpRecv:
		return "recv"
	case OpSend:
		return "send"
	case OpSendFile:
		return "sendfile"
	case OpReadFile:
		return "readfile"
	}
	return "none"
}

// Completion is the result of one operation.
type Completion struct {
	Token Token
	// Data is what Recv received, lent until the next call of Next or Wait.
	// It is nil for every other operation.
	Data []byte
	// N is the number of bytes, or the negated errno.
	N  int
	Op Op
}

// File names an open regular file by its descriptors. Their owner keeps them
// open while an operation that names them is in flight.
type File struct {
	// FD reads through the page cache.
	FD int32
	// Direct is the same file opened with O_DIRECT, or -1 where the file
	// system has no such thing or nobody needs it. ReadFile takes it for what
	// the page cache does not hold.
	Direct int32
	// Cached says that the page cache is known to hold what SendFile moves at
	// once, SendFileMax at most, so that it waits for no disk.
	Cached bool
}

const (
	// RecvSize is the most bytes that one Recv yields.
	RecvSize = 16 << 10
	// SendFileMax is the most of a file that one SendFile moves, so that
	// connections take turns.
	SendFileMax = 1 << 20
	// Align is what ReadFile wants its buffer, length and offset to be
	// multiples of: the page size, which satisfies O_DIRECT on every disk
	// with logical blocks up to 4 KiB.
	Align = 4096
)

// Options configure one engine, that is one loop.
type Options struct {
	// Listeners are the descriptors of listening sockets, whose blocking mode
	// the engine sets. They stay the caller's, who closes them after Destroy;
	// from one that he has shut down the engine no longer accepts.
	Listeners []int
	// Slots is the most connections at a time, 1 to MaxSlots. While all are
	// taken the engine does not accept: new connections wait in the kernel's
	// backlog.
	Slots int
	// Reads is the most ReadFile operations in flight at a time, 1 to Slots.
	// The caller holds to it; the engine asserts it.
	Reads int
	// LibcCalls makes the engine's socket calls through libc instead of
	// directly, so that LD_PRELOAD libraries see them.
	LibcCalls bool
	// Faults breaks operations up; nil leaves them alone. Loop, the loop's
	// number, lets them differ from loop to loop.
	Faults *Faults
	Loop   int
	// Warn tells of trouble that is the machine's or the operator's, such as
	// EMFILE on accept. It may come often; who prints it limits that. Not nil.
	Warn func(msg string, err error)
}

// MaxSlots bounds Options.Slots so that a slot's index never collides with
// the engines' own tokens.
const MaxSlots = 1 << 20

// Backend is one engine instance, used by one loop. Every method but Wake
// belongs to the thread that runs the loop.
type Backend interface {
	// Recv receives up to RecvSize bytes. The engine lends the buffer when
	// there is something to put into it, so an idle connection holds none.
	Recv(t Token)

	// Send sends b, which is not empty and stays untouched until completion.
	Send(t Token, b []byte)

	// SendFile sends head and then n bytes of f from off, together where the
	// kernel can: head may be empty, n may not be 0. The engine caps what one
	// operation moves, so that large files take turns.
	SendFile(t Token, head []byte, f File, off, n int64)

	// ReadFile reads f at off into b without ever waiting for a disk on the
	// calling thread, as far as the file system allows that. off, len(b) and
	// b's address are multiples of Align, so the caller reads on behind a
	// short count from the multiple of Align before it.
	ReadFile(t Token, b []byte, f File, off int64)

	// Cancel asks that what is in flight for t complete soon: a socket
	// operation yields -ECANCELED, or its own result if that was first; a
	// ReadFile runs to its end, which is near. With nothing in flight Cancel
	// does nothing.
	Cancel(t Token)

	// Cork lets the kernel hold back the last of what is sent on t from here on,
	// so that it leaves together with the end (FIN): Shutdown or Close is to
	// follow as soon as all has been sent. What is held back for longer, 200 ms
	// or a round trip, leaves by itself (TCP_CORK and MSG_MORE, tcp(7));
	// sockets other than TCP's hold back nothing. Nothing may be being sent.
	Cork(t Token)

	// Unacked is how many bytes that were sent on t the peer has not
	// acknowledged yet (ioctl SIOCOUTQ, tcp(7)): what tells a slow peer from
	// one that has stalled.
	Unacked(t Token) int

	// Unread is how many bytes from the peer wait to be received. To close
	// over them would reset the connection.
	Unread(t Token) int

	// Shutdown ends the sending side of the connection (FIN); receiving goes
	// on. Nothing may be being sent. There is no completion.
	Shutdown(t Token)

	// Close closes the socket and frees the slot; t is stale from here on.
	// Nothing may be in flight: Cancel first, and wait. No completion.
	Close(t Token)

	// StopAccepting ends accepting for good.
	StopAccepting()

	// Wait hands the submissions to the kernel and asks it for completions.
	// It blocks until there is one, Wake is called, or timeout has passed;
	// below 0 it knows no timeout, at 0 it never blocks. An error is fatal
	// to the engine.
	Wait(timeout time.Duration) error

	// Next takes one completion. It returns false at the end of a batch,
	// also when more is queued: then Wait is due.
	Next() (Completion, bool)

	// Wake makes the current Wait, or else the next one, return. Any thread
	// may call it until Destroy.
	Wake() error

	// Counters returns the engine's counters; the loop's thread alone may
	// read them while the engine runs.
	Counters() *Counters

	// Destroy closes all connections and frees what the engine holds,
	// waiting for file reads in flight.
	Destroy() error
}

// Assert panics with msg unless ok. Assertions stay on in production, at both
// ends of an operation: they hold what is true of every correct caller and
// engine, whatever peers send.
func Assert(ok bool, msg string) {
	if !ok {
		panic("assertion failed: " + msg)
	}
}
