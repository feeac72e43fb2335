// Stream buffers: what files go through that sendfile(2) does not take.
// filebody.go fills them, wire.go sends them, maker.go works in them.

package httpx

import (
	"errors"

	"aws/backend"
)

const (
	// headRoom is the room before the bytes of a file: it takes a head, so that
	// both leave in one send.
	headRoom = maxHead
	// streamSize is how many bytes of a file a stream buffer holds.
	streamSize = 128 << 10
	bufferSize = headRoom + streamSize
	// maxStreams bounds a loop's stream buffers, and with them its reads in
	// flight.
	maxStreams = 512
	// makerBuffers is how many of them a maker works in.
	makerBuffers = 2
)

// buffers are the stream buffers of a loop, with the exchanges that wait for
// one.
type buffers struct {
	arena *backend.Arena // page-aligned for O_DIRECT
	// ahead is how many free buffers a body that reads ahead leaves to others.
	ahead   int
	waiting backend.List // exchanges, the longest waiting first
	links   []backend.Link
	waiters int  // on that list
	refused bool // a maker found too few, and its client may come again
}

// newBuffers makes count buffers for so many exchanges.
func newBuffers(count, exchanges int) (b buffers, err error) {
	b = buffers{ahead: count/4 + 1, waiting: backend.NewList()}
	var errs [2]error
	b.arena, errs[0] = backend.NewArena(count, bufferSize)
	b.links, errs[1] = backend.MapArray[backend.Link](exchanges)
	return b, errors.Join(errs[:]...)
}

func (b *buffers) destroy() {
	if b.arena != nil {
		_ = b.arena.Destroy()
	}
	backend.UnmapArray(b.links)
}

// file is the part of a buffer that holds the bytes of a file.
func (b *buffers) file(buffer int32) []byte { return b.arena.Bytes(buffer)[headRoom:] }

// scarce says that too few buffers are free for reading ahead.
func (b *buffers) scarce() bool { return b.arena.Free() < b.ahead }

// forMaker is how many have to be free for a maker to take its own: it leaves some to
// others, too.
func (b *buffers) forMaker() int { return b.ahead + makerBuffers }

// missing is how many buffers are waited for.
func (b *buffers) missing() (n int) {
	if b.refused {
		n = max(b.forMaker()-b.arena.Free(), 0)
		b.refused = n > 0
	}
	return n + b.waiters
}

// wait puts an exchange at the end of the waiting list.
func (b *buffers) wait(i int32) {
	b.waiting.PushBack(b.links, i)
	b.waiters++
}

// stopWaiting takes an exchange off that list.
func (b *buffers) stopWaiting(i int32) {
	b.waiting.Remove(b.links, i)
	b.waiters--
}
