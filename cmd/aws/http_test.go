package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aws/backend/backendtest/children"
)

func TestHeaderFields(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		c := s.dial(t)
		for _, tree := range trees {
			c.send(get(tree + small))
			h := c.file(small).Header
			if got, want := h.Get("Content-Type"), "text/html; charset=utf-8"; got != want {
				t.Errorf("Content-Type: %s, want %s", got, want)
			}
			for _, name := range []string{"Date", "Last-Modified"} {
				if _, err := http.ParseTime(h.Get(name)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if h.Get("Server") != "aws" {
				t.Errorf("Server: %s", h.Get("Server"))
			}
		}
	})
}

// --mime overrides the server's table, and the type gets a charset.
func TestMediaTypes(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, rootWith(t, "a.Dat", []byte("a")), "--mime=.dat=text/x-data")
		c := s.dial(t)
		for _, tree := range trees {
			c.send(get(tree + "a.Dat"))
			answer, _ := c.answer("GET", http.StatusOK)
			if got := answer.Header.Get("Content-Type"); got != "text/x-data; charset=utf-8" {
				t.Errorf("Content-Type: %s", got)
			}
		}
	})
}

// pipeline is twenty requests for files of both trees, and what receives the
// answers.
func pipeline() (text string, receive func(*client)) {
	var b strings.Builder
	names := []string{small, "one.txt", "empty.txt", small, medium}
	path := func(i int) string { return trees[i%2] + names[i%len(names)] }
	for i := range 20 {
		switch {
		case i%7 == 3:
			b.WriteString(request("HEAD", path(i)))
		case i%7 == 5:
			b.WriteString(get("/nowhere"))
		default:
			b.WriteString(get(path(i)))
		}
	}
	return b.String(), func(c *client) {
		c.t.Helper()
		for i := range 20 {
			switch {
			case i%7 == 3:
				c.answer("HEAD", http.StatusOK)
			case i%7 == 5:
				c.refusal(http.StatusNotFound)
			default:
				c.file(names[i%len(names)])
			}
		}
	}
}

func TestPipelining(t *testing.T) {
	requests, receive := pipeline()
	eachServer(t, func(t *testing.T, s *server) {
		for name, send := range map[string]func(*client, string){
			"one write": (*client).send, "bytewise": (*client).sendBytewise,
		} {
			t.Run(name, func(t *testing.T) {
				c := s.dial(t)
				send(c, requests)
				receive(c)
				c.goesOn()
			})
		}
	})
}

func TestPersistence(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		for _, c := range []struct {
			version, connection string
			persists            bool
		}{
			{"1.1", "", true},
			{"1.1", "keep-alive", true},
			{"1.1", "close", false},
			{"1.1", "x, Close", false},
			{"1.0", "", false},
			{"1.0", "close", false},
			{"1.0", "Keep-Alive", true},
		} {
			t.Run(c.version+" "+c.connection, func(t *testing.T) {
				text := "GET /static/" + small + " HTTP/" + c.version + "\r\nHost: test\r\n"
				if c.connection != "" {
					text += "Connection: " + c.connection + "\r\n"
				}
				conn := s.dial(t)
				conn.send(text + "\r\n")
				answer := conn.file(small)
				if c.persists {
					conn.goesOn()
					return
				}
				if !answer.Close {
					t.Errorf("the answer does not say that the connection ends: %v", answer.Header)
				}
				conn.ends()
			})
		}
	})
}

// A client that shuts down its sending side after its requests, or reads late,
// or both, still gets all of the answers.
func TestLateReader(t *testing.T) {
	const close = "Connection: close"
	eachServer(t, func(t *testing.T, s *server) {
		var late sync.WaitGroup
		for _, tree := range trees {
			for _, names := range [][]string{{small}, {medium}, {large}, {small, medium, small}, {"empty.txt", large, large}} {
				var first strings.Builder
				final := len(names) - 1
				for _, name := range names[:final] {
					first.WriteString(get(tree + name))
				}
				keeps := first.String() + get(tree+names[final])
				closes := first.String() + get(tree+names[final], close)
				late.Go(func() { s.readLate(t, names, keeps, true, false) })
				late.Go(func() { s.readLate(t, names, keeps, true, true) })
				late.Go(func() { s.readLate(t, names, closes, true, true) })
				late.Go(func() { s.readLate(t, names, closes, false, true) })
			}
		}
		late.Wait()
	})
}

// readLate sends requests for files and reads the answers: at once, or only when
// the server can do no more without a reader.
func (s *server) readLate(t *testing.T, names []string, requests string, halfClose, late bool) {
	conn, err := net.Dial("tcp", s.addrs[0])
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(children.Deadline(t))
	_, err = io.WriteString(conn, requests)
	if halfClose {
		err = errors.Join(err, conn.(*net.TCPConn).CloseWrite())
	}
	if late {
		standstill(conn, children.Deadline(t))
	}
	in := bufio.NewReader(conn)
	for _, name := range names {
		var answer *http.Response
		if answer, err = http.ReadResponse(in, nil); err != nil {
			break
		}
		var body digest
		if body, err = digestOf(answer.Body); err != nil || body != wanted(name) {
			t.Errorf("%.40q, half-closed: %v, late: %v: %s with %d bytes, %v", requests, halfClose, late, answer.Status, body.size, err)
			return
		}
	}
	if rest, end := io.ReadAll(in); err != nil || end != nil || len(rest) > 0 {
		t.Errorf("%.40q, half-closed: %v, late: %v: %v, then %q and %v", requests, halfClose, late, err, cut(rest), end)
	}
}

func TestHead(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		c := s.dial(t)
		for _, tree := range trees {
			for _, f := range files {
				c.send(request("HEAD", tree+f.name))
				answer, body := c.answer("HEAD", http.StatusOK)
				if answer.ContentLength != int64(f.size) || len(body) > 0 {
					t.Errorf("HEAD %s%s: Content-Length %d and %d bytes, want %d and none",
						tree, f.name, answer.ContentLength, len(body), f.size)
				}
			}
			c.send(request("HEAD", tree+"nowhere"))
			c.answer("HEAD", http.StatusNotFound)
		}
		c.goesOn()
	})
}

// Requests that the server understands but does not carry out.
func TestUnserved(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		c := s.dial(t)
		const allowed = "GET, HEAD, OPTIONS"
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "TRACE"} {
			c.send(request(method, "/static/"+small))
			if allow := c.refusal(http.StatusMethodNotAllowed).Header.Get("Allow"); allow != allowed {
				t.Errorf("%s: Allow: %q", method, allow)
			}
		}
		for _, target := range []string{"*", "/static/" + small, "/nowhere"} {
			c.send(request("OPTIONS", target))
			if answer, _ := c.answer("OPTIONS", http.StatusNoContent); answer.Header.Get("Allow") != allowed {
				t.Errorf("OPTIONS %s: Allow: %q", target, answer.Header.Get("Allow"))
			}
		}
		for _, method := range []string{"BREW", "get", "options", "PROPFIND"} {
			c.send(request(method, "/static/"+small))
			c.refusal(http.StatusNotImplemented)
		}
		for _, path := range []string{"/nowhere", "/static/", "/static/nowhere", "/dynamic/nowhere"} {
			c.send(get(path))
			c.refusal(http.StatusNotFound)
		}
		c.goesOn()
	})
}

// Requests after which nothing can be understood: an answer, and the end.
func TestRefused(t *testing.T) {
	var manyFields strings.Builder
	for i := range 200 {
		fmt.Fprintf(&manyFields, "\r\nField-%d: x", i)
	}
	const head = "GET /static/" + small + " HTTP/1.1\r\nHost: test\r\n"
	for name, c := range map[string]struct {
		status  int
		request string
	}{
		"no version":        {400, "GET /static/" + small + "\r\n\r\n"},
		"no Host":           {400, "GET /static/" + small + " HTTP/1.1\r\n\r\n"},
		"two Hosts":         {400, head + "Host: other\r\n\r\n"},
		"no HTTP":           {400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"},
		"bare LF":           {400, "GET / HTTP/1.1\nHost: test\n\n"},
		"control byte":      {400, head + "A: \x01\r\n\r\n"},
		"no colon":          {400, head + "A\r\n\r\n"},
		"space at colon":    {400, head + "A : b\r\n\r\n"},
		"folded field":      {400, head + "A: b\r\n c\r\n\r\n"},
		"two lengths":       {400, head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"},
		"negative length":   {400, head + "Content-Length: -1\r\n\r\n"},
		"two framings":      {400, head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
		"tunnel":            {405, "CONNECT test:80 HTTP/1.1\r\nHost: test\r\n\r\n" + get("/static/"+small)},
		"expectation":       {405, request("POST", "/static/"+small, "Expect: 100-continue", "Content-Length: 5")},
		"smuggled after":    {400, head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get("/static/"+small)},
		"bad chunk":         {400, head + "Transfer-Encoding: chunked\r\n\r\nx\r\n"},
		"long target":       {414, get("/static/" + strings.Repeat("a", 9000))},
		"endless target":    {414, "GET /" + strings.Repeat("a", 30000)},
		"long field":        {431, get("/", "A: "+strings.Repeat("a", 20000))},
		"many fields":       {431, get("/", "A: a"+manyFields.String())},
		"unknown coding":    {501, head + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
		"another version":   {505, "GET / HTTP/2.0\r\nHost: test\r\n\r\n"},
		"preface of HTTP/2": {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, s *server) {
				conn := s.dial(t)
				conn.send(c.request)
				if !conn.refusal(c.status).Close {
					t.Error("the answer does not say that the connection ends")
				}
				conn.ends()
				target, ok := strings.CutPrefix(c.request, "GET ")
				if !ok {
					return
				}
				conn = s.dial(t)
				conn.send("HEAD " + target)
				conn.answer("HEAD", c.status)
				conn.ends()
			})
		})
	}
}

// A malformed path spoils only its own request.
func TestMalformedPath(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		c := s.dial(t)
		for _, path := range []string{"/static/%", "/static/%4", "/static/%zz"} {
			c.send(get(path))
			c.refusal(http.StatusBadRequest)
		}
		c.goesOn()
	})
}

func TestSlowReader(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		for _, tree := range trees {
			c := s.dial(t)
			c.send(get(tree + medium))
			answer := c.head("GET")
			var got bytes.Buffer
			for {
				_, err := io.CopyN(&got, answer.Body, 32<<10)
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Millisecond) // so that the server has to wait, wherever it is
			}
			if !bytes.Equal(got.Bytes(), contents[medium]) {
				t.Errorf("%d bytes, not those of %s", got.Len(), medium)
			}
		}
	})
}

// Clients that vanish in the middle of a transfer do not disturb others.
func TestKilledClients(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		for _, tree := range trees {
			survivor := s.dial(t)
			survivor.send(get(tree + large))
			for range 20 {
				c := s.dial(t)
				c.send(get(tree + large))
				if _, err := io.CopyN(io.Discard, c.in, 1000); err != nil {
					t.Fatal(err)
				}
				c.reset()
			}
			survivor.file(large)
		}
	})
}

// Neither tree has to exist, nor anything else.
func TestEmptyRoot(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		root := t.TempDir()
		must(t, os.Mkdir(filepath.Join(root, "dynamic"), 0o755))
		s := start(t, w, root)
		c := s.dial(t)
		for _, path := range []string{"/static/a", "/dynamic/a", "/static/", "/a"} {
			c.send(get(path))
			c.refusal(http.StatusNotFound)
		}
	})
}
