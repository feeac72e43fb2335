package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Request bodies mean nothing to a file server. It drops them: what follows one is
// the next request, and what is inside one never is.

const trap = "GET /nowhere HTTP/1.1\r\nHost: trap\r\n\r\n"

func withLength(body string) string {
	return get("/static/"+small, fmt.Sprint("Content-Length: ", len(body))) + body
}

func chunked(chunks ...string) string {
	var b strings.Builder
	b.WriteString(get("/dynamic/"+small, "Transfer-Encoding: chunked"))
	for _, chunk := range chunks {
		fmt.Fprintf(&b, "%x;extension=1\r\n%s\r\n", len(chunk), chunk)
	}
	b.WriteString("0\r\nTrailer: 1\r\n\r\n")
	return b.String()
}

func TestBodyDropped(t *testing.T) {
	for name, text := range map[string]string{
		"length":       withLength(trap),
		"empty":        withLength(""),
		"long":         withLength(strings.Repeat(trap, 2000)),
		"chunked":      chunked(trap, "x", trap),
		"no chunk":     chunked(),
		"long chunked": chunked(strings.Repeat(trap, 1000), strings.Repeat(trap, 1000)),
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, s *server) {
				c := s.dial(t)
				c.send(text)
				c.file(small)
				c.goesOn()
				c.send(text + text)
				c.file(small)
				c.file(small)
				c.goesOn()
			})
		})
	}
}

func TestBodyBytewise(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		c := s.dial(t)
		c.sendBytewise(chunked(trap, "x") + withLength(trap))
		c.file(small)
		c.file(small)
		c.goesOn()
	})
}

// An error does not wait for a body that cannot change it. What comes of the body
// is no request.
func TestErrorDoesNotWaitForBody(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		for _, framing := range []string{fmt.Sprint("Content-Length: ", len(trap)), "Transfer-Encoding: chunked"} {
			c := s.dial(t)
			c.send(request("POST", "/static/"+small, framing))
			if !c.refusal(http.StatusMethodNotAllowed).Close {
				t.Error("the answer does not say that the connection ends")
			}
			c.send(trap)
			c.ends()
		}
	})
}

// A body too long to wait for: the answer, and the end.
func TestBodyTooLong(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for name, text := range map[string]string{"length": withLength(long), "chunked": chunked(long)} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, s *server) {
				c := s.dial(t)
				go func() { _, _ = c.Write([]byte(text)) }()
				if !c.file(small).Close {
					t.Error("the answer does not say that the connection ends")
				}
				c.ends()
			})
		})
	}
}

// A client that asks before it sends its body gets the answer instead.
func TestExpectContinue(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		c := s.dial(t)
		c.send(get("/static/"+small, "Expect: 100-continue", "Content-Length: 1000"))
		if !c.file(small).Close {
			t.Error("the answer does not say that the connection ends")
		}
		c.ends()
	})
}
