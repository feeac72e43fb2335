// Chains: several processors as one.
//
//	file's bytes ► first writer ► second writer ► … ► w

package process

import (
	"errors"
	"io"

	"aws/backend"
)

// chain is a processor made of others: the body that one makes is the file of
// the next. Its members are not chains, because all chains use Response.part.
type chain []Processor

// maxChain is the number of bits of Response.part.
const maxChain = 64

// Chain returns a processor that applies all of these, at most 64, in this order.
// A digest comes after compression, since it is of the coded bytes.
func Chain(processors ...Processor) Processor {
	c := make(chain, 0, len(processors))
	for _, p := range processors {
		if inner, ok := p.(chain); ok {
			c = append(c, inner...)
		} else {
			c = append(c, p)
		}
	}
	backend.Assert(len(c) <= maxChain, "process: a chain of too many processors")
	return c
}

// Prepare prepares all members, and notes which of them take part.
func (c chain) Prepare(r *Response) bool {
	r.part = 0
	for i, p := range c {
		if p.Prepare(r) {
			r.part |= 1 << i
		}
	}
	return r.part != 0
}

// Open opens the members that take part, from the last, which writes to w, to
// the first, which takes the file.
func (c chain) Open(r *Response, w io.Writer) (io.WriteCloser, error) {
	var p pipe
	for i := len(c) - 1; i >= 0; i-- {
		if r.part&(1<<i) == 0 {
			continue
		}
		next, err := c[i].Open(r, w)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p, w = append(p, next), next
	}
	return p, nil
}

// pipe is the writer of a chain: the members' writers, from the one that writes
// to the client to the one that takes the file.
type pipe []io.WriteCloser

// Write gives bytes of the file to the first member's writer.
func (p pipe) Write(b []byte) (int, error) { return p[len(p)-1].Write(b) }

// Close closes all writers, each before the one that it writes to, even after an
// error.
func (p pipe) Close() error {
	var errs []error
	for i := len(p) - 1; i >= 0; i-- {
		errs = append(errs, p[i].Close())
	}
	return errors.Join(errs...)
}

// Trailer returns the value of the only member that has one: a processor that
// finds Response.Trailer set takes no part.
func (p pipe) Trailer() string {
	for _, w := range p {
		if t, ok := w.(TrailerWriter); ok {
			return t.Trailer()
		}
	}
	return ""
}
