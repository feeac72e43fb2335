// Bodies that are made while they are sent: folder listings, and what goes
// through processors. This file is the goroutine that makes one, and made.go is
// the loop that sends it.
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
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/listing"
	"aws/httpx/message"
	"aws/httpx/offload"
	"aws/httpx/process"
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

	heap int64 // bytes of Go's heap counted for it: the goroutine's alone while it runs
}

// note is what a goroutine tells the loop.
type note struct {
	maker   int32
	kind    noteKind
	buffer  int32 // filled
	n       int   // bytes in it
	trailer string
	err     error
}

type noteKind uint8

const (
	inputTaken   noteKind = iota // the input has been read, and its buffer is free
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

// run is the goroutine. It always ends with one note of kind bodyMade.
func (m *maker) run() {
	trailer, err := m.make()
	m.giveHeap()
	if err == nil && m.buffer == none {
		err = m.await()
	}
	if err == nil && len(trailer) > maxTrailerField {
		err = errors.New("the trailer field is too long")
	}
	m.post(note{kind: bodyMade, buffer: m.buffer, n: m.n, trailer: trailer, err: err})
}

// make makes the body. A processor that panics spoils only this response. The
// writer of one is left to the garbage collector if the goroutine ends while it is
// abroad.
func (m *maker) make() (trailer string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	switch {
	case m.pseudo:
		return "", files.ReadPseudo(m.folder, m, m.pool.Abroad)
	case m.packed != message.CodingIdentity:
		return "", m.unpack()
	case m.processor == nil: // so it is a listing
		return "", m.list(m)
	}
	w, err := m.processor.Open(&m.processed, m)
	if err != nil {
		return "", err
	}
	if m.listing != nil {
		err = m.list(w)
	} else {
		err = m.copy(w)
	}
	if err != nil {
		_ = w.Close()
		return "", err
	}
	if err = w.Close(); err == nil && m.processed.Trailer != "" {
		if t, ok := w.(process.TrailerWriter); ok {
			trailer = t.Trailer()
		}
	}
	return trailer, err
}

// list writes the listing of the folder to w.
func (m *maker) list(w io.Writer) error {
	folder := os.NewFile(uintptr(m.folder), m.listing.Path)
	defer folder.Close()
	if m.remote {
		m.listing.Abroad = m.pool.Abroad
	}
	return m.listing.Write(w, folder)
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

// copy writes the file to w.
func (m *maker) copy(w io.Writer) error {
	for {
		piece, more, err := m.nextInput()
		if !more || err != nil {
			return err
		}
		_, err = w.Write(m.arena.Bytes(piece.buffer)[piece.from:piece.to])
		if err != nil {
			return err
		}
		m.post(note{kind: inputTaken})
	}
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
			m.post(note{kind: bufferFilled, buffer: m.buffer, n: m.n})
			m.buffer = none
		}
	}
	return n, nil
}

// trailer is the value of the trailer field that came with the yielded buffer.
func (m *maker) trailer() string { return m.queue[0].trailer }

// unpack writes the plain bytes of the file.
func (m *maker) unpack() error {
	err := process.Unpack(m.packed.String(), m, &pieces{maker: m})
	if err != nil {
		return fmt.Errorf("%s: %w", m.processed.Path, err)
	}
	return nil
}

// pieces read the file that a maker is given, piece by piece.
type pieces struct {
	maker *maker
	piece span // of which the rest is to be read
	has   bool // a piece that is not given back
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (n int, err error) {
	for p.piece.len() == 0 {
		if p.has {
			p.has = false
			p.maker.post(note{kind: inputTaken})
		}
		piece, more, err := p.maker.nextInput()
		if err != nil {
			return 0, err
		}
		if !more {
			return 0, io.EOF
		}
		p.piece, p.has = piece, true
	}
	n = copy(b, p.maker.arena.Bytes(p.piece.buffer)[p.piece.from:p.piece.to])
	p.piece.from += int32(n)
	return n, nil
}
