// Connections of a soak's clients: a request, and whether its answer is right.

package main_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

var (
	// errCut is the end of an answer that had to be cut: its file was written to
	// in place, or was shortened, while it was sent.
	errCut = errors.New("cut, as it should be")
	// errEnded is a connection that ends too early.
	errEnded = errors.New("the connection ends too early")
)

// visit is one connection.
type visit struct {
	*net.TCPConn
	c    *soakClient
	in   *bufio.Reader
	over bool // the server ends the connection, or may
}

// dial opens a connection whose socket receives no more than about window bytes
// unread, or 0 for the kernel's choice.
func (c *soakClient) dial(window int) (*visit, error) {
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		_ = raw.Control(func(fd uintptr) {
			if window > 0 {
				err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, window)
			}
		})
		return err
	}}
	conn, err := dialer.Dial("tcp", c.server.addrs[0])
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(children.Deadline(c.soak.t))
	v := &visit{TCPConn: conn.(*net.TCPConn), c: c}
	v.in = bufio.NewReader(v)
	return v, nil
}

// reset closes the connection with a reset.
func (v *visit) reset() {
	_ = v.SetLinger(0)
	_ = v.Close()
}

// ask is a request for a file.
type ask struct {
	file   *soakFile
	method string
	target string
	fields []string
	old    bool // HTTP/1.0
	closes bool // the server has to end the connection afterwards
	body   bool // it has a body, so the server ends the connection with an error
	spans  []span
	coded  bool // the answer may be compressed
	status int  // that the answer has to have, besides those that are always right; 0 for 200
	since
}

// ask makes up a request for a file with one of these habits.
func (c *soakClient) ask(among ...habit) *ask {
	f := c.soak.world.pick(c.random, among...)
	return &ask{file: f, method: "GET", target: f.urls[c.random.IntN(2)]}
}

// text is the request. From now on what the file becomes is no excuse.
func (a *ask) text() string {
	a.since = a.file.now()
	text := request(a.method, a.target, a.fields...)
	if a.old {
		text = strings.Replace(text, "HTTP/1.1", "HTTP/1.0", 1)
	}
	return text
}

func (a *ask) String() string { return fmt.Sprintf("%s %s %q", a.method, a.target, a.fields) }

// got is an answer that was right.
type got struct {
	status  int
	version uint32
	header  http.Header
}

// get sends a request and receives the answer.
func (v *visit) get(a *ask) (got, error) {
	if _, err := io.WriteString(v, a.text()); err != nil {
		return got{}, v.ended(a, err)
	}
	return v.receive(a)
}

// ended is the error of an answer that ends too early. The kernel notes the time of
// an append before the size (generic_file_write_iter, mm/filemap.c), so for a moment
// that looks like a file that is rewritten.
func (v *visit) ended(a *ask, err error) error {
	if h := a.file.habit; (h.inPlace() || h == grown) && a.file.changed(a.since) {
		return errCut
	}
	return fmt.Errorf("%v: %w: %w", a, errEnded, err)
}

// receive receives the answer to a request, and looks at all of it.
func (v *visit) receive(a *ask) (got, error) {
	v.c.tally().requests.Add(1)
	answer, err := http.ReadResponse(v.in, &http.Request{Method: a.method})
	if err != nil {
		return got{}, v.ended(a, err)
	}
	defer answer.Body.Close()
	g := got{status: answer.StatusCode, header: answer.Header}
	if err := checkHead(answer); err != nil {
		return g, fmt.Errorf("%v: %w in %v", a, err, answer)
	}
	g.version, err = v.judge(a, answer)
	if errors.Is(err, errEnded) || errors.Is(err, errCut) {
		return g, err
	}
	if err != nil {
		return g, fmt.Errorf("%v: %s %v: %w", a, answer.Status, answer.Header, err)
	}
	moved := (a.file.habit.inPlace() || a.file.habit == grown) && a.file.changed(a.since)
	mayClose := a.closes || moved || g.status == http.StatusInternalServerError || a.body && g.status >= http.StatusBadRequest
	if a.closes && !answer.Close || answer.Close && !mayClose {
		return g, fmt.Errorf("%v: %s, and that the connection ends: %v", a, answer.Status, answer.Close)
	}
	v.over = answer.Close || moved
	v.c.tally().complete.Add(1)
	return g, nil
}

// checkHead looks at the fields that every answer has.
func checkHead(answer *http.Response) error {
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return err
	}
	if at := answer.Header.Get("Last-Modified"); at != "" {
		if modified, err := http.ParseTime(at); err != nil || modified.After(date) {
			return fmt.Errorf("Last-Modified %q: %w", at, err)
		}
	}
	if tag := answer.Header.Get("Etag"); tag != "" && !strings.HasSuffix(tag, `"`) {
		return fmt.Errorf("ETag %s", tag)
	}
	if answer.Header.Get("Server") != "aws" {
		return errors.New("no Server")
	}
	return nil
}

// judge says what is wrong with an answer, by its status.
func (v *visit) judge(a *ask, answer *http.Response) (version uint32, err error) {
	want := max(a.status, http.StatusOK)
	if len(a.spans) > 0 {
		want = http.StatusPartialContent
	}
	switch got := answer.StatusCode; {
	case got == http.StatusNotFound && a.file.mayBeAbsent(a.since),
		got == http.StatusInternalServerError && a.file.habit.inPlace() && a.file.changed(a.since):
		return 0, v.text(a, answer)
	case got == http.StatusRequestTimeout:
		return 0, fmt.Errorf("%v: %w: 408", a, errEnded)
	case got == http.StatusOK && (want == got || len(a.spans) > 1 || want == http.StatusNotModified):
		return v.whole(a, answer)
	case got != want:
		return 0, fmt.Errorf("want %d", want)
	case got == http.StatusNotModified:
		return 0, nil
	case got != http.StatusPartialContent:
		return 0, v.text(a, answer)
	case len(a.spans) == 1:
		return v.part(a, a.spans[0], answer.Header.Get("Content-Range"), answer.Body, answer.ContentLength)
	}
	return v.parts(a, answer)
}

// text wants an error to be a line of text.
func (v *visit) text(a *ask, answer *http.Response) error {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return v.ended(a, err)
	}
	if a.method != "HEAD" && !strings.HasPrefix(string(body), fmt.Sprint(answer.StatusCode, " ")) {
		return fmt.Errorf("the body is %q", cut(body))
	}
	return nil
}

// whole wants the whole file, or for HEAD its length.
func (v *visit) whole(a *ask, answer *http.Response) (uint32, error) {
	coded := answer.Header.Get("Content-Encoding") != ""
	total := answer.ContentLength
	if coded {
		total = -1
	}
	if a.method == "HEAD" {
		return a.lengthOnly(total)
	}
	if total < 0 && !coded && !a.old {
		return 0, errors.New("no Content-Length")
	}
	var body io.Reader = answer.Body
	if coded {
		if !a.coded || answer.Header.Get("Content-Encoding") != "gzip" || answer.Header.Get("Vary") != "Accept-Encoding" {
			return 0, errors.New("a coding that nobody wanted, or no Vary")
		}
		unpacked, err := gzip.NewReader(answer.Body)
		if err != nil {
			return 0, v.ended(a, err)
		}
		body = unpacked
	}
	t := a.file.trace(0)
	_, err := io.CopyBuffer(t, body, v.c.buffer)
	if err != nil && t.wrong == nil {
		return 0, v.ended(a, err)
	}
	if total >= 0 && t.wrong == nil && t.end() != total {
		return 0, fmt.Errorf("%d bytes of %d", t.end(), total)
	}
	return t.verdict(a.since, t.end())
}

// lengthOnly wants a length that a version has.
func (a *ask) lengthOnly(total int64) (uint32, error) {
	last := a.file.begun.Load()
	for version := a.version; version <= last; version++ {
		if size := a.file.size(version); size == total || a.file.habit == grown || total < 0 && a.coded ||
			a.file.habit.inPlace() && a.file.changed(a.since) && total <= size {
			return version, nil
		}
	}
	return 0, fmt.Errorf("%d bytes, not of version %d to %d", total, a.version, last)
}

// part wants one range. A span that ends below 0 is counted from the end.
func (v *visit) part(a *ask, want span, contentRange string, body io.Reader, length int64) (uint32, error) {
	var is span
	var total int64
	if _, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &is.first, &is.last, &total); err != nil {
		return 0, fmt.Errorf("Content-Range %q: %w", contentRange, err)
	}
	if want.first < 0 {
		want = span{total + want.first, total - 1}
	}
	t := a.file.trace(want.first)
	n, err := io.CopyBuffer(t, body, v.c.buffer)
	switch {
	case t.wrong != nil:
		return 0, t.wrong
	case err != nil:
		return 0, v.ended(a, err)
	case is != want || n != want.last-want.first+1 || length >= 0 && n != length:
		return 0, fmt.Errorf("Content-Range %q with %d bytes, want %v", contentRange, n, want)
	}
	return t.verdict(a.since, total)
}

// parts wants several ranges, all of one version.
func (v *visit) parts(a *ask, answer *http.Response) (version uint32, err error) {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, v.ended(a, err)
	}
	_, parameters, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil {
		return 0, err
	}
	parts := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	var versions []uint32
	for _, want := range a.spans {
		part, err := parts.NextRawPart()
		if err != nil {
			return 0, err
		}
		version, err = v.part(a, want, part.Header.Get("Content-Range"), part, -1)
		if err != nil {
			return 0, err
		}
		if want.first < 0 || want.last-want.first >= 15 { // long enough to tell
			versions = append(versions, version)
		}
	}
	if _, err := parts.NextRawPart(); !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("after the last part: %w", err)
	}
	if len(slices.Compact(versions)) > 1 {
		return 0, fmt.Errorf("parts of versions %d", versions)
	}
	return version, nil
}

// ends wants the server to close the connection in order.
func (v *visit) ends() error {
	if b, err := v.in.ReadByte(); err == nil || !errors.Is(err, io.EOF) {
		return fmt.Errorf("byte %q and %w, want the end of the connection", b, err)
	}
	return nil
}

// pause waits for up to most, but not longer than the clients may stay.
func (c *soakClient) pause(most time.Duration) {
	select {
	case <-time.After(time.Duration(c.random.Int64N(int64(most)))):
	case <-c.soak.closing():
	}
}
