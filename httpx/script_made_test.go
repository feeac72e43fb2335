// Scripted exchanges whose bodies are made: files that go through a processor,
// and listings of folders. A host of their own serves them.

package httpx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"aws/httpx/process"
)

// madeHost is the host that serves made bodies.
const madeHost = "made"

// serveMade adds that host to a server, with the same root.
func serveMade(c *Config) {
	made := c.Sites[0]
	made.Hosts, made.Autoindex, made.Processors = []string{madeHost}, true, []process.Processor{doubler{}}
	c.Sites = append(c.Sites[:1:1], made)
}

// doubler is a processor that writes every byte twice. It leaves listings and one
// file alone, cannot open another, and panics over a third.
type doubler struct{}

const (
	aloneFile = "/dynamic/page-1"
	noFile    = "/dynamic/page+1"
	panicFile = "/dynamic/3.txt"
)

func (doubler) Prepare(p *process.Response) bool {
	p.Vary = "X-Any"
	if p.Path == aloneFile || p.Size < 0 {
		return false
	}
	p.Suffix = "x2"
	if p.Trailers {
		p.Trailer = "X-Seen"
	}
	return true
}

func (doubler) Open(p *process.Response, w io.Writer) (io.WriteCloser, error) {
	if p.Path == noFile {
		return nil, errors.New("no")
	}
	return &doubling{path: p.Path, w: w}, nil
}

type doubling struct {
	path string
	w    io.Writer
	seen int
}

func (d *doubling) Write(b []byte) (int, error) {
	if d.path == panicFile {
		panic("at a loss")
	}
	d.seen += len(b)
	_, err := d.w.Write(double(b))
	return len(b), err
}

func (d *doubling) Close() error    { return nil }
func (d *doubling) Trailer() string { return fmt.Sprint(d.seen) }

func double(b []byte) []byte {
	twice := make([]byte, 0, 2*len(b))
	for _, c := range b {
		twice = append(twice, c, c)
	}
	return twice
}

// madeExchange asks for a body that is made.
func madeExchange(r *rand.Rand) scripted {
	old := r.IntN(6) == 0
	tail := " HTTP/1.1\r\nHost: " + madeHost + "\r\n"
	if old {
		tail = " HTTP/1.0\r\nConnection: keep-alive\r\nHost: " + madeHost + "\r\n"
	}
	tail += pick(r, "", "TE: trailers\r\n", "Accept: application/json\r\n") + pick(r, "\r\n", "\r\n", "Content-Length: 5\r\n\r\nhello")
	if r.IntN(3) == 0 {
		e := scripted{method: pick(r, "GET", "GET", "HEAD"), status: 200}
		path := pick(r, "/static/", "/dynamic/", "/static/?sort=size")
		e.request = e.method + " " + path + tail
		e.lists, e.last = e.method == "GET", old && e.method == "GET"
		return e
	}
	e := fileExchange(r, tail)
	path := pathIn(e.request)
	switch {
	case e.method != "GET" || path == aloneFile || strings.Contains(e.request, "://"):
	case path == noFile || path == panicFile:
		e.status, e.body, e.last = 500, nil, true
	default:
		e.body, e.last = double(e.body), old
	}
	return e
}

// pathIn is the path of the file that a request of fileExchange asks for.
func pathIn(request string) string {
	tree := "/static/"
	_, name, found := strings.Cut(request, tree)
	if !found {
		tree = "/dynamic/"
		_, name, _ = strings.Cut(request, tree)
	}
	name, _, _ = strings.Cut(name, " ")
	name, _, _ = strings.Cut(name, "?")
	return tree + name
}

// namesAll says that a body names all files of the scripts.
func namesAll(body []byte) bool {
	for _, f := range scriptFiles {
		if !bytes.Contains(body, []byte(f.name)) {
			return false
		}
	}
	return true
}
