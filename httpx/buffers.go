package httpx

import "aws/backend"

const (
	// headRoom is what a stream buffer has before the bytes of a file: room for
	// a head, so that both leave in one send.
	headRoom = maxHead
	// streamSize is how many bytes of a file a stream buffer takes.
	streamSize = 128 << 10
	bufferSize = headRoom + streamSize
	// maxStreams bounds a loop's stream buffers, and so its reads in flight.
	maxStreams = 512
)

// buffers are the stream buffers of a loop, through which files go that are not
// sent as they are, with the exchanges that wait for one.
type buffers struct {
	arena *backend.Arena // page-aligned for O_DIRECT
	// ahead is how many free buffers reading ahead leaves to others.
	ahead   int
	waiting backend.List // exchanges, longest first
	links   []backend.Link
}

// newBuffers makes count buffers for so many exchanges.
func newBuffers(count, exchanges int) (b buffers, err error) {
	b = buffers{ahead: count/4 + 1, waiting: backend.NewList(), links: make([]backend.Link, exchanges)}
	b.arena, err = backend.NewArena(count, bufferSize)
	return b, err
}

// file is the part of a buffer that takes the bytes of a file.
func (b *buffers) file(buffer int32) []byte { return b.arena.Bytes(buffer)[headRoom:] }

// scarce says that others may need a buffer more than who reads ahead.
func (b *buffers) scarce() bool { return b.arena.Free() < b.ahead }

// wait puts an exchange on the list of those who wait for a buffer.
func (b *buffers) wait(i int32) { b.waiting.PushBack(b.links, i) }

// stopWaiting takes an exchange off that list.
func (b *buffers) stopWaiting(i int32) { b.waiting.Remove(b.links, i) }
