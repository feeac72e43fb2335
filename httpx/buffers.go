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
	// warmBuffers is how many free buffers of each kind keep their memory, at most.
	warmBuffers = 64
	// maxStreams bounds a loop's stream buffers, and with them its reads in
	// flight.
	maxStreams = 512
	// makerBuffers is how many of them a maker works in.
	makerBuffers = 2
)

// ownStreams is how many stream buffers a loop has in any case, so that those who
// wait for one get it some time, whatever other loops do.
const ownStreams = 4

// buffers are the stream buffers of a loop, with the exchanges that wait for
// one. Those that hold memory, taken or free, count in the server's budget, but for
// the loop's own.
type buffers struct {
	arena  *backend.Arena // page-aligned for O_DIRECT
	memory *memory
	warm   int  // free buffers that keep their memory
	short  bool // memory has been refused: see loop.countMemory
	// ahead is how many free buffers a body that reads ahead leaves to others.
	ahead   int
	waiting backend.List // exchanges, the longest waiting first
	links   []backend.Link
	waiters int  // on that list
	refused bool // a maker found too few, and its client may come again
}

// newBuffers makes count buffers for so many exchanges.
func newBuffers(count, exchanges int, m *memory) (b buffers, err error) {
	b = buffers{memory: m, warm: warmStreams(m, 1), ahead: count/4 + 1, waiting: backend.NewList()}
	var errs [2]error
	b.arena, errs[0] = backend.NewArena(count, bufferSize)
	b.links, errs[1] = backend.MapArray[backend.Link](exchanges)
	return b, errors.Join(errs[:]...)
}

func (b *buffers) destroy() {
	if b.arena != nil {
		b.memory.held.used.Add(-b.counted())
		_ = b.arena.Destroy()
	}
	backend.UnmapArray(b.links)
}

// file is the part of a buffer that holds the bytes of a file.
func (b *buffers) file(buffer int32) []byte { return b.arena.Bytes(buffer)[headRoom:] }

// counted is how many bytes of the buffers count in the budget.
func (b *buffers) counted() int64 { return int64(max(b.arena.Dirty()-ownStreams, 0)) * bufferSize }

// take takes a buffer. It returns none if all are taken or memory is short.
func (b *buffers) take() int32 {
	if b.arena.TakesClean() && b.arena.Dirty() >= ownStreams && b.arena.Free() > 0 && !b.memory.held.take(bufferSize) {
		b.short = true
		return none
	}
	return b.arena.Take()
}

// warmStreams is how many free stream buffers keep their memory: up to a sixteenth
// of what there may be of it.
func warmStreams(m *memory, loops int) int {
	return int(min(max(m.held.limit/16/int64(loops)/bufferSize, ownStreams), warmBuffers))
}

// trim gives back memory of up to most free buffers: see backend.Arena.Trim.
func (b *buffers) trim(most int) {
	before := b.counted()
	b.arena.Trim(b.warm, most)
	if after := b.counted(); after < before {
		b.memory.held.used.Add(after - before)
	}
}

// scarce says that too few buffers or too little memory is free for reading ahead.
func (b *buffers) scarce() bool { return b.arena.Free() < b.ahead || b.memory.scarce() }

// waitForMemory says that some wait though there are buffers.
func (b *buffers) waitForMemory() bool { return !b.waiting.Empty() && b.arena.Free() > 0 }

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
