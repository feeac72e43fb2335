package backend

import "strconv"

// Token names a connection: generation<<32 | slot. Generations start at 1, so
// no connection has token 0. It is the one value that goes through the kernel
// and back (epoll_data, sqe.user_data) and is never a pointer.
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
	// OpAccept reports a new connection: Token names it from now on, and N is
	// the index in Options.Listeners of the listener it came by. It is the only
	// completion without a submission.
	OpAccept
	// OpRecv completes Recv: Data holds the N received bytes.
	OpRecv
	// OpSend completes Send.
	OpSend
	// OpSendFile completes SendFile: N counts head and file together.
	OpSendFile
	// OpReadFile completes ReadFile: Read is its number, and Token is 0.
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
	// N is the number of bytes, the negated errno, or OpAccept's listener.
	N int
	// Read is the number of the ReadFile that has completed.
	Read int32
	Op   Op
	// Cold says that a ReadFile went past the page cache, which did not hold
	// what it asked for. A sequential reader passes it on as File.Cold.
	Cold bool
}

// File names an open regular file by its descriptors. Their owner keeps them
// open while an operation that names them is in flight.
type File struct {
	// FD reads through the page cache.
	FD int32
	// Direct is the same file opened with O_DIRECT, or -1 where the file
	// system lacks that or nothing needs it. ReadFile uses it for what
	// the page cache does not hold.
	Direct int32
	// Cached tells SendFile that the page cache is known to hold what it moves
	// at once, SendFileMax at most, so that it waits for no disk.
	Cached bool
	// Cold tells ReadFile that the page cache did not hold what comes before
	// off, so it reads past the cache at once. To ask the cache again would
	// start a readahead of what O_DIRECT then reads a second time. Cold means
	// nothing without Direct.
	Cold bool
}

const (
	// RecvSize is the most bytes that one Recv yields.
	RecvSize = 16 << 10
	// SendFileMax is the most that one SendFile moves of a file, so that
	// connections take turns.
	SendFileMax = 1 << 20
	// Align is what ReadFile wants its buffer, length and offset to be
	// multiples of: the page size, which satisfies O_DIRECT on every disk
	// with logical blocks up to 4 KiB.
	Align = 4096
)
