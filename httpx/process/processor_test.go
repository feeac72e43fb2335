package process

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"aws/httpx/httpxtest"
)

// process sends data through a processor that has prepared a, in pieces of
// the sizes given, over and over. It returns the body and the trailer.
func process(t testing.TB, p Processor, a *Response, data []byte, pieces ...int) (body []byte, trailer string) {
	t.Helper()
	var out bytes.Buffer
	w, err := p.Open(a, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writePieces(w, data, pieces...), w.Close()); err != nil {
		t.Fatal(err)
	}
	if a.Trailer != "" {
		trailer = w.(Trailing).Trailer()
	}
	return out.Bytes(), trailer
}

// writePieces writes data in pieces of these sizes. It changes each piece when
// it has been written: a writer keeps nothing of it.
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

// accepts is the Accept of a client that takes these codings alike.
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

// failing takes a number of bytes, then fails for good.
type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	f.left -= n
	if n < len(b) {
		return n, errDeparted
	}
	return n, nil
}

// tag is a processor that puts its name in front of the body and behind it.
// It takes no part where the path says so.
type tag struct {
	name    string
	openErr error
	closed  *[]string // the order in which the writers were closed
}

func (p tag) Prepare(a *Response) bool {
	if strings.Contains(a.Path, "-"+p.name) {
		return false
	}
	a.Suffix += "+" + p.name
	return true
}

func (p tag) Open(_ *Response, w io.Writer) (io.WriteCloser, error) {
	if p.openErr != nil {
		return nil, p.openErr
	}
	_, err := io.WriteString(w, p.name+"(")
	return &tagging{p, w}, err
}

type tagging struct {
	tag
	w io.Writer
}

func (t *tagging) Write(b []byte) (int, error) { return t.w.Write(b) }

func (t *tagging) Close() error {
	*t.closed = append(*t.closed, t.name)
	_, err := io.WriteString(t.w, ")")
	return err
}

func TestChain(t *testing.T) {
	var closed []string
	a, b, c := tag{"a", nil, &closed}, tag{"b", nil, &closed}, tag{"c", nil, &closed}
	for _, test := range []struct {
		chain        Processor
		path         string
		body, suffix string // "" where nothing takes part
		closed       string
	}{
		{Chain(), "/f", "", "", ""},
		{Chain(a), "/f", "a(f)", "+a", "a"},
		{Chain(a), "/f-a", "", "", ""},
		{Chain(a, b, c), "/f", "c(b(a(f)))", "+a+b+c", "a b c"},
		{Chain(a, b, c), "/f-b", "c(a(f))", "+a+c", "a c"},
		{Chain(a, b, c), "/f-a-c", "b(f)", "+b", "b"},
		{Chain(a, b, c), "/f-a-b-c", "", "", ""},
		{Chain(Chain(a, b), c), "/f-a", "c(b(f))", "+b+c", "b c"},
		{Chain(a, Chain(b, c)), "/f-b", "c(a(f))", "+a+c", "a c"},
	} {
		closed = nil
		answer := &Response{Path: test.path}
		if test.chain.Prepare(answer) != (test.body != "") || answer.Suffix != test.suffix {
			t.Errorf("%v %s: Prepare gave suffix %q, want %q", test.chain, test.path, answer.Suffix, test.suffix)
		} else if test.body != "" {
			body, _ := process(t, test.chain, answer, []byte("f"), 1)
			if string(body) != test.body || strings.Join(closed, " ") != test.closed {
				t.Errorf("%v %s: body %s, closed %v, want %s, %s", test.chain, test.path, body, closed, test.body, test.closed)
			}
		}
	}
}

// An Answer is prepared again for each request: what an earlier one left of
// the chain's does not count.
func TestChainPreparesAgain(t *testing.T) {
	var closed []string
	p := Chain(tag{"a", nil, &closed}, tag{"b", nil, &closed})
	answer := &Response{Path: "/f"}
	p.Prepare(answer)
	if answer.Path = "/f-a-b"; p.Prepare(answer) {
		t.Error("a processor of the request before takes part")
	}
}

func TestChainOpenFails(t *testing.T) {
	var closed []string
	bad := tag{"bad", errors.New("no memory"), &closed}
	p := Chain(tag{"a", nil, &closed}, bad, tag{"b", nil, &closed}, tag{"c", nil, &closed})
	answer := &Response{Path: "/f"}
	p.Prepare(answer)
	if _, err := p.Open(answer, io.Discard); !errors.Is(err, bad.openErr) {
		t.Errorf("Open: %v, want %v", err, bad.openErr)
	}
	if got := strings.Join(closed, " "); got != "b c" {
		t.Errorf("closed %q, want those that were open, %q", got, "b c")
	}
}

// Every member is closed, whatever becomes of the others.
func TestChainCloseFails(t *testing.T) {
	var closed []string
	p := Chain(tag{"a", nil, &closed}, tag{"b", nil, &closed})
	answer := &Response{Path: "/f"}
	p.Prepare(answer)
	w, err := p.Open(answer, &failing{left: len("b(a(")})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, errDeparted) {
		t.Errorf("Close: %v, want %v", err, errDeparted)
	}
	if got := strings.Join(closed, " "); got != "a b" {
		t.Errorf("closed %q, want %q", got, "a b")
	}
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
	request := Response{Path: "/a.txt", Type: "text/plain; charset=utf-8", Size: 1000, Accept: accepts("gzip"), Trailers: true}
	a := new(Response)
	if n := testing.AllocsPerRun(100, func() {
		*a = request
		if !p.Prepare(a) {
			t.Fatal("not to be processed")
		}
	}); n != 0 {
		t.Errorf("Prepare allocates %v times", n)
	}
}
