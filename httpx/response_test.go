package httpx

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// answerStatuses are those that the server gives.
var answerStatuses = []int{200, 204, 400, 403, 404, 405, 408, 414, 431, 500, 501, 503, 505}

// composeLoop is as much of a loop as compose looks at, with one open file.
func composeLoop(head []byte) *loop {
	l := &loop{files: files{entries: []openFile{{head: head}}}}
	l.date.update(testEpoch)
	return l
}

// Every head is one that net/http reads, and says what the flags say.
func TestCompose(t *testing.T) {
	l := composeLoop(fileHead("text/plain; charset=utf-8", identity{size: 1234, mtime: unix.StatxTimestamp{Sec: 1700000000}}))
	for _, status := range answerStatuses {
		for f := range (keepAlive | http10 | headOnly) + 1 {
			c := &conn{status: status, flags: f, file: none}
			if status == 200 {
				c.file = 0
			}
			t.Run(fmt.Sprintf("%d/%03b", status, f), func(t *testing.T) { checkHead(t, l, c) })
		}
	}
}

// reason is the phrase of RFC 9110 §15, which net/http has with one exception.
func reason(status int) string {
	if status == http.StatusRequestURITooLong {
		return "URI Too Long" // §15.5.15
	}
	return http.StatusText(status)
}

func checkHead(t *testing.T, l *loop, c *conn) {
	method, sent := "GET", l.compose(make([]byte, headSize), c)
	if c.has(headOnly) {
		method = "HEAD"
	}
	br := bufio.NewReader(bytes.NewReader(sent))
	r, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%v in %q", err, sent)
	}
	if r.StatusCode != c.status || r.Status != fmt.Sprintf("%d %s", c.status, reason(c.status)) || r.Proto != "HTTP/1.1" {
		t.Errorf("%s %s", r.Proto, r.Status)
	}
	want := http.Header{"Server": {"aws"}, "Date": {"Thu, 29 Feb 2024 12:00:00 GMT"}}
	text := fmt.Sprintf("%d %s\n", c.status, reason(c.status))
	if c.status == 200 {
		want.Set("Content-Type", "text/plain; charset=utf-8")
		want.Set("Content-Length", "1234")
		want.Set("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT")
		text = ""
	} else {
		want.Set("Content-Type", "text/plain; charset=utf-8")
		want.Set("Content-Length", fmt.Sprint(len(text)))
	}
	switch c.status {
	case 204: // RFC 9110 §8.6: no Content-Length
		want.Del("Content-Type")
		want.Del("Content-Length")
		want.Set("Allow", "GET, HEAD, OPTIONS")
		text = ""
	case 405:
		want.Set("Allow", "GET, HEAD, OPTIONS")
	case 503:
		want.Set("Retry-After", "1")
	}
	if c.has(keepAlive) && c.has(http10) {
		want.Set("Connection", "keep-alive")
	}
	if explicit := bytes.Contains(sent, []byte("\r\nConnection: close\r\n")); r.Close == c.has(keepAlive) || explicit != r.Close {
		t.Errorf("close %v, said so: %v", r.Close, explicit)
	}
	if got := fmt.Sprint(r.Header); got != fmt.Sprint(want) {
		t.Errorf("header %v, want %v", got, want)
	}
	if c.has(headOnly) {
		text = ""
	}
	if c.status == 200 { // the file follows, from elsewhere
		r.Body = http.NoBody
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || string(body) != text || br.Buffered() > 0 {
		t.Errorf("body %q, %v, and %d bytes more", body, err, br.Buffered())
	}
}

// The head of a file fits the buffer with the longest of all types, and the
// largest size, and fields that nobody expects on one answer.
func TestHeadFits(t *testing.T) {
	longest := withCharset("text/" + strings.Repeat("x", maxMediaType-len("text/")))
	l := composeLoop(fileHead(longest, identity{size: 1<<63 - 1, mtime: unix.StatxTimestamp{Sec: 1 << 35}}))
	if n := len(l.compose(make([]byte, headSize), &conn{status: 200, flags: keepAlive | http10})); n > headSize/4 {
		t.Errorf("%d of %d bytes", n, headSize)
	}
}

// The field is formatted when the second changes, forwards or backwards, and
// not before.
func TestDateField(t *testing.T) {
	var d dateField
	d.update(testEpoch)
	const marked = "not formatted anew"
	d.field = append(d.field[:0], marked...)
	d.update(testEpoch.Add(time.Second - 1))
	if string(d.field) != marked {
		t.Errorf("formatted again within the second: %q", d.field)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{time.Second, "Date: Thu, 29 Feb 2024 12:00:01 GMT\r\n"},
		{-time.Second, "Date: Thu, 29 Feb 2024 11:59:59 GMT\r\n"},
	} {
		d.update(testEpoch.Add(step.after).In(time.FixedZone("", 3600)))
		if string(d.field) != step.want {
			t.Errorf("%q, want %q", d.field, step.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { d.second = 0; d.update(testEpoch) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
