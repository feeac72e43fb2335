package load

import (
	"bytes"
	"errors"
	"fmt"
)

// WrongAnswer says that a server sent a wrong answer, which invalidates its
// measurement.
type WrongAnswer struct{ What string }

func (w WrongAnswer) Error() string { return w.What }

func wrong(format string, args ...any) error { return WrongAnswer{fmt.Sprintf(format, args...)} }

// maxHead is the longest head of an answer that is accepted.
const maxHead = 16 << 10

// headEnd returns the length of the head at the start of b, or -1 if the head is
// incomplete.
func headEnd(b []byte) int {
	i := bytes.Index(b, []byte("\r\n\r\n"))
	if i < 0 {
		return -1
	}
	return i + 4
}

// answerHead is what the generator needs from the head of an answer.
type answerHead struct {
	status int
	length int64
	part   Part // of Content-Range
	close  bool // the server will close the connection
}

var errNoLength = errors.New("answer without Content-Length")

// parseHead parses a complete head, including the final empty line.
func parseHead(b []byte) (h answerHead, err error) {
	line, rest, _ := bytes.Cut(b, []byte("\r\n"))
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return h, fmt.Errorf("not a status line: %.60q", line)
	}
	h.close = line[7] == '0'
	for _, digit := range line[9:12] {
		if digit < '0' || digit > '9' {
			return h, fmt.Errorf("not a status line: %.60q", line)
		}
		h.status = h.status*10 + int(digit-'0')
	}
	h.length = -1
	for len(rest) > 2 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			return h, fmt.Errorf("not a header field: %.60q", line)
		}
		if err := h.field(name, bytes.TrimSpace(value)); err != nil {
			return h, err
		}
	}
	if h.length < 0 {
		return h, errNoLength
	}
	return h, nil
}

func (h *answerHead) field(name, value []byte) error {
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		n, ok := decimal(value)
		if !ok || h.length >= 0 && h.length != n {
			return fmt.Errorf("Content-Length: %.40q", value)
		}
		h.length = n
	case bytes.EqualFold(name, []byte("Content-Range")):
		part, ok := parsePart(value)
		if !ok || h.part != (Part{}) && h.part != part {
			return fmt.Errorf("Content-Range: %.60q", value)
		}
		h.part = part
	case bytes.EqualFold(name, []byte("Connection")):
		switch {
		case bytes.EqualFold(value, []byte("close")):
			h.close = true
		case bytes.EqualFold(value, []byte("keep-alive")):
			h.close = false
		}
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		return fmt.Errorf("Transfer-Encoding: %.40q instead of a Content-Length", value)
	case bytes.EqualFold(name, []byte("Content-Encoding")) && !bytes.EqualFold(value, []byte("identity")):
		return fmt.Errorf("Content-Encoding: %.40q, another representation than requested", value)
	}
	return nil
}

// parsePart parses the value of a Content-Range field, "bytes 0-99/1000" (RFC
// 9110 §14.4). It requires the size, which a file always has.
func parsePart(value []byte) (p Part, ok bool) {
	unit, value, _ := bytes.Cut(value, []byte(" "))
	first, value, _ := bytes.Cut(value, []byte("-"))
	last, size, _ := bytes.Cut(value, []byte("/"))
	var oks [3]bool
	p.First, oks[0] = decimal(first)
	p.Last, oks[1] = decimal(last)
	p.Size, oks[2] = decimal(size)
	return p, bytes.EqualFold(unit, []byte("bytes")) && oks == [3]bool{true, true, true}
}

// decimal parses a number that consists of digits only.
func decimal(digits []byte) (n int64, ok bool) {
	for _, digit := range digits {
		if digit < '0' || digit > '9' || n > 1<<50 {
			return 0, false
		}
		n = n*10 + int64(digit-'0')
	}
	return n, len(digits) > 0
}

// headCache remembers the last head. The heads of answers for one file differ
// only once a second, and comparing is cheaper than parsing.
type headCache struct {
	last   []byte
	parsed answerHead
}

func (c *headCache) parse(b []byte) (answerHead, error) {
	if bytes.Equal(b, c.last) {
		return c.parsed, nil
	}
	h, err := parseHead(b)
	if err != nil {
		return h, err
	}
	c.last, c.parsed = append(c.last[:0], b...), h
	return h, nil
}

// check compares a head with the answer that the target requires.
func (h answerHead) check(t *Target) error {
	switch {
	case h.status != t.Status:
		return wrong("status %d instead of %d", h.status, t.Status)
	case h.length != t.Length:
		return wrong("a body of %d bytes instead of %d", h.length, t.Length)
	case h.part != t.Part:
		return wrong("the part %v instead of %v", h.part, t.Part)
	}
	return nil
}
