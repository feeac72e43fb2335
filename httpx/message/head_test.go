package message

import (
	"strings"
	"testing"
)

// A head of MaxHead bytes is accepted. A longer one is refused at its byte
// MaxHead.
func TestLongestHead(t *testing.T) {
	filler := func(n int) []byte {
		start := "GET / HTTP/1.1\r\nHost: a\r\nA: "
		return []byte(start + strings.Repeat("b", n-len(start)-4) + "\r\n\r\n")
	}
	var s HeadScan
	var r Request
	if end, why := s.Next(filler(MaxHead), &r); end != MaxHead || why != 0 {
		t.Errorf("head of MaxHead: end %d, why %q", end, why)
	}
	long := filler(MaxHead + 1)
	if end, why := s.Next(long[:MaxHead-1], &r); end != 0 || why != 0 {
		t.Errorf("before MaxHead: end %d, why %q", end, why)
	}
	if end, why := s.Next(long[:MaxHead], &r); end != 0 || why != LongHead {
		t.Errorf("at MaxHead: end %d, why %q", end, why)
	}
}

// A head that arrives byte by byte costs no more than a whole one: no byte is
// scanned again, except for a CR that waits for its LF.
func TestBytesAreScannedOnce(t *testing.T) {
	b := []byte(head(strings.Repeat("A: b\tc\r\n", MaxFields-2) + "D: " + strings.Repeat("e", MaxHead/2)))
	var s HeadScan
	var r Request
	for n := 3; n < len(b); n++ {
		if end, why := s.Next(b[:n], &r); end != 0 || why != 0 || int(s.at) < n-1 {
			t.Fatalf("of %d bytes: end %d, why %q, %d known", n, end, why, s.at)
		}
	}
}

// After a head the scan is ready for the next one.
func TestPipelinedHeads(t *testing.T) {
	b := []byte(strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 3))
	var s HeadScan
	var r Request
	for n := range 3 {
		end, why := s.Next(b, &r)
		if why != 0 || end != 27 {
			t.Fatalf("request %d: end %d, why %q", n, end, why)
		}
		b = b[end:]
	}
}

// The lines of a head are the same in whatever pieces it arrives.
func TestFieldsOfAHeadInPieces(t *testing.T) {
	for _, start := range []string{"", "\r\n"} {
		b := []byte(start + head("A: b", "Range: bytes=1-2", "If-Range: \"c\"", "Accept: d/e"))
		for at := range b {
			var s HeadScan
			var r Request
			if end, why := s.Next(b[:at], &r); end != 0 || why != 0 {
				t.Fatalf("of %d bytes: end %d, why %q", at, end, why)
			}
			if end, why := s.Next(b, &r); end != len(b) || why != 0 {
				t.Fatalf("after %d bytes: end %d, why %q", at, end, why)
			}
			if string(r.Path) != "/" || string(r.Host) != "a" || string(r.ranges) != "bytes=1-2" || string(r.ifRange) != `"c"` || string(r.accept.first) != "d/e" {
				t.Fatalf("after %d bytes: %q", at, []any{r.Path, r.Host, r.ranges, r.ifRange, r.accept.first})
			}
		}
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
