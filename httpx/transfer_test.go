package httpx

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// oddReads is an engine with reads that end anywhere.
type oddReads struct{ *simio.Engine }

func endReadsAnywhere(e *simio.Engine) backend.Backend { return oddReads{e} }

func (r oddReads) Next() (backend.Completion, bool) {
	c, ok := r.Engine.Next()
	if c.Op == backend.OpReadFile && c.N > 2*backend.Align {
		c.N -= 1234
	}
	return c, ok
}

// sendFileRefuser is an engine on a file system without sendfile(2): the call fails
// with EINVAL. Before that, the head may have been sent alone, or a part of the
// file, so that reading starts anywhere.
type sendFileRefuser struct {
	*simio.Engine
	headFirst bool
	allowed   int             // calls still let through
	refused   []backend.Token // completions to come
}

func refuseSendFile(e *simio.Engine) backend.Backend {
	return &sendFileRefuser{Engine: e}
}

func refuseSendFileAfterHead(e *simio.Engine) backend.Backend {
	return &sendFileRefuser{Engine: e, headFirst: true}
}

func refuseSendFileLater(e *simio.Engine) backend.Backend {
	return &sendFileRefuser{Engine: e, allowed: 2}
}

func (r *sendFileRefuser) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	switch {
	case r.allowed > 0:
		r.allowed--
		r.Engine.SendFile(t, head, f, off, n)
	case len(head) > 0 && r.headFirst:
		r.Send(t, head)
	default:
		r.refused = append(r.refused, t)
	}
}

func (r *sendFileRefuser) Wait(timeout time.Duration) error {
	if len(r.refused) > 0 {
		timeout = 0
	}
	return r.Engine.Wait(timeout)
}

func (r *sendFileRefuser) Next() (backend.Completion, bool) {
	if len(r.refused) == 0 {
		return r.Engine.Next()
	}
	t := r.refused[0]
	r.refused = r.refused[1:]
	return backend.Completion{Token: t, Op: backend.OpSendFile, N: -int(unix.EINVAL)}, true
}

// transferSetups are the ways of a file to the client.
var transferSetups = []struct {
	name, mount string
	setup       setup
}{
	{"static", "/static", setup{}},
	{"dynamic", "/dynamic", setup{}},
	{"static without sendfile", "/static", setup{wrap: refuseSendFile}},
	{"static without sendfile after the head", "/static", setup{wrap: refuseSendFileAfterHead}},
	{"static without sendfile any more", "/static", setup{wrap: refuseSendFileLater}},
	{"dynamic with odd reads", "/dynamic", setup{wrap: endReadsAnywhere}},
}

// eachTransfer calls f for each way, with a harness and the path of a large file, in
// the URL and on disk.
func eachTransfer(t *testing.T, f func(t *testing.T, h *harness, url, file string)) {
	for _, s := range transferSetups {
		t.Run(s.name, func(t *testing.T) {
			s.setup.root = httpxtest.Tree(t, connFiles)
			h := s.setup.open(t)
			f(t, h, s.mount+"/large", s.setup.root+s.mount+"/large")
			h.end()
		})
	}
}

// A file arrives whole, and another one after it.
func TestFileArrivesWhole(t *testing.T) {
	eachTransfer(t, func(t *testing.T, h *harness, url, _ string) {
		c := h.dial(get(url) + get(url))
		got := h.responses(c, 2)
		for _, a := range got {
			if a.status != 200 || !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
				t.Errorf("status %d with %d bytes", a.status, len(a.body))
			}
		}
	})
}

// If a file shrinks while it is sent, the connection ends early: the client was
// promised more, and gets no byte of anything else.
func TestShrunkFileEndsConnection(t *testing.T) {
	for _, size := range []int64{0, 1, 4096, 200000, largeSize - 1} {
		eachTransfer(t, func(t *testing.T, h *harness, url, file string) {
			c := h.stuck(get(url))
			if err := os.Truncate(file, size); err != nil {
				t.Fatal(err)
			}
			c.pace = everything
			h.until("the end", func() bool { return c.err != nil })
			_, body, _ := bytes.Cut(c.got, []byte("\r\n\r\n"))
			if !isPrefix(body, httpxtest.Content("large", largeSize)) || len(body) >= largeSize || c.err != io.EOF {
				t.Errorf("cut to %d: %d bytes, %v", size, len(body), c.err)
			}
			if next := h.response(h.dial(get(url))); len(next.body) != int(size) {
				t.Errorf("cut to %d: the next response has %d bytes", size, len(next.body))
			}
		})
	}
}

// A file that grows while it is sent is as long as was promised.
func TestGrownFileKeepsLength(t *testing.T) {
	eachTransfer(t, func(t *testing.T, h *harness, url, file string) {
		c := h.stuck(get(url))
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = f.Write(httpxtest.Content("large", 2*largeSize)[largeSize:]); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		c.pace = everything
		if a := h.response(c); !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
			t.Errorf("%d bytes", len(a.body))
		}
		c.send(get(url))
		if next := h.responses(c, 2)[1]; !bytes.Equal(next.body, httpxtest.Content("large", 2*largeSize)) {
			t.Errorf("%d bytes in the next response", len(next.body))
		}
	})
}

// A file that is replaced or deleted while it is sent is sent to its end as it was.
func TestReplacedFileIsSentAsItWas(t *testing.T) {
	eachTransfer(t, func(t *testing.T, h *harness, url, file string) {
		c := h.stuck(get(url))
		httpxtest.Write(t, file+"~", httpxtest.Content("second", largeSize))
		rename(t, file+"~", file)
		second := h.response(h.dial(get(url)))
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		third := h.response(h.dial(get(url)))
		c.pace = everything
		if a := h.response(c); !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
			t.Errorf("the first response has %d bytes", len(a.body))
		}
		if !bytes.Equal(second.body, httpxtest.Content("second", largeSize)) || third.status != 404 {
			t.Errorf("the second response has %d bytes, the third is %d", len(second.body), third.status)
		}
	})
}

// A file that cannot be read is a 500, if no response has begun.
func TestUnreadableFileIs500(t *testing.T) {
	for _, c := range []struct {
		name string
		wrap func(*simio.Engine) backend.Backend
		path string
	}{
		{"dynamic", nil, "/dynamic/large"},
		{"static without sendfile", refuseSendFile, "/static/large"},
	} {
		s := setup{root: httpxtest.Tree(t, connFiles), wrap: c.wrap}
		s.trouble.FailRead = 1
		h := s.open(t)
		if a := h.response(h.dial(get(c.path))); a.status != 500 || !a.close {
			t.Errorf("%s: status %d, close %v", c.name, a.status, a.close)
		}
		h.end()
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
