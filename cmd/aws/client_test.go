package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// client is a connection to the server. A test may write any bytes to it.
type client struct {
	*net.TCPConn
	t  *testing.T
	in *bufio.Reader
}

// dial opens a connection. It ends before the server does, and nothing on it
// outlasts the test's time.
func (s *server) dial(t *testing.T) *client {
	t.Helper()
	// A small receive buffer, so that unread data stays with the server.
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		_ = raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 64<<10)
		})
		return err
	}}
	return s.dialBy(t, dialer)
}

// dialBy is dial by another dialer.
func (s *server) dialBy(t *testing.T, dialer net.Dialer) *client {
	t.Helper()
	conn, err := dialer.Dial("tcp", s.addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(children.Deadline(t))
	c := &client{TCPConn: conn.(*net.TCPConn), t: t, in: bufio.NewReader(conn)}
	s.clients = append(s.clients, c)
	return c
}

// request is a request without a body.
func request(method, target string, fields ...string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: test\r\n" + strings.Join(append(fields, "\r\n"), "\r\n")
}

func get(target string, fields ...string) string { return request("GET", target, fields...) }

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// sendBytewise sends one byte at a time.
func (c *client) sendBytewise(text string) {
	c.t.Helper()
	for _, b := range []byte(text) {
		c.send(string(rune(b)))
	}
}

// head receives the head of an answer.
func (c *client) head(method string) *http.Response {
	c.t.Helper()
	answer, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	if answer.ContentLength < 0 {
		c.t.Errorf("answer %s without Content-Length", answer.Status)
	}
	return answer
}

// answer receives the whole answer to method, which must have this status.
func (c *client) answer(method string, status int) (answer *http.Response, body []byte) {
	c.t.Helper()
	answer = c.head(method)
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatalf("body of %s: %v", answer.Status, err)
	}
	if answer.StatusCode != status {
		c.t.Fatalf("answer %s with %q, want %d", answer.Status, cut(body), status)
	}
	return answer, body
}

// file receives a file.
func (c *client) file(name string) *http.Response {
	c.t.Helper()
	answer, body := c.answer("GET", http.StatusOK)
	if !bytes.Equal(body, contents[name]) {
		c.t.Errorf("%d bytes, not those of %s", len(body), name)
	}
	return answer
}

// refusal receives an error: a status, and a line of text that repeats it.
func (c *client) refusal(status int) *http.Response {
	c.t.Helper()
	answer, body := c.answer("GET", status)
	text := http.StatusText(status)
	if status == http.StatusRequestURITooLong {
		text = "URI Too Long" // RFC 9110 §15.5.15; net/http has another phrase
	}
	if want := fmt.Sprintf("%d %s\n", status, text); string(body) != want {
		c.t.Errorf("body %q, want %q", cut(body), want)
	}
	if got, want := answer.Header.Get("Content-Type"), "text/plain; charset=utf-8"; got != want {
		c.t.Errorf("Content-Type: %s, want %s", got, want)
	}
	return answer
}

// goesOn wants the connection to answer another request.
func (c *client) goesOn() {
	c.t.Helper()
	c.send(get("/static/" + small))
	c.file(small)
}

// ends wants the server to close the connection in order.
func (c *client) ends() {
	c.t.Helper()
	if b, err := io.ReadAll(c.in); err != nil || len(b) > 0 {
		c.t.Errorf("got %q and %v, want the end of the connection", cut(b), err)
	}
}

// breaksOff wants the connection to end before n bytes have arrived.
func (c *client) breaksOff(n int64) {
	c.t.Helper()
	got, err := io.Copy(io.Discard, c.in)
	if errors.Is(err, syscall.ECONNRESET) {
		err = nil
	}
	if err != nil || got >= n {
		c.t.Errorf("%d bytes and %v, want fewer than %d and the end of the connection", got, err, n)
	}
}

// reset closes the connection as the kernel does when a process is killed with
// unread data.
func (c *client) reset() {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// standstill waits until the server has sent all that it can to a client that
// does not read: something has arrived, and for a while nothing more does.
func standstill(conn net.Conn, deadline time.Time) {
	const while = 40 // looks, 5 ms apart
	last, same := 0, 0
	for ; same < while && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		unread := queued(conn, unix.TIOCINQ)
		if same++; unread == 0 || unread != last {
			same = 0
		}
		last = unread
	}
}

// queued is how many bytes wait in a queue of the socket, tcp(7): TIOCINQ counts
// those that nobody has read, and TIOCOUTQ those that the peer's kernel does not
// have yet.
func queued(conn net.Conn, queue uint) (n int) {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), queue) })
	return n
}

// cut shortens bytes for printing.
func cut(b []byte) []byte { return b[:min(len(b), 200)] }
