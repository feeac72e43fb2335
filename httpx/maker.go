// Bodies that are made while they are sent: folder listings, and what
// processors make of files. This file is the goroutine that makes one;
// made.go is the loop that sends it.
//
//	loop (made.go)                              goroutine (maker.go)
//	ReadFile ─► input ────────────────────────► take ─► processors ─┐
//	Send ◄─ frame ◄─ notes (mailbox, Wake) ◄─── Write ◄─────────────┘
//	  └──────────► space ─────────────────────► Write waits for it
//
// The goroutine never holds up the loop, and a slow client holds up the
// goroutine: it fills one buffer while the other is being sent, then waits.

package httpx

import (
	"aws/backend"
	"aws/httpx/listing"
	"aws/httpx/process"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"golang.org/x/sys/unix"
)

// maker makes one body. Which fields belong to whom changes hands only
// through channels and the mailbox.
type maker struct {
	loop  *loop
	index int32

	// The loop's alone.
	slot    int32    // of the connection, or none when that has gone
	buffers [2]int32 // stream buffers for the body
	holds   int32    // a buffer of input that the goroutine still reads, or none
	queue   [2]note  // filled and not yet sent, the first being sent
	queued  int
	framed  bool // the head says how the body's end is found
	failed  bool // there is no body, and the answer ends when the file is read
	running bool

	// Set by the loop before the goroutine starts.
	listing   *listing.Listing // of folder; or else
	folder    int
	processor process.Processor // what the file's bytes go through
	answer    process.Response
	input     chan span     // the file, piece by piece; closed at its end
	space     chan int32    // buffers to fill
	gone      chan struct{} // closed when nobody wants the body any more

	// The goroutine's.
	buffer int32 // being filled, or none
	n      int   // bytes in it
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
	inputTaken noteKind = iota // the piece of input may be used again
	filled                     // a buffer is full
	made                       // the same, and it was the last; or err says why there is none
)

const (
	// maxMakers bounds a loop's bodies that are being made.
	maxMakers = 64
	// A buffer of a body has room around it for the framing of a chunk (RFC
	// 9112 §7.1) and for the last chunk with a trailer field.
	chunkRoom       = 8
	maxTrailerField = 512
	madeFrom        = headRoom + chunkRoom
	madeSize        = StreamSize - chunkRoom - 2*maxTrailerField
)

var errGone = errors.New("the client has gone")

// mailbox brings notes from the goroutines to the loop.
type mailbox struct {
	mu    sync.Mutex
	notes []note
	spare []note
}

// post leaves a note and wakes the loop. The last note ends the maker: the
// loop may use it for another body at once.
func (m *maker) post(n note) {
	n.maker = m.index
	l := m.loop
	box := &l.mailbox
	box.mu.Lock()
	box.notes = append(box.notes, n)
	first := len(box.notes) == 1
	box.mu.Unlock()
	if first {
		_ = l.engine.Wake()
	}
}

// collect returns the notes that have come. They are good until the next call.
func (box *mailbox) collect() []note {
	box.mu.Lock()
	defer box.mu.Unlock()
	notes := box.notes
	box.notes, box.spare = box.spare[:0], notes
	return notes
}

// run makes the body. It is the goroutine, and always ends with one note of
// kind made.
func (m *maker) run() {
	defer m.loop.making.Done()
	m.loop.server.crew <- struct{}{}
	trailer, err := m.make()
	if err == nil && m.buffer == backend.None {
		err = m.await()
	}
	<-m.loop.server.crew
	if err == nil && len(trailer) > maxTrailerField {
		err = errors.New("the trailer field is too long")
	}
	m.post(note{kind: made, buffer: m.buffer, n: m.n, trailer: trailer, err: err})
}

// make makes the body. A processor that panics spoils the one answer that it
// works on.
func (m *maker) make() (trailer string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if m.listing != nil {
		folder := os.NewFile(uintptr(m.folder), m.listing.Path)
		defer folder.Close()
		return "", m.listing.Write(m, folder)
	}
	w, err := m.processor.Open(&m.answer, m)
	if err != nil {
		return "", err
	}
	if err = m.copy(w); err != nil {
		_ = w.Close()
		return "", err
	}
	if err = w.Close(); err == nil && m.answer.Trailer != "" {
		if t, ok := w.(process.Trailing); ok {
			trailer = t.Trailer()
		}
	}
	return trailer, err
}

// copy writes the file to w.
func (m *maker) copy(w io.Writer) error {
	for {
		piece, more, err := m.take()
		if !more || err != nil {
			return err
		}
		_, err = w.Write(m.loop.streams.Bytes(piece.buffer)[piece.from:piece.to])
		if err != nil {
			return err
		}
		m.post(note{kind: inputTaken})
	}
}

// take waits for the next piece of input.
func (m *maker) take() (piece span, more bool, err error) {
	<-m.loop.server.crew
	defer func() { m.loop.server.crew <- struct{}{} }()
	select {
	case piece, more = <-m.input:
		return piece, more, nil
	case <-m.gone:
		return piece, false, errGone
	}
}

// await waits for a buffer to fill.
func (m *maker) await() error {
	<-m.loop.server.crew
	defer func() { m.loop.server.crew <- struct{}{} }()
	select {
	case m.buffer = <-m.space:
		m.n = 0
		return nil
	case <-m.gone:
		return errGone
	}
}

// Write takes a part of the body, and blocks while the client is slow.
func (m *maker) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if m.buffer == backend.None {
			if err = m.await(); err != nil {
				return n, err
			}
		}
		taken := copy(m.loop.streams.Bytes(m.buffer)[madeFrom+m.n:madeFrom+madeSize], b[n:])
		m.n += taken
		n += taken
		if m.n == madeSize {
			m.post(note{kind: filled, buffer: m.buffer, n: m.n})
			m.buffer = backend.None
		}
	}
	return n, nil
}

// newMaker reserves a maker with its buffers, or returns nil where there is
// no room for another.
func (l *loop) newMaker(c *conn) *maker {
	if c.has(headOnly) || len(l.freeMakers) == 0 || l.streams.Free() < l.readAhead+len(maker{}.buffers) {
		return nil
	}
	n := len(l.freeMakers) - 1
	m := &l.makers[l.freeMakers[n]]
	*m = maker{loop: l, index: l.freeMakers[n], slot: c.slot(), holds: backend.None, folder: -1, buffer: backend.None}
	l.freeMakers = l.freeMakers[:n]
	for i := range m.buffers {
		m.buffers[i] = l.streams.Take()
	}
	return m
}

// start starts the goroutine.
func (m *maker) start() {
	m.input = make(chan span, 1)
	m.space = make(chan int32, len(m.buffers))
	m.gone = make(chan struct{})
	for _, b := range m.buffers {
		m.space <- b
	}
	m.running = true
	m.loop.making.Add(1)
	go m.run()
}

// release gives back all that a maker holds whose goroutine has ended, or was
// never started.
func (m *maker) release() {
	backend.Assert(!m.running, "httpx: release of a maker that runs")
	for _, b := range m.buffers {
		m.loop.giveStreamBuffer(b)
	}
	if m.holds != backend.None {
		m.loop.giveStreamBuffer(m.holds)
	}
	if m.folder >= 0 && m.space == nil { // never started, so the folder is still ours
		_ = unix.Close(m.folder)
	}
	m.loop.freeMakers = append(m.loop.freeMakers, m.index)
}
