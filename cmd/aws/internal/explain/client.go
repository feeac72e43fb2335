package explain

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// patience is how long the server may take for anything. Who is in a hurry has Ctrl-C.
const patience = 2 * time.Minute

// Request is what is asked of the server.
type Request struct {
	Method string
	Target string // path and query
	Host   string
	Fields []string // "Name: value"
}

// String is the request as it is sent.
func (r *Request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.Target, r.Host)
	for _, field := range r.Fields {
		b.WriteString(field + "\r\n")
	}
	return b.String() + "\r\n"
}

// ParseURL takes a URL or a path apart.
func ParseURL(text string) (r Request, err error) {
	r = Request{Method: "GET", Target: text, Host: "localhost"}
	if _, rest, ok := strings.Cut(text, "://"); ok {
		if !strings.HasPrefix(text, "http://") {
			return r, fmt.Errorf("%q: only http:// is served", text)
		}
		rest, _, _ = strings.Cut(rest, "#")
		if i := strings.IndexAny(rest, "/?"); i < 0 {
			r.Host, r.Target = rest, "/"
		} else {
			r.Host, r.Target = rest[:i], rest[i:]
		}
		if strings.HasPrefix(r.Target, "?") {
			r.Target = "/" + r.Target
		}
	}
	if !strings.HasPrefix(r.Target, "/") {
		return r, fmt.Errorf("%q: want a path such as /static/a.txt, or a URL such as http://localhost/static/a.txt", text)
	}
	if r.Host == "" || strings.ContainsFunc(r.Host+r.Target, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return r, fmt.Errorf("%q is no URL", text)
	}
	return r, nil
}

// client is one connection.
type client struct {
	net.Conn
	in   *bufio.Reader
	over bool // the server closes it
}

func dial(address string) (*client, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &client{Conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// ask sends a request, takes the response, and returns what came of it: status line
// and length.
func (c *client) ask(r *Request) (string, error) {
	if _, err := c.Write([]byte(r.String())); err != nil {
		return "", err
	}
	status, length, chunked, err := c.head()
	if err != nil {
		return "", fmt.Errorf("reading the response: %w", err)
	}
	code, _, _ := strings.Cut(strings.TrimPrefix(status, "HTTP/1.1 "), " ")
	var n int64
	switch {
	case r.Method == "HEAD" || code == "304" || code == "204":
	case chunked:
		n, err = c.chunks()
	case length < 0:
		c.over = true
		n, err = io.Copy(io.Discard, c.in)
	default:
		n, err = io.CopyN(io.Discard, c.in, length)
	}
	if err != nil {
		return "", fmt.Errorf("reading the body: %w", err)
	}
	return fmt.Sprintf("%s, %d bytes of body", strings.TrimPrefix(status, "HTTP/1.1 "), n), nil
}

// head reads a response's head. Without a length and chunks, length is -1.
func (c *client) head() (status string, length int64, chunked bool, err error) {
	length = -1
	if status, err = c.line(); err != nil {
		return
	}
	for {
		line, err := c.line()
		if err != nil || line == "" {
			return status, length, chunked, err
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return status, 0, false, err
			}
		case "transfer-encoding":
			chunked = strings.EqualFold(value, "chunked")
		case "connection":
			c.over = strings.EqualFold(value, "close")
		}
	}
}

func (c *client) line() (string, error) {
	line, err := c.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// chunks reads a chunked body and returns its length.
func (c *client) chunks() (total int64, err error) {
	for {
		line, err := c.line()
		if err != nil {
			return total, err
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseInt(size, 16, 64)
		switch {
		case err != nil || n < 0:
			return total, errors.New("malformed chunk")
		case n == 0:
			for line, err = c.line(); line != "" && err == nil; {
				line, err = c.line()
			}
			return total, err
		}
		if _, err = io.CopyN(io.Discard, c.in, n); err != nil {
			return total, err
		}
		total += n
		if _, err = c.line(); err != nil {
			return total, err
		}
	}
}
