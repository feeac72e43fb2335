package backend

import (
	"math"
	"unsafe"
)

// Lane is one direction of a connection, with at most one operation in flight.
type Lane struct {
	Op        Op   // in flight, or OpNone
	Queued    bool // on the engine's Queue
	Held      bool // on the engine's Hold
	Cancelled bool // to yield -ECANCELED, unless it has its own result first
}

// Busy says that an operation is in flight.
func (l *Lane) Busy() bool { return l.Op != OpNone }

// Waits says that an operation is in flight that is neither queued nor held.
func (l *Lane) Waits() bool { return l.Op != OpNone && !l.Queued && !l.Held }

func (l *Lane) begin(op Op) {
	Assert(l.Op == OpNone, "a second operation in the same lane")
	l.Op = op
}

// End takes the operation out of flight and returns what it was.
func (l *Lane) End() Op {
	op := l.Op
	Assert(op != OpNone && !l.Queued && !l.Held, "completion of no operation")
	*l = Lane{}
	return op
}

// SocketOps are the socket operations of one connection: what an engine checks
// at submission, and holds until completion. Engines embed it in what they hold
// of a connection.
type SocketOps struct {
	buf    memory // Send's bytes, or SendFile's head
	Off    int64  // SendFile's
	Left   int64  // SendFile's
	File   int32  // SendFile's descriptor
	FD     int32  // the socket
	Recv   Lane   // of Recv
	Send   Lane   // of Send and SendFile
	Cached bool   // File.Cached of SendFile
	Corked bool   // Cork has been called
}

// memory is a []byte that the garbage collector does not see, laid out as one: what
// is in flight belongs to the caller, who holds it.
type memory struct {
	address          uintptr
	length, capacity int
}

func memoryOf(b []byte) memory {
	return memory{uintptr(unsafe.Pointer(unsafe.SliceData(b))), len(b), cap(b)}
}

// Buf is what Send sends, or the head of SendFile.
func (s *SocketOps) Buf() []byte { return *(*[]byte)(unsafe.Pointer(&s.buf)) }

// BeginRecv checks and notes a Recv.
func (s *SocketOps) BeginRecv() { s.Recv.begin(OpRecv) }

// BeginSend checks and notes a Send.
func (s *SocketOps) BeginSend(b []byte) {
	Assert(len(b) > 0, "Send: empty buffer")
	s.Send.begin(OpSend)
	s.buf = memoryOf(b)
}

// BeginSendFile checks and notes a SendFile.
func (s *SocketOps) BeginSendFile(head []byte, f File, off, n int64) {
	Assert(n > 0 && off >= 0 && off <= math.MaxInt64-n, "SendFile: bad range")
	s.Send.begin(OpSendFile)
	s.buf, s.File, s.Cached, s.Off, s.Left = memoryOf(head), f.FD, f.Cached, off, n
}

// EndSend takes the Send or SendFile out of flight and returns which it was.
func (s *SocketOps) EndSend() Op {
	s.buf = memory{}
	return s.Send.End()
}

// BulkBytes is the length from which a transfer is bulk.
const BulkBytes = 128 << 10

// IsBulk says whether the Send or SendFile belongs with the bulk of a Queue. A
// head does not wait, and takes no more than BulkBytes of its file with it; nor
// does what has been cancelled.
func (s *SocketOps) IsBulk() bool {
	switch {
	case s.Send.Cancelled:
		return false
	case s.Send.Op == OpSend:
		return s.buf.length >= BulkBytes
	}
	return s.Send.Op == OpSendFile && s.buf.length == 0 && s.Left >= BulkBytes
}

// Cork notes Cork.
func (s *SocketOps) Cork() {
	s.AssertNotSending()
	s.Corked = true
}

// AssertNotSending holds for Cork and Shutdown.
func (s *SocketOps) AssertNotSending() {
	Assert(!s.Send.Busy(), "Cork or Shutdown while sending")
}

// AssertIdle holds for Close.
func (s *SocketOps) AssertIdle() {
	Assert(!s.Recv.Busy() && !s.Send.Busy(), "Close with an operation in flight")
}
