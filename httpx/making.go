// What the goroutine does that makes a body: maker.go is what it works with.
//
//	          ┌ list      the listing of a folder
//	          ├ pack      the archive of a folder
//	run ► make├ unpack    a sidecar
//	          ├ copy      a file through processors
//	          └ visit.go  a page of a program's

package httpx

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"aws/backend/kernel"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/process"
)

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
	m.post(note{kind: bodyMade, buffer: m.buffer, n: m.n, status: m.status, trailer: trailer, err: err})
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
	case m.page != nil:
		return "", m.page.Make(visit{m})
	case m.archive != nil:
		return "", m.pack()
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
	defer func() { _ = kernel.CloseFD(m.folder) }()
	if m.remote {
		m.listing.Abroad = m.pool.Abroad
	}
	return m.listing.Write(w, m.folder)
}

// pack writes the archive of the folder. All that it asks of file systems may wait
// for ever: there may be others below the folder.
func (m *maker) pack() error {
	if err := kernel.CloseFD(m.folder); err != nil { // the archive opens it by its path
		return err
	}
	m.archive.Abroad = m.pool.Abroad
	return m.archive.Write(m)
}

// working tells the loop that the archive gets on, and the archive whether the client
// has gone.
func (m *maker) working() error {
	select {
	case <-m.gone:
		return errGone
	default:
		m.post(note{kind: atWork})
		return nil
	}
}

// leftOut tells the operator what is not in the archive.
func (m *maker) leftOut(err error) { m.post(note{kind: leftOut, err: err}) }

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
