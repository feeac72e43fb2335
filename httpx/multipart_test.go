package httpx

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"testing"
)

var aType = []byte("text/plain; charset=utf-8")

// multipartBody is the body of an answer with parts, of this content.
func multipartBody(set *rangeSet, by *boundary, content []byte) (b []byte) {
	size := int64(len(content))
	for _, r := range set.ranges[:set.n] {
		b = appendPartHead(b, by, aType, r, size)
		b = append(b, content[r.first:r.end()]...)
	}
	return appendLastDelimiter(b, by)
}

// RFC 9110 §14.6, read by package mime/multipart.
func TestMultipart(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789\r\n--"), 100)
	size := int64(len(content))
	by := newTestBoundary()
	for _, set := range []rangeSet{
		{1, [maxRanges]byteRange{{0, 1}}},
		{2, [maxRanges]byteRange{{0, 1}, {size - 1, 1}}},
		{3, [maxRanges]byteRange{{999, 2}, {0, 10}, {100, 900}}},
		{1, [maxRanges]byteRange{{0, size}}},
	} {
		body := multipartBody(&set, &by, content)
		if n := multipartLength(&set, aType, size); n != int64(len(body)) {
			t.Errorf("%v: %d bytes, not %d", set.ranges[:set.n], len(body), n)
		}
		reader := multipart.NewReader(bytes.NewReader(body), string(by[:]))
		for _, r := range set.ranges[:set.n] {
			part, err := reader.NextRawPart()
			if err != nil {
				t.Fatalf("%v: %v", set.ranges[:set.n], err)
			}
			got, err := io.ReadAll(part)
			want := fmt.Sprintf("bytes %d-%d/%d", r.first, r.first+r.length-1, size)
			if err != nil || !bytes.Equal(got, content[r.first:r.end()]) || len(part.Header) != 2 ||
				part.Header.Get("Content-Range") != want || part.Header.Get("Content-Type") != string(aType) {
				t.Errorf("%v: %v, %d bytes, %v", r, part.Header, len(got), err)
			}
		}
		if _, err := reader.NextRawPart(); err != io.EOF {
			t.Errorf("%v: behind the last part: %v", set.ranges[:set.n], err)
		}
	}
}

func TestMultipartLength(t *testing.T) {
	by := newTestBoundary()
	for _, size := range []int64{1, 9, 10, 99, 100, 1 << 32, math.MaxInt64} {
		for _, r := range []byteRange{{0, 1}, {0, size}, {size - 1, 1}, {size / 2, size/2 + size%2}} {
			b := appendPartHead(nil, &by, aType, r, size)
			if n := partHeadLength(aType, r, size); n != len(b) {
				t.Errorf("%v of %d: %d, not %d: %q", r, size, n, len(b), b)
			}
		}
	}
	// The longest there may be still fits.
	set := rangeSet{n: maxRanges}
	for i := range set.ranges {
		set.ranges[i] = byteRange{maxMultipartSize - 1, 1}
	}
	set.ranges[0] = byteRange{0, maxMultipartSize - maxRanges}
	if n := multipartLength(&set, bytes.Repeat([]byte("a"), 1<<10), maxMultipartSize); n < maxMultipartSize {
		t.Errorf("%d", n)
	}
}

func TestContentRange(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{appendContentRange([]byte("A"), byteRange{0, 1}, 1), "AContent-Range: bytes 0-0/1\r\n"},
		{appendContentRange(nil, byteRange{1 << 32, 10}, 1<<33), "Content-Range: bytes 4294967296-4294967305/8589934592\r\n"},
		{appendUnsatisfiedRange([]byte("A"), 0), "AContent-Range: bytes */0\r\n"},
		{appendUnsatisfiedRange(nil, math.MaxInt64), "Content-Range: bytes */9223372036854775807\r\n"},
		{appendMultipartType(nil, &boundary{'a', 15: 'b'}), "Content-Type: multipart/byteranges; boundary=a" + string(make([]byte, 14)) + "b\r\n"},
	} {
		if string(c.got) != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func newTestBoundary() boundary {
	var s boundaries
	s.seed([32]byte{})
	return s.next()
}

// RFC 2046 §5.1.1: characters that need no quotes; and no boundary is like
// another, of the same loop or of one more.
func TestBoundaries(t *testing.T) {
	seen := map[boundary]bool{}
	for range 4 {
		var s boundaries
		s.seed(randomSeed())
		for range 1000 {
			by := s.next()
			if seen[by] || !all(by[:], tokenChar) {
				t.Fatalf("%q", by)
			}
			seen[by] = true
		}
	}
	if first := newTestBoundary(); first != newTestBoundary() {
		t.Error("the same key makes other boundaries")
	}
}

func TestMultipartAllocs(t *testing.T) {
	var s boundaries
	s.seed(randomSeed())
	set := rangeSet{2, [maxRanges]byteRange{{0, 1}, {1 << 32, 1 << 32}}}
	b := make([]byte, 0, 1<<10)
	noAllocs(t, "multipart", func() {
		by := s.next()
		b = appendMultipartType(b[:0], &by)
		b = appendPartHead(b, &by, aType, set.ranges[0], 1<<33)
		b = appendLastDelimiter(b, &by)
		b = appendUnsatisfiedRange(b, multipartLength(&set, aType, 1<<33))
	})
}
