package message

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"testing"
)

var aType = []byte("text/plain; charset=utf-8")

// multipartBody returns the body of a response with ranges of content as parts.
func multipartBody(set *RangeSet, by *Boundary, content []byte) (b []byte) {
	size := int64(len(content))
	for _, r := range set.ranges[:set.n] {
		b = AppendPartHead(b, by, aType, r, size)
		b = append(b, content[r.First:r.end()]...)
	}
	return AppendLastDelimiter(b, by)
}

// RFC 9110 §14.6.
func TestPackageMimeReadsTheParts(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789\r\n--"), 100)
	size := int64(len(content))
	by := newTestBoundary()
	for _, set := range []RangeSet{
		{1, [maxRanges]Range{{0, 1}}},
		{2, [maxRanges]Range{{0, 1}, {size - 1, 1}}},
		{3, [maxRanges]Range{{999, 2}, {0, 10}, {100, 900}}},
		{1, [maxRanges]Range{{0, size}}},
	} {
		body := multipartBody(&set, &by, content)
		if n := MultipartLength(&set, aType, size); n != int64(len(body)) {
			t.Errorf("%v: %d bytes, not %d", set.ranges[:set.n], len(body), n)
		}
		reader := multipart.NewReader(bytes.NewReader(body), string(by[:]))
		for _, r := range set.ranges[:set.n] {
			part, err := reader.NextRawPart()
			if err != nil {
				t.Fatalf("%v: %v", set.ranges[:set.n], err)
			}
			got, err := io.ReadAll(part)
			want := fmt.Sprintf("bytes %d-%d/%d", r.First, r.First+r.Length-1, size)
			if err != nil || !bytes.Equal(got, content[r.First:r.end()]) || len(part.Header) != 2 ||
				part.Header.Get("Content-Range") != want || part.Header.Get("Content-Type") != string(aType) {
				t.Errorf("%v: %v, %d bytes, %v", r, part.Header, len(got), err)
			}
		}
		if _, err := reader.NextRawPart(); err != io.EOF {
			t.Errorf("%v: after the last part: %v", set.ranges[:set.n], err)
		}
	}
}

func TestLengthsArePredicted(t *testing.T) {
	by := newTestBoundary()
	for _, size := range []int64{1, 9, 10, 99, 100, 1 << 32, math.MaxInt64} {
		for _, r := range []Range{{0, 1}, {0, size}, {size - 1, 1}, {size / 2, size/2 + size%2}} {
			b := AppendPartHead(nil, &by, aType, r, size)
			if n := partHeadLength(aType, r, size); n != len(b) {
				t.Errorf("%v of %d: %d, not %d: %q", r, size, n, len(b), b)
			}
		}
	}
	// The longest response fits 63 bits.
	set := RangeSet{n: maxRanges}
	for i := range set.ranges {
		set.ranges[i] = Range{maxMultipartSize - 1, 1}
	}
	set.ranges[0] = Range{0, maxMultipartSize - maxRanges}
	if n := MultipartLength(&set, bytes.Repeat([]byte("a"), 1<<10), maxMultipartSize); n < maxMultipartSize {
		t.Errorf("%d", n)
	}
}

func TestFieldsOfRanges(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{AppendContentRange([]byte("A"), Range{0, 1}, 1), "AContent-Range: bytes 0-0/1\r\n"},
		{AppendContentRange(nil, Range{1 << 32, 10}, 1<<33), "Content-Range: bytes 4294967296-4294967305/8589934592\r\n"},
		{AppendUnsatisfiedRange([]byte("A"), 0), "AContent-Range: bytes */0\r\n"},
		{AppendUnsatisfiedRange(nil, math.MaxInt64), "Content-Range: bytes */9223372036854775807\r\n"},
		{AppendMultipartType(nil, &Boundary{'a', 15: 'b'}), "Content-Type: multipart/byteranges; boundary=a" + string(make([]byte, 14)) + "b\r\n"},
	} {
		if string(c.got) != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func newTestBoundary() Boundary {
	var s Boundaries
	s.Seed([32]byte{})
	return s.Next()
}

// Boundaries need no quotes (RFC 2046 §5.1.1), and none comes twice, from one
// loop or several.
func TestBoundariesDiffer(t *testing.T) {
	seen := map[Boundary]bool{}
	for range 4 {
		var s Boundaries
		s.Seed(RandomSeed())
		for range 1000 {
			by := s.Next()
			if seen[by] || !TokenChars.HasAll(by[:]) {
				t.Fatalf("%q", by)
			}
			seen[by] = true
		}
	}
	if first := newTestBoundary(); first != newTestBoundary() {
		t.Error("the same key makes other boundaries")
	}
}

func TestMultipartDoesNotAllocate(t *testing.T) {
	var s Boundaries
	s.Seed(RandomSeed())
	set := RangeSet{2, [maxRanges]Range{{0, 1}, {1 << 32, 1 << 32}}}
	b := make([]byte, 0, 1<<10)
	noAllocs(t, "multipart", func() {
		by := s.Next()
		b = AppendMultipartType(b[:0], &by)
		b = AppendPartHead(b, &by, aType, set.ranges[0], 1<<33)
		b = AppendLastDelimiter(b, &by)
		b = AppendUnsatisfiedRange(b, MultipartLength(&set, aType, 1<<33))
	})
}
