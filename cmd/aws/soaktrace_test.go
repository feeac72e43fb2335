// Whether bytes that a soak has received are those of a version of their file.

package main_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

// trace takes what arrives of a file, from off on, and looks at every byte. What
// has one version has to have it from the first byte to the last. What is written
// to in place may have several, and zeros where it was cut off: all but the
// version is looked at.
type trace struct {
	file    *soakFile
	off     int64
	version uint32 // 0 until a whole word has arrived
	short   []byte // what has arrived until then
	oldest  uint32 // of several versions
	zeros   bool
	wrong   error
	scratch []byte
}

func (f *soakFile) trace(off int64) *trace { return &trace{file: f, off: off} }

// Write takes bytes. Its error is also t.wrong.
func (t *trace) Write(b []byte) (int, error) {
	n := len(b)
	if t.version == 0 {
		t.short = append(t.short, b...)
		if b = t.begin(); b == nil {
			return n, nil
		}
	}
	if t.file.habit.inPlace() {
		t.loose(b)
	} else {
		t.strict(b)
	}
	t.off += int64(len(b))
	return n, t.wrong
}

// begin finds the version once a whole word is there, and returns what has
// arrived so far.
func (t *trace) begin() []byte {
	at := int(-t.off & 7)
	if len(t.short) < at+8 {
		return nil
	}
	w := binary.LittleEndian.Uint64(t.short[at:])
	t.version = uint32(w >> 40)
	t.oldest = t.version
	b := t.short
	t.short = nil
	return b
}

// strict compares b with what the one version holds.
func (t *trace) strict(b []byte) {
	if t.wrong == nil && !bytes.Equal(b, t.want(b, t.version)) {
		t.wrong = t.complaint(b, t.want(b, t.version))
	}
}

// want is what the version holds where b is.
func (t *trace) want(b []byte, version uint32) []byte {
	if cap(t.scratch) < len(b) {
		t.scratch = make([]byte, max(len(b), 32<<10))
	}
	want := t.scratch[:len(b)]
	t.file.fill(want, version, t.off)
	return want
}

// loose compares b with what any version holds, or zeros.
func (t *trace) loose(b []byte) {
	want := t.want(b, t.version)
	if t.wrong != nil || bytes.Equal(b, want) {
		return
	}
	for i := range b {
		at := (t.off + int64(i)) & 7
		switch {
		case b[i] == want[i]:
		case at >= 5: // of the version
		case b[i] == 0:
			t.zeros = true
		default:
			t.wrong = t.complaint(b, want)
			return
		}
		if at == 7 && i >= 7 {
			v := uint32(binary.LittleEndian.Uint64(b[i-7:]) >> 40)
			t.oldest, t.version = min(t.oldest, v), max(t.version, v)
		}
	}
}

// complaint names the first byte that differs, and what would be right there.
func (t *trace) complaint(got, want []byte) error {
	i := 0
	for got[i] == want[i] {
		i++
	}
	from := max(i-8, 0)
	return fmt.Errorf("from byte %d of version %d on: % x, want % x", t.off+int64(i), t.version,
		got[from:min(i+24, len(got))], want[from:min(i+24, len(want))])
}

// verdict says what is wrong with all that has arrived of a file of total bytes,
// below 0 if that is not known, which was asked for at s. It also returns the
// version.
func (t *trace) verdict(s since, total int64) (uint32, error) {
	last := t.file.begun.Load()
	if t.version == 0 && t.wrong == nil {
		return t.guess(s, last, total)
	}
	size := t.file.size(t.version)
	switch {
	case t.wrong != nil:
		return 0, t.wrong
	case t.file.habit.inPlace():
		return t.version, t.looseVerdict(s, total)
	case t.version < s.version || t.version > last:
		return 0, fmt.Errorf("version %d, want %d to %d", t.version, s.version, last)
	case total >= 0 && size >= 0 && total != size:
		return 0, fmt.Errorf("%d bytes, version %d has %d", total, t.version, size)
	case t.file.habit == grown && s.version == last && total >= 0 && (total < s.size || total > t.file.begunSize.Load()):
		return 0, fmt.Errorf("%d bytes, want %d to %d", total, s.size, t.file.begunSize.Load())
	}
	return t.version, nil
}

// looseVerdict is the verdict on a file that is written to in place: if nobody
// has done that meanwhile, it is of one version.
func (t *trace) looseVerdict(s since, total int64) error {
	switch {
	case total > t.file.base || t.file.habit == rewritten && (t.zeros || total >= 0 && total != t.file.base):
		return fmt.Errorf("%d bytes, zeros %v, want %d bytes", total, t.zeros, t.file.base)
	case !t.zeros && (t.oldest < s.version || t.version > t.file.begun.Load()):
		return fmt.Errorf("versions %d to %d, want %d to %d", t.oldest, t.version, s.version, t.file.begun.Load())
	case !t.file.changed(s) && (t.zeros || t.oldest != t.version || t.version != s.version || total >= 0 && total != t.file.base):
		return fmt.Errorf("%d bytes of versions %d to %d, zeros %v; nobody has changed version %d of %d bytes",
			total, t.oldest, t.version, t.zeros, s.version, t.file.base)
	}
	return nil
}

// guess is the verdict on so few bytes that they do not tell their version.
func (t *trace) guess(s since, last uint32, total int64) (uint32, error) {
	if t.file.habit.inPlace() || t.file.habit == grown {
		if total < 0 || t.file.habit == truncated && t.file.changed(s) {
			return s.version, nil
		}
		return 0, fmt.Errorf("%d bytes, want %d", total, t.file.base)
	}
	for v := s.version; v <= last; v++ {
		if !t.file.absent(v) && (total < 0 || total == t.file.size(v)) && bytes.Equal(t.short, t.want(t.short, v)) {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%d bytes at %d of %d: % x, not of version %d to %d", len(t.short), t.off, total, t.short, s.version, last)
}

// end is where the next byte would be.
func (t *trace) end() int64 { return t.off + int64(len(t.short)) }

// A soak sees bytes that are wrong, however few they are and however they come.
func TestTraceSeesWrongBytes(t *testing.T) {
	for _, h := range []habit{replaced, rewritten, truncated} {
		w := &world{}
		w.add(h, "file", 5000)
		w.add(h, "other", 5000)
		f, other := w.files[0], w.files[1]
		f.begun.Store(4)
		f.done.Store(3)
		three, four := f.content(3), f.content(4)
		mixed := slices.Concat(three[:2400], four[2400:f.size(3)])
		shifted := slices.Concat(three[8:], three[:8])
		for _, c := range []struct {
			name  string
			bytes []byte
			right bool
		}{
			{"before", three, true},
			{"after", four, true},
			{"too old", f.content(2), false},
			{"too new", f.content(5), false},
			{"another file's", other.content(3), false},
			{"of another place", shifted, false},
			{"one wrong", slices.Concat(three[:3001], []byte{77}, three[3002:]), false},
			{"mixed", mixed, h.inPlace()},
			{"with zeros", slices.Concat(three[:2400], make([]byte, 600), three[3000:]), h == truncated},
			{"too long", slices.Concat(four, four[:1]), false},
			{"too short", three[:4900], h == truncated},
			{"few", three[:10], h == truncated},
		} {
			for _, portion := range []int{1, 7, 1000, len(c.bytes)} {
				trace := f.trace(0)
				for part := range slices.Chunk(c.bytes, portion) {
					_, _ = trace.Write(part)
				}
				if _, err := trace.verdict(since{version: 3}, trace.end()); (err == nil) != c.right {
					t.Errorf("%s, bytes %s, %d at a time: %v", habitNames[h], c.name, portion, err)
				}
			}
		}
	}
}
