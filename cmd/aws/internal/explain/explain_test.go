package explain

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"/a?b":                  "localhost /a?b",
		"http://h/a?b#c":        "h /a?b",
		"http://h:80":           "h:80 /",
		"http://h?b":            "h /?b",
		"http://[::1]:8888/%20": "[::1]:8888 /%20",
		"//h/a":                 "localhost //h/a",
		"a":                     "error",
		"":                      "error",
		"http:///a":             "error",
		"ftp://h/a":             "error",
		"/a b":                  "error",
		"/a\r\nX: y":            "error",
	} {
		r, err := ParseURL(text)
		got := r.Host + " " + r.Target
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// The client takes responses of all kinds to their ends, and no further.
func TestClient(t *testing.T) {
	for response, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc":                                                   "200 OK, 3 bytes of body",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n":                                            "304 Not Modified, 0 bytes of body",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n": "200 OK, 13 bytes of body",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nDigest: x\r\n\r\n":                       "200 OK, 0 bytes of body",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end":                                            "200 OK, 10 bytes of body, and the end",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na":                                                     "error",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n":                                                      "error",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n":                                        "error",
		"HTTP/1.1 200 OK\r\n": "error",
	} {
		here, there := net.Pipe()
		go func() {
			_, _ = bufio.NewReader(there).ReadString('\n')
			go func() { _, _ = bufio.NewReader(there).ReadString(0) }()
			_, _ = there.Write([]byte(response))
			_ = there.Close()
		}()
		c := &client{Conn: here, in: bufio.NewReader(here)}
		got, err := c.ask(&Request{Method: "GET", Target: "/", Host: "h"})
		switch {
		case err != nil:
			got = "error"
		case c.over:
			got += ", and the end"
		}
		if got != want {
			t.Errorf("%q: %s (%v), want %s", response, got, err, want)
		}
		_ = here.Close()
	}
}

// lines makes a step of lines with these names.
func lines(names string) *Step {
	s := &Step{}
	for _, name := range strings.Fields(names) {
		s.Lines = append(s.Lines, Line{Call: name})
		s.Records = append(s.Records, Record{})
	}
	return s
}

// Lines that come back again and again are left out, and their place says so.
func TestFold(t *testing.T) {
	for names, want := range map[string]string{
		"":                    "",
		"a b c":               "a b c",
		"a a":                 "a a",
		"a a a a":             "a [… the same 3 times more.]",
		"x a b a b a b y":     "x a b [… the last 2 lines, 2 times more.] y",
		"a b a b c a b":       "a b a b c a b",
		"a b a b a b c c c c": "a b [… the last 2 lines, 2 times more.] c [… the same 3 times more.]",
	} {
		var got []string
		for _, l := range fold(lines(names)) {
			if l.instead != "" {
				got = append(got, "["+l.instead+"]")
			} else {
				got = append(got, l.Call)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", names, got, want)
		}
	}
}

// Every kind of call has a sentence that ends, for any result, and no figure in it.
func TestEveryCallIsExplained(t *testing.T) {
	seen := map[string]bool{}
	for call := kernel.Accept4; call <= kernel.CQE; call++ {
		for _, result := range []int64{-int64(unix.EAGAIN), -int64(unix.ENOENT), -int64(unix.EPIPE), -int64(unix.EXDEV), -int64(unix.ELOOP), -int64(unix.ETIME), 0, 1, 9} {
			for _, flags := range []uint64{0, unix.O_DIRECT, unix.O_PATH, unix.O_DIRECTORY, unix.MSG_MORE, unix.RWF_NOWAIT, unix.SIOCOUTQ, fionbio, entryLinked} {
				run := &Run{Steps: []Step{{Records: []Record{{Event: kernel.Event{Call: call, FD: 5, Size: 9, Flags: flags, Result: result}}}}}}
				Describe(run)
				l := run.Steps[0].Lines[0]
				if !strings.HasSuffix(l.Says, ".") || strings.ContainsAny(l.Says, "013456789") || l.Says[0] < 'A' || l.Says[0] > 'Z' || strings.Contains(l.text(), "()") {
					t.Errorf("%s, flags %x, result %d: %q", l.text(), flags, result, l.Says)
				}
				seen[l.Call] = true
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("%d kinds of calls", len(seen))
	}
}

// However narrow a terminal is, and whatever files are called, lines fit, and none is
// lost beside others.
func TestTextFits(t *testing.T) {
	plain := func(s string) string { return s }
	name := strings.Repeat("long name ", 9) + strings.Repeat("x", 150)
	step := Step{Title: "The request", Answer: "200 OK", Lines: []Line{
		{Call: "openat2", Args: []string{"root", name}, Result: "5", Says: "Opens the file. " + name[:60], Length: time.Second},
		{Call: "SQE SEND", Says: "Sends it.", Entry: true}, {Call: "read", Says: "Reads it.", Aside: true},
	}, Records: make([]Record, 3)}
	runs := []Run{{Engine: "one", Steps: []Step{step, step}}, {Engine: "two", Note: strings.Repeat("refused ", 30), Steps: []Step{step}}}
	for _, columns := range []int{40, 80, 120, 200, 300} {
		text := string(Text("GET /", runs, columns, plain, plain, plain))
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
				t.Errorf("%d columns: %d are used: %s", columns, n, line)
			}
		}
		if got := strings.Count(text, "Sends it."); got != 3 {
			t.Errorf("%d columns: %d of 3 steps are there:\n%s", columns, got, text)
		}
	}
	for length, want := range map[time.Duration]string{1200: "1.2 µs", 1200e3: "1200 µs", 40e6: "40 ms"} {
		if got := fmt.Sprint(Duration(length)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
