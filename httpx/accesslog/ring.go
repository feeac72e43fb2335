// A loop's lines on their way to the writer: chunks in a ring. The loop fills one after
// the other, and the writer empties them in the same order; neither waits for the other.

package accesslog

import (
	"log/slog"
	"sync/atomic"
	"time"

	"aws/backend"
)

// ringChunks of chunks hold what a loop logs while the writer is held up.
const ringChunks = 8

// ring has one thread that adds lines, the loop's, and one that takes them away.
type ring struct {
	memory []byte                   // the chunks, and a word after them
	filled [ringChunks]atomic.Int64 // bytes of each chunk
	most   int                      // bytes of the longest line

	// The loop's own.
	composer composer
	n        uint16     // bytes in the chunk that is being filled
	lines    uint64     // added
	seen     uint64     // exchanges that sampling has counted
	path     []byte     // scratch space
	said     dropReport // what the log of the server has been told

	_ [64]byte // the writer's words are in other cache lines

	filling atomic.Uint64 // number of the chunk that is being filled, from 0
	dropped atomic.Uint64 // lines

	_ [64]byte

	emptying atomic.Uint64 // number of the chunk that is being written
	written  int           // bytes of it that have been; the writer's own
	out      atomic.Uint64 // lines that have been written whole
}

func newRing(f *Format, escaped *Names) (r *ring, err error) {
	r = &ring{most: f.most, composer: newComposer(f, escaped)}
	r.memory, err = backend.MapArray[byte](chunkSize*ringChunks + wordSize)
	return r, err
}

// bytesOf is the memory of a chunk, by its number.
func (r *ring) bytesOf(number uint64) []byte {
	at := int(number%ringChunks) * chunkSize
	return r.memory[at : at+chunkSize : at+chunkSize]
}

// room returns the chunk that the next line goes into, after r.n bytes, or nil if the
// writer is too far behind. full says that a chunk is ready to be written.
func (r *ring) room() (b *chunk, full bool) {
	number := r.filling.Load()
	if chunkSize-int(r.n) < r.most {
		if number+1-r.emptying.Load() >= ringChunks {
			return nil, false // the writer knows
		}
		number++
		r.n = 0
		r.filled[number%ringChunks].Store(0)
		r.filling.Store(number)
		full = true
	}
	return (*chunk)(r.memory[number%ringChunks*chunkSize:]), full
}

// add adds the line that was composed there, and ends at n.
func (r *ring) add(n uint16) {
	r.n = n
	r.lines++
	r.filled[r.filling.Load()%ringChunks].Store(int64(n))
}

// drop drops a line.
func (r *ring) drop(log *slog.Logger, now time.Time) { r.said.dropped(log, now, r.dropped.Add(1)) }

// ready returns what is to be written next, whole lines but for the start of the first,
// which may have been written: nothing if there is nothing.
func (r *ring) ready() []byte {
	for {
		number := r.emptying.Load()
		sealed := r.filling.Load() > number // first: then all of it is seen
		b := r.bytesOf(number)[:r.filled[number%ringChunks].Load()]
		if r.written < len(b) || !sealed {
			return b[r.written:]
		}
		r.written = 0
		r.emptying.Store(number + 1)
	}
}

// take takes n bytes away, which have been written and hold so many ends of lines.
func (r *ring) take(n, lines int) {
	r.written += n
	r.out.Add(uint64(lines))
}

// back goes back to the start of the line that has been written in part.
func (r *ring) back() {
	b := r.bytesOf(r.emptying.Load())
	for r.written > 0 && b[r.written-1] != '\n' {
		r.written--
	}
}

// inLine says that a line has been written in part.
func (r *ring) inLine() bool {
	return r.written > 0 && r.bytesOf(r.emptying.Load())[r.written-1] != '\n'
}
