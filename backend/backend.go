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
// completion after another until the batch is over, then Wait is due again.
//
//	for {
//		b.Wait(timeout)
//		for {
//			c, ok := b.Next()
//			if !ok { break }
//			step(c)     // may submit; is never called back
//		}
//	}
//
// # What may be in flight
//
//   - Each connection has two lanes: one Recv, and one Send or SendFile, may be
//     in flight at the same time. They complete in any order.
//   - File reads belong to no connection. The caller numbers them, from 0 to
//     Options.Reads-1, and one ReadFile may be in flight for each number.
//   - So every queue is an array bounded by two entries a slot, one a read and
//     one a listener, and none can overflow.
//
// # Rules that every engine keeps
//
//   - Submitting never calls back and never blocks. A result known at once is
//     queued; Wait does not block while anything is queued, yet asks the
//     kernel once a batch, so that no connection starves.
//   - Every submitted operation yields exactly one completion, even after
//     Cancel and even when the peer has gone. Until that completion has been
//     taken, the operation's buffer and file belong to the engine.
//   - One kernel attempt per operation: a short count is legal and means
//     nothing but itself. The caller submits the rest.
//   - A count of 0 means the end: for Recv, the peer has shut down its sending
//     side; for SendFile and ReadFile, the file ends at or before off.
//   - Completion.N is a byte count or a negated errno; only for OpAccept it is a
//     listener's index. EINTR and EAGAIN never reach the caller.
//   - After a socket error, and after a Cancel with a send in flight, the
//     connection is good for nothing but Cancel, Close and Reset. An error in one lane does not complete
//     the other: Cancel does.
//   - A token names one connection, not a slot: a slot's generation changes
//     with each Close or Reset, and the engine drops whatever arrives for an older one.
//   - Misuse is a bug in the caller and panics: a stale token, a second
//     operation in a lane or for a read's number, an empty buffer, Cork or
//     Shutdown while sending, Close or Reset with either lane in flight. Nothing
//     a peer does panics.
//
// The conformance suite in backend/backendtest holds every engine to this.
package backend

import "time"

// Options configure one engine, that is one loop.
type Options struct {
	// Listeners are the descriptors of listening sockets, if any. The engine sets their
	// blocking mode, and engines may share one. They stay the caller's, to be
	// closed after Destroy; the engine stops accepting from one that has been
	// shut down.
	Listeners []int
	// Slots is the most connections at a time, 1 to MaxSlots. While all are
	// taken the engine hands out none: new ones wait in the kernel's backlog. A
	// slot costs no memory before it is first taken.
	Slots int
	// Budget is how many connections all engines that share it may have together;
	// nil is a budget of Slots for this one alone. While it is spent, clients of
	// all of them wait, and a place that any of them gives back goes to an engine
	// with a client that waits, in turn.
	Budget *Budget
	// Reads is how many ReadFile operations may be in flight at a time, 1 to
	// MaxReads. Their numbers are below it.
	Reads int
	// LibcCalls makes the engine's socket calls through libc instead of
	// directly, so that LD_PRELOAD libraries see them.
	LibcCalls bool
	// Faults breaks operations up; nil leaves them alone. Loop, the loop's
	// number, lets them differ from loop to loop.
	Faults *Faults
	Loop   int
	// Warn reports trouble with the machine or its set-up, such as EMFILE on
	// accept. It may be called often, so the caller limits what it prints. It
	// is not nil.
	Warn func(msg string, err error)
}

const (
	// MaxSlots bounds Options.Slots so that a slot's index never collides with
	// the engines' own tokens.
	MaxSlots = 1 << 20
	// MaxReads bounds Options.Reads: as many as Linux AIO grants a whole machine
	// by default (fs.aio-max-nr).
	MaxReads = 1 << 16
)

// Backend is one engine instance, used by one loop. Every method but Wake
// belongs to the thread that runs the loop.
type Backend interface {
	// Recv receives up to RecvSize bytes. The engine lends the buffer once
	// there is something to put into it, so an idle connection holds none.
	Recv(t Token)

	// Send sends b, which is not empty. Until completion it stays untouched, and
	// the caller holds on to it: engines keep it where the garbage collector does
	// not look. So it is with SendFile's head.
	Send(t Token, b []byte)

	// SendFile sends head and then n bytes of f from off, together where the
	// kernel can: head may be empty, n may not be 0. The engine caps what one
	// operation moves, so that large files take turns.
	SendFile(t Token, head []byte, f File, off, n int64)

	// ReadFile reads f at off into b, without making the calling thread wait for
	// a disk as far as the file system allows that. read is a number of the
	// caller's choice below Options.Reads, with no other ReadFile in flight. off,
	// len(b) and b's address are multiples of Align, so after a short count the
	// caller reads on from the multiple of Align before its end. No Cancel and
	// no Close of a connection affects a file read.
	ReadFile(read int32, b []byte, f File, off int64)

	// Cancel asks both lanes of t to complete soon: what is in flight yields
	// -ECANCELED, or its own result if that came first, each exactly once. With
	// nothing in flight, Cancel does nothing.
	Cancel(t Token)

	// CancelSend asks a Send of t to complete soon, and leaves the connection as it
	// is: it yields a count, or -ECANCELED if nothing of it was sent, and the caller
	// may send the rest. While the network itself holds the bytes (zero copy), that
	// may take until the peer has acknowledged them. A Recv goes on, and so does a
	// SendFile. With no Send in flight, CancelSend does nothing.
	CancelSend(t Token)

	// Cork lets the kernel hold back the tail of what is sent on t from now on,
	// so that it leaves together with the end (FIN): Shutdown or Close is to
	// follow as soon as everything has been sent. Whatever is held back longer
	// than 200 ms or a round trip leaves by itself (TCP_CORK and MSG_MORE,
	// tcp(7)); only TCP sockets hold anything back. Nothing may be being sent;
	// a Recv may be in flight.
	Cork(t Token)

	// Peer returns the client's address, at most one system call a connection:
	// an engine that did not learn it on accepting asks the kernel at the first
	// call and remembers the answer. The address is zero for a unix socket, and
	// where the kernel no longer knew it because the peer had reset.
	Peer(t Token) Address

	// Unacked is the number of bytes sent on t that the peer has not
	// acknowledged yet (ioctl SIOCOUTQ, tcp(7)): it tells a slow peer from one
	// that has stalled.
	Unacked(t Token) int

	// Over says that the connection has ended for the kernel too: the peer has reset
	// it, or has acknowledged the end of both sides. Nothing is queued any more,
	// whatever Unacked says. (TCP_INFO, tcp(7): the state is TCP_CLOSE.) It is false
	// for a unix socket.
	Over(t Token) bool

	// Unread is the number of bytes from the peer waiting to be received.
	// Closing over them would reset the connection.
	Unread(t Token) int

	// BoundUnsent has the kernel take no more of what is sent on t once about n
	// bytes wait to leave for the peer (TCP_NOTSENT_LOWAT, tcp(7)): n is 1 or more,
	// and 0 takes the bound away. What it has taken already stays. The last piece
	// may exceed the bound, by up to 64 KiB: the kernel asks only when it begins
	// another segment of its own (net/ipv4/tcp.c, tcp_sendmsg_locked). Only TCP
	// sockets have such a bound; others have small buffers anyway. One system call.
	BoundUnsent(t Token, n int)

	// Shutdown ends the sending side of the connection (FIN); receiving goes
	// on. Nothing may be being sent; a Recv may be in flight. There is no
	// completion.
	Shutdown(t Token)

	// Close closes the socket and frees the slot; t is stale from now on.
	// Neither lane may be in flight: Cancel first, and wait. There is no
	// completion.
	Close(t Token)

	// Reset is Close for a peer that does not take what it is sent: it drops
	// whatever the peer has not acknowledged, and TCP tells the peer so by a
	// reset. The kernel has the memory of the send queue back at once, which
	// after Close it may keep for minutes, with nobody left to end it (SO_LINGER
	// with 0 seconds, socket(7); tcp_close, net/ipv4/tcp.c). What a peer on a
	// unix socket has been sent is its own already, and stays.
	Reset(t Token)

	// StopAccepting ends accepting for good.
	StopAccepting()

	// Wait hands the submissions to the kernel and asks it for completions. It
	// blocks until there is one, Wake is called, or timeout has passed; below 0
	// there is no timeout, and at 0 it never blocks. An error is fatal to the
	// engine.
	Wait(timeout time.Duration) error

	// Next takes one completion. It returns false at the end of a batch, even
	// if more is queued: then Wait is due. A batch has at least one completion if
	// the kernel has something to report, so one that has none shows that
	// everything has been taken that had arrived before Wait.
	Next() (Completion, bool)

	// Wake makes the current Wait, or else the next one, return. Any thread
	// may call it until Destroy.
	Wake() error

	// Counters returns the engine's counters; only the loop's thread may read
	// them while the engine runs.
	Counters() *Counters

	// Destroy closes all connections, waits for the file reads in flight, and
	// frees what the engine holds.
	Destroy() error
}
