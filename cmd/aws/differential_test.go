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
)

// The same bytes sent to every engine bring the same bytes back.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	const conversations = 700 // of some requests each
	var servers []*server
	for _, backend := range backends {
		servers = append(servers, start(t, raw(backend), fixture))
	}
	random := rand.New(rand.NewPCG(2026, 11))
	for i := range conversations {
		text, cuts := converse(random)
		want := servers[0].hear(t, text, cuts)
		for _, s := range servers[1:] {
			if got := s.hear(t, text, cuts); !bytes.Equal(got, want) {
				t.Fatalf("conversation %d:\n%q\n%s: %d bytes\n%q\n%s: %d bytes\n%q", i, text,
					servers[0].way.name, len(want), cut(want), s.way.name, len(got), cut(got))
			}
		}
	}
}

// hear sends text in pieces, ends what it sends, and returns all that comes,
// without dates.
func (s *server) hear(t *testing.T, text string, cuts []int) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", s.addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() { // an answer may be due before all is sent
		at := 0
		for _, to := range append(cuts, len(text)) {
			if _, err := io.WriteString(conn, text[at:to]); err != nil {
				return // the server has refused something, and closed
			}
			at = to
			time.Sleep(200 * time.Microsecond) // so that the pieces arrive apart
		}
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	heard, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("after %d bytes: %v\n%q", len(heard), err, text)
	}
	return dates.ReplaceAll(heard, []byte("Date: then\r\n"))
}

var dates = regexp.MustCompile(`Date: [^\r]*\r\n`)

// converse makes up some requests and where to cut them.
func converse(random *rand.Rand) (text string, cuts []int) {
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

// makeUp makes up a request, now and then a bad one.
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
	switch random.IntN(12) {
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
