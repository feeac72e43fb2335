package process

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"aws/httpx/httpxtest"
)

// process sends data through a processor that has prepared r, in pieces of
// the sizes given, over and over. It returns the body and the trailer.
func process(t testing.TB, p Processor, r *Response, data []byte, pieces ...int) (body []byte, trailer string) {
	t.Helper()
	var out bytes.Buffer
	w, err := p.Open(r, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writePieces(w, data, pieces...), w.Close()); err != nil {
		t.Fatal(err)
	}
	if r.Trailer != "" {
		trailer = w.(TrailerWriter).Trailer()
	}
	return out.Bytes(), trailer
}

// writePieces writes data in pieces of these sizes. It clears each piece once it
// has been written: a writer must not keep it.
func writePieces(w io.Writer, data []byte, pieces ...int) error {
	var piece []byte
	for i := 0; len(data) > 0; i++ {
		n := min(pieces[i%len(pieces)], len(data))
		piece = append(piece[:0], data[:n]...)
		m, err := w.Write(piece)
		if err != nil {
			return err
		}
		if m != n {
			return io.ErrShortWrite
		}
		clear(piece)
		data = data[n:]
	}
	return nil
}

// accepts returns the Accept of a client that prefers none of these codings.
func accepts(taken ...string) func(...string) string {
	return func(codings ...string) string {
		for _, coding := range codings {
			if slices.Contains(taken, coding) {
				return coding
			}
		}
		return ""
	}
}

var errDeparted = errors.New("the client has gone")

// failing takes a number of bytes, then fails every time.
type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	f.left -= n
	if n < len(b) {
		return n, errDeparted
	}
	return n, nil
}

func TestPrepareDoesNotAllocate(t *testing.T) {
	if httpxtest.RaceEnabled {
		t.Skip("the race detector allocates")
	}
	c, err := NewCompressor("zstd", "gzip")
	if err != nil {
		t.Fatal(err)
	}
	p := Chain(c, NewDigester())
	request := Response{Path: "/a.txt", Type: "text/plain; charset=utf-8", Size: 2000, Accept: accepts("gzip"), Trailers: true}
	r := new(Response)
	if n := testing.AllocsPerRun(100, func() {
		*r = request
		if !p.Prepare(r) {
			t.Fatal("not to be processed")
		}
	}); n != 0 {
		t.Errorf("Prepare allocates %v times", n)
	}
}
