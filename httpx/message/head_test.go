package message

import (
	"strings"
	"testing"
)

// A head of MaxHead bytes is accepted. A longer one is refused at its byte
// MaxHead.
func TestLongestHead(t *testing.T) {
	filler := func(n int) []byte {
		start := "GET / HTTP/1.1\r\nA: "
		return []byte(start + strings.Repeat("b", n-len(start)-4) + "\r\n\r\n")
	}
	var s HeadScan
	if end, status := s.Next(filler(MaxHead)); end != MaxHead || status != 0 {
		t.Errorf("head of MaxHead: end %d, status %d", end, status)
	}
	long := filler(MaxHead + 1)
	if end, status := s.Next(long[:MaxHead-1]); end != 0 || status != 0 {
		t.Errorf("before MaxHead: end %d, status %d", end, status)
	}
	if end, status := s.Next(long[:MaxHead]); end != 0 || status != 431 {
		t.Errorf("at MaxHead: end %d, status %d", end, status)
	}
}

// A head that arrives byte by byte costs no more than a whole one: no byte is
// scanned again, except for a CR that waits for its LF.
func TestBytesAreScannedOnce(t *testing.T) {
	b := []byte(head(strings.Repeat("A: b\tc\r\n", MaxFields) + "D: " + strings.Repeat("e", MaxHead/2)))
	var s HeadScan
	for n := 3; n < len(b); n++ {
		if end, status := s.Next(b[:n]); end != 0 || status != 0 || int(s.at) < n-1 {
			t.Fatalf("of %d bytes: end %d, status %d, %d known", n, end, status, s.at)
		}
	}
}

// After a head the scan is ready for the next one.
func TestPipelinedHeads(t *testing.T) {
	b := []byte(strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 3))
	var s HeadScan
	for n := range 3 {
		end, status := s.Next(b)
		if status != 0 || end != 27 {
			t.Fatalf("request %d: end %d, status %d", n, end, status)
		}
		b = b[end:]
	}
}

func TestIndexControl(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			b := []byte(strings.Repeat("\x80\xffa ~", 4))
			b[at] = byte(c)
			want := len(b)
			if c < ' ' || c == 0x7f {
				want = at
			}
			if got := IndexControl(b); got != want {
				t.Fatalf("byte %#x at %d: %d", c, at, got)
			}
		}
	}
}
