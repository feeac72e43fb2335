// The engines against each other, in conversations made up from a seed: with a
// server as it is by default, and with one that uses every rule of a site.

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"aws/backend/backendtest/children"
)

// Every engine answers the same bytes with the same bytes, whole or broken up.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	wantSameAnswers(t, 700, fixture, nil, makeUp)
}

// So does it where conditions, preferences and rules matter.
func TestSameAnswersOfSites(t *testing.T) {
	t.Parallel()
	root := differentRoot(t)
	args := []string{
		"--autoindex", "--precompressed=br,gzip", "--compress=zstd,br,gzip", "--digest", "--try=$path,$path.html",
		"--redirect=/old/*=/static/*:308", "--error-page=404=/static/404.html", "--error-page=412=/dynamic/412.html",
		"--header=*.css: X-Rule: css", "--cache-control=/dynamic/*=no-cache", "--header=always /static/*: Server: other",
		"--cors=https://a.example", "--secure-headers", "--error-page=400=/dynamic/412.html", "--error-page=416=/static/404.html",
	}
	w := raw(backends[0])
	s := start(t, w, root, args...)
	heard := wantSameAnswers(t, 500, root, args, s.conditionsOf(t).makeUp)
	for _, part := range []string{
		" 200 ", " 204 ", " 206 ", " 301 ", " 304 ", " 308 ", " 400 ", " 404 ", " 405 ", " 412 ", " 416 ",
		"boundary=", "Encoding: br", "Encoding: gzip", "Encoding: zstd", "\r\nRepr-Digest: ", `{"path":`, "<table>",
	} {
		if !bytes.Contains(heard, []byte(part)) {
			t.Errorf("no conversation brought %q", part)
		}
	}
}

// wantSameAnswers compares what the engines say in conversations of a few
// requests each, and returns all that the first one said.
func wantSameAnswers(t *testing.T, conversations int, root string, args []string, makeUp func(*rand.Rand) string) (heard []byte) {
	var servers []*server
	for _, backend := range backends {
		servers = append(servers, start(t, raw(backend), root, args...), start(t, faulty(backend, "split", "split"), root, args...))
	}
	random := rand.New(rand.NewPCG(2026, 11))
	for i := range conversations {
		text, cuts := converse(random, makeUp)
		want := servers[0].hear(t, text, cuts)
		heard = append(heard, want...)
		for _, s := range servers[1:] {
			if got := s.hear(t, text, cuts); !bytes.Equal(got, want) {
				at := 0
				for at < min(len(got), len(want)) && got[at] == want[at] {
					at++
				}
				t.Fatalf("conversation %d:\n%q\n%s: %d bytes\n%q\n%s: %d bytes\n%q\nfrom %d", i, text,
					servers[0].way.name, len(want), cut(want[at:]), s.way.name, len(got), cut(got[at:]), at)
			}
		}
	}
	return heard
}

// hear sends text in pieces, shuts its sending side down, and returns all that
// arrives, normalized.
func (s *server) hear(t *testing.T, text string, cuts []int) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", s.addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(children.Deadline(t))
	go func() { // an answer may be due before all is sent
		at := 0
		for _, to := range append(cuts, len(text)) {
			if _, err := io.WriteString(conn, text[at:to]); err != nil {
				return // the server has refused something, and closed
			}
			at = to
			time.Sleep(200 * time.Microsecond) // the pieces tend to arrive apart; none has to
		}
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	heard, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("after %d bytes: %v\n%q", len(heard), err, text)
	}
	return normalized(heard)
}

// normalized is what a server says without what depends on the time or the
// loop: dates and the boundaries of parts.
func normalized(heard []byte) []byte {
	heard = dates.ReplaceAll(heard, []byte("Date: then\r\n"))
	for _, match := range boundaries.FindAllSubmatch(heard, -1) {
		heard = bytes.ReplaceAll(heard, match[1], []byte("boundary"))
	}
	return heard
}

var (
	dates      = regexp.MustCompile(`Date: [^\r]*\r\n`)
	boundaries = regexp.MustCompile(`\r\nContent-Type: multipart/byteranges; boundary=([0-9a-f]{16})\r\n`)
)

// converse makes up some requests, and where to cut them.
func converse(random *rand.Rand, makeUp func(*rand.Rand) string) (text string, cuts []int) {
	var b strings.Builder
	for range 1 + random.IntN(8) {
		b.WriteString(makeUp(random))
	}
	text = b.String()
	at := 0
	for range random.IntN(4) {
		at += random.IntN(len(text) - at)
		cuts = append(cuts, at)
	}
	return text, cuts
}

// makeUp makes up a request, and now and then a bad one.
func makeUp(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	method := pick("GET", "GET", "GET", "GET", "HEAD", "HEAD", "POST", "DELETE", "OPTIONS", "BREW")
	tree := pick("/static/", "/static/", "/dynamic/", "/dynamic/", "/", "/static/../dynamic/", "//static//", "/%73tatic/")
	target := tree + pick("empty.txt", "one.txt", small, small, small, "missing", "", ".", "a%00b", "%zz", "../../etc/passwd", "small%2ehtml?query")
	if random.IntN(60) == 0 {
		target = tree + medium
	}
	version := pick("1.1", "1.1", "1.1", "1.1", "1.1", "1.1", "1.0", "1.2", "2.0")
	var fields, body string
	for range random.IntN(3) {
		fields += pick("User-Agent: test\r\n", "Accept: */*\r\n", "X-Long: "+strings.Repeat("x", random.IntN(2000))+"\r\n",
			"Connection: keep-alive\r\n", "Connection: close\r\n")
	}
	kind := random.IntN(12)
	if kind < 2 { // with a body whose end is waited for: an error may end the connection or not
		method, target = pick("GET", "HEAD", "OPTIONS"), pick(trees...)+pick("empty.txt", "one.txt", small)
	}
	switch kind {
	case 0:
		body = strings.Repeat("body", random.IntN(500))
		fields += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	case 1:
		body = chunked(strings.Repeat("a", 1+random.IntN(100)), strings.Repeat("b", 1+random.IntN(3000)))
		fields += "Transfer-Encoding: chunked\r\n"
	case 2:
		if random.IntN(3) == 0 {
			fields += pick("Content-Length: +1\r\n", "Content-Length: 1\r\nContent-Length: 1\r\n", "Transfer-Encoding: gzip\r\n",
				"Host: twice\r\n", " folded\r\n", "Bad Name: x\r\n", "No-Colon\r\n", "Expect: 100-continue\r\n")
		}
	}
	return method + " " + target + " HTTP/" + version + "\r\nHost: test\r\n" + fields + "\r\n" + body
}
