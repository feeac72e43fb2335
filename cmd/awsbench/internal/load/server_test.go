package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
)

// serve answers each request with what answer writes, until the test ends. If
// answer returns false, the connection is closed.
func serve(t *testing.T, answer func(w io.Writer, r *http.Request) bool) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					r, err := http.ReadRequest(in)
					if err != nil || !answer(c, r) || r.Close {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// ok writes a plain answer.
func ok(w io.Writer, body []byte) bool {
	_, err := fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return err == nil
}

func target(path string, body []byte) Target {
	return Target{
		Request: []byte("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n"),
		Status:  200, Length: int64(len(body)), Sum: Sum(body),
	}
}

// body returns n varying bytes.
func body(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// closedPort returns an address that nothing listens on.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}
