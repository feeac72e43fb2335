package process

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// tag is a processor that makes "body" into "name(body)". A path with "-name" in
// it is not for it.
type tag struct {
	name    string
	openErr error
	closed  *[]string // the order in which the writers were closed
}

func (p tag) Prepare(r *Response) bool {
	if strings.Contains(r.Path, "-"+p.name) {
		return false
	}
	r.Suffix += "+" + p.name
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

func TestChainAppliesThoseThatTakePart(t *testing.T) {
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
		response := &Response{Path: test.path}
		if test.chain.Prepare(response) != (test.body != "") || response.Suffix != test.suffix {
			t.Errorf("%v %s: Prepare gave suffix %q, want %q", test.chain, test.path, response.Suffix, test.suffix)
		} else if test.body != "" {
			body, _ := process(t, test.chain, response, []byte("f"), 1)
			if string(body) != test.body || strings.Join(closed, " ") != test.closed {
				t.Errorf("%v %s: body %s, closed %v, want %s, %s", test.chain, test.path, body, closed, test.body, test.closed)
			}
		}
	}
}

// A Response is used again for each request: the chain forgets which members
// took part before.
func TestChainPreparesAResponseAgain(t *testing.T) {
	var closed []string
	p := Chain(tag{"a", nil, &closed}, tag{"b", nil, &closed})
	response := &Response{Path: "/f"}
	p.Prepare(response)
	if response.Path = "/f-a-b"; p.Prepare(response) {
		t.Error("a processor of the request before takes part")
	}
}

// If a member cannot open, those that have opened are closed.
func TestChainClosesAfterAFailedOpen(t *testing.T) {
	var closed []string
	bad := tag{"bad", errors.New("no memory"), &closed}
	p := Chain(tag{"a", nil, &closed}, bad, tag{"b", nil, &closed}, tag{"c", nil, &closed})
	response := &Response{Path: "/f"}
	p.Prepare(response)
	if _, err := p.Open(response, io.Discard); !errors.Is(err, bad.openErr) {
		t.Errorf("Open: %v, want %v", err, bad.openErr)
	}
	if got := strings.Join(closed, " "); got != "b c" {
		t.Errorf("closed %q, want those that were open, %q", got, "b c")
	}
}

// Every member is closed, even if closing another fails.
func TestChainClosesAllMembers(t *testing.T) {
	var closed []string
	p := Chain(tag{"a", nil, &closed}, tag{"b", nil, &closed})
	response := &Response{Path: "/f"}
	p.Prepare(response)
	w, err := p.Open(response, &failing{left: len("b(a(")})
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
