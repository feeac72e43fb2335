// Processors: what changes the bytes of a /dynamic file between the
// asynchronous read and the send.
//
//	dynamic.go ReadFile ─► Processor.Open's writer ─► w ─► dynamic.go Send
//
// A processor may take its time, so its writer runs on a goroutine of the
// answer's own. The loop neither waits for it nor shares anything with it but
// the blocks they hand each other.

package process

import (
	"errors"
	"io"

	"aws/backend"
)

// Response is what a processor is told of an answer, and what it says of it.
// Only an answer with the whole file is processed: what a range means is said
// of the bytes as they are sent (RFC 9110 §14.2), which nobody knows before.
type Response struct {
	Path string // of the file, clean, as in the URL
	Type string // media type of the file, with parameters
	Size int64  // bytes of the file

	// Accept returns the one of these content codings, in the server's order
	// of preference, that the client wants most, or "" if it would rather have
	// none of them (RFC 9110 §12.5.3). It may be called in Prepare only.
	Accept func(codings ...string) string

	// Trailers says that the client takes trailer fields: it speaks HTTP/1.1
	// and sent "TE: trailers" (RFC 9110 §10.1.4).
	Trailers bool

	// Prepare sets what follows. In a chain it may have been set by those
	// before. The size is known at the end: unless that comes within the first
	// block, an answer is chunked, or ends with the connection for a client of
	// HTTP/1.0.

	Coding  string // Content-Encoding, "" for none
	Suffix  string // added to the ETag, which becomes weak; "" where the bytes stay the same
	Vary    string // the request field that Prepare went by, "" for none
	Trailer string // the trailer field that the writer has a value for, "" for none

	// Required says that no answer is better than one that is not processed.
	// Otherwise the file goes as it is while as many bodies are being made as
	// there is room for.
	Required bool

	part uint64 // the processors of a chain that take part: bit i for the i-th
}

// AppendTag appends the file's entity tag with the suffix of what processors
// have changed. The tag is weak then: another release of an encoder may make
// other bytes of the same file.
func (a *Response) AppendTag(b, tag []byte) []byte {
	if a.Suffix == "" {
		return append(b, tag...)
	}
	b = append(b, "W/"...)
	b = append(b, tag[:len(tag)-1]...)
	b = append(b, '-')
	b = append(b, a.Suffix...)
	return append(b, '"')
}

// Processor changes the bodies of answers. One serves all loops at once, so
// what it holds is constant or made for sharing.
type Processor interface {
	// Prepare decides whether the answer is to be processed. If not, it leaves
	// all fields as they are but Vary, which also holds for the answers that a
	// request field has kept from being processed. It runs on the loop's
	// thread: it neither waits nor allocates. HEAD is prepared as GET is, so
	// that it gets the same fields, and not opened.
	Prepare(a *Response) bool

	// Open returns the writer that takes the bytes of the file in order, in
	// pieces of any size, and writes the body to w. It runs, as the writer
	// does, on the answer's goroutine. A write to w waits while the client is
	// slow; it may be of any size, since w gathers small ones.
	//
	// The writer keeps nothing of what it was given. Close writes what is left
	// and gives back what the writer holds; it does not close w. It is called
	// once in any case, also behind an error, and nothing is called behind it
	// but Trailer.
	//
	// After an error, of Open too, the answer never looks whole to the client:
	// it is refused, if it has not begun, or else the connection is cut
	// (RFC 9112 §8). An answer that is given up has w fail, then is closed.
	Open(a *Response, w io.Writer) (io.WriteCloser, error)
}

// Trailing is a writer of a Processor that has set Answer.Trailer.
type Trailing interface {
	// Trailer returns the value of the trailer field, once Close has succeeded.
	Trailer() string
}

// chain is a processor made of others: the body of one is the file of the
// next. Its members are not chains, for they share Answer.part.
type chain []Processor

// maxChain is the number of bits of Answer.part.
const maxChain = 64

// Chain returns a processor that does what all of these do, in this order:
// compression before a digest, since that is of the coded bytes.
func Chain(processors ...Processor) Processor {
	c := make(chain, 0, len(processors))
	for _, p := range processors {
		if inner, ok := p.(chain); ok {
			c = append(c, inner...)
		} else {
			c = append(c, p)
		}
	}
	backend.Assert(len(c) <= maxChain, "httpx: a chain of too many processors")
	return c
}

func (c chain) Prepare(a *Response) bool {
	a.part = 0
	for i, p := range c {
		if p.Prepare(a) {
			a.part |= 1 << i
		}
	}
	return a.part != 0
}

// Open opens those that take part, from the last, which writes to w, to the
// first, which takes the file.
func (c chain) Open(a *Response, w io.Writer) (io.WriteCloser, error) {
	var p pipe
	for i := len(c) - 1; i >= 0; i-- {
		if a.part&(1<<i) == 0 {
			continue
		}
		next, err := c[i].Open(a, w)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p, w = append(p, next), next
	}
	return p, nil
}

// pipe is the writer of a chain: its members' writers, from the one that
// writes to the client to the one that takes the file.
type pipe []io.WriteCloser

func (p pipe) Write(b []byte) (int, error) { return p[len(p)-1].Write(b) }

// Close closes all, each before the one it writes to.
func (p pipe) Close() error {
	var errs []error
	for i := len(p) - 1; i >= 0; i-- {
		errs = append(errs, p[i].Close())
	}
	return errors.Join(errs...)
}

// Trailer is that of the one member which has one: a processor that finds
// Answer.Trailer set takes no part.
func (p pipe) Trailer() string {
	for _, w := range p {
		if t, ok := w.(Trailing); ok {
			return t.Trailer()
		}
	}
	return ""
}
