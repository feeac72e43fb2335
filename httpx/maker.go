// Bodies that are made while they are sent: folder listings, pages, and what goes
// through processors. This file is what the goroutine that makes one works with, making.go
// what it does, and made.go the loop that sends it.
//
//	loop (made.go)                              goroutine (maker.go)
//	ReadFile ─► input ────────────────────────► nextInput ─► processors ─┐
//	next ◄──── queue ◄── notes (offload.Pool) ◄ Write ◄──────────────────┘
//	  └──────────► space ─────────────────────► Write waits for it
//
// The goroutine never holds up the loop. A slow client holds up the goroutine: it
// fills one buffer while the other is being sent, then waits.

package httpx

import (
	"errors"

	"aws/backend"
	"aws/httpx/archive"
	"aws/httpx/listing"
	"aws/httpx/message"
	"aws/httpx/offload"
	"aws/httpx/process"
	"aws/httpx/site"
)

// maker makes one body. What the loop and the goroutine share changes hands only
// through channels and notes.
type maker struct {
	index  int32
	pool   *offload.Pool[note]
	arena  *backend.Arena
	memory *memory

	// The loop's alone.
	exchange int32               // or none, if the body has been left
	buffers  [makerBuffers]int32 // stream buffers for the body
	holds    int32               // the input buffer that a body left to the goroutine, or none
	queue    [makerBuffers]note  // filled buffers not yet sent; the first may be being sent
	queued   int                 // in queue
	running  bool                // the goroutine has not posted its last note
	over     bool                // the last buffer has been sent

	// Set by the loop before the goroutine starts.
	listing   *listing.Listing  // of the folder, or nil
	archive   *archive.Archive  // of the folder, or nil
	page      *site.Page        // to be made, or nil
	query     string            // that it is asked with
	ending    <-chan struct{}   // closed when the server is about to end
	folder    int               // descriptor of it, or of a pseudo file; or -1
	pseudo    bool              // a pseudo file is read to its end
	remote    bool              // the file system of either may never answer
	device    uint64            // of that
	processor process.Processor // for the bytes of the file or of the listing, or nil
	processed process.Response
	packed    message.Coding // of the file, to be unpacked instead; or identity
	input     chan span      // the file, piece by piece; closed at its end
	space     chan int32     // buffers to fill
	gone      chan struct{}  // closed when the body has been left

	// The goroutine's alone.
	buffer int32 // being filled, or none
	n      int   // bytes in it
	status int   // of the page, or 0

	heap int64 // bytes of Go's heap counted for it: the goroutine's alone while it runs
}

// note is what a goroutine tells the loop.
type note struct {
	maker   int32
	kind    noteKind
	buffer  int32 // filled
	n       int   // bytes in it
	status  int   // of the response, if the maker of a page has set one
	trailer string
	err     error
}

type noteKind uint8

const (
	inputTaken   noteKind = iota // the input has been read, and its buffer is free
	atWork                       // nothing to send yet, but the maker gets on
	leftOut                      // err says what is not in the body though it should be
	bufferFilled                 // more buffers follow
	bodyMade                     // the last buffer, or err says why there is none
)

const (
	// A buffer has room around the body for the framing of a chunk (RFC 9112
	// §7.1), and for the last chunk with a trailer field.
	chunkRoom       = 8
	maxTrailerField = 512
	madeFrom        = headRoom + chunkRoom
	trailerRoom     = 2 * maxTrailerField
)

var errGone = errors.New("the client has gone")

// post leaves a note. After the last one the loop may use the maker for another
// body at once.
func (m *maker) post(n note) {
	n.maker = m.index
	m.pool.Post(n)
}

// What a body in the making is counted with in Go's heap: an encoder and its window
// (the largest, brotli's, takes 3 MiB), or a listing before it has read anything.
const (
	processorHeap = 3 << 20
	listingHeap   = 128 << 10
)

// reserve counts n more bytes of Go's heap, or says that there are none. A negative
// n gives bytes back.
func (m *maker) reserve(n int) error {
	if n < 0 {
		m.memory.giveHeap(int64(-n))
		m.heap += int64(n)
		return nil
	}
	if !m.memory.takeHeap(int64(n)) {
		return errNoMemory
	}
	m.heap += int64(n)
	return nil
}

// giveHeap gives back all that is counted.
func (m *maker) giveHeap() {
	m.memory.giveHeap(m.heap)
	m.heap = 0
}

// nextInput waits for the next piece of the file. more is false at its end.
func (m *maker) nextInput() (piece span, more bool, err error) {
	m.pool.Away(func() {
		select {
		case piece, more = <-m.input:
		case <-m.gone:
			err = errGone
		}
	})
	return piece, more, err
}

// await waits for a buffer to fill.
func (m *maker) await() (err error) {
	m.pool.Away(func() {
		select {
		case m.buffer = <-m.space:
			m.n = 0
		case <-m.gone:
			err = errGone
		}
	})
	return err
}

// Write takes a part of the body. It blocks while no buffer is free, because the
// client is slow.
func (m *maker) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if m.buffer == none {
			if err = m.await(); err != nil {
				return n, err
			}
		}
		into := m.arena.Bytes(m.buffer)
		into = into[madeFrom : len(into)-trailerRoom]
		taken := copy(into[m.n:], b[n:])
		m.n += taken
		n += taken
		if m.n == len(into) {
			m.pass()
		}
	}
	return n, nil
}

// pass passes the buffer to the loop.
func (m *maker) pass() {
	m.post(note{kind: bufferFilled, buffer: m.buffer, n: m.n, status: m.status})
	m.buffer = none
}

// trailer is the value of the trailer field that came with the yielded buffer.
func (m *maker) trailer() string { return m.queue[0].trailer }
