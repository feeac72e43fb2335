package backendtest

import (
	"fmt"
	"os"
	"testing"

	"aws/backend"
)

var sendFileTests = []test{
	{"Ranges", testSendFileRanges},
	{"Large", testSendFileLarge},
	{"SlowReader", testSendFileSlowReader},
	{"LargeHead", testSendFileLargeHead},
	{"FullSocket", testSendFileFullSocket},
	{"Cold", testSendFileCold},
	{"ShorterThanPromised", testSendFileShort},
	{"AfterTheEnd", testSendFileAfterTheEnd},
	{"Shrinks", testSendFileShrinks},
	{"BadDescriptor", testSendFileBadDescriptor},
	{"ManyAtOnce", testSendFileMany},
}

// headID is the content of heads.
const headID = 77

// delivered sends d to c's peer, which reads as step does, and checks what it
// gets.
func (h *harness) delivered(c *conn, d delivery, in *intake, step func()) {
	h.t.Helper()
	want := append(append([]byte(nil), d.head...), content(d.file.id, d.off, d.n)...)
	before := len(in.got)
	if _, last := h.deliver(c, d, step); last <= 0 {
		h.t.Fatalf("sendfile: %s", outcome(last))
	}
	h.expect(in, int64(before+len(want)))
	equal(h.t, "peer", in.got[before:], want)
}

// All of a file and parts of it, with a head and without, one after the other
// on one connection.
func testSendFileRanges(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	const size = 50_000
	f := h.file(1, size)
	for _, r := range []struct{ off, n int64 }{
		{0, size}, {0, 1}, {size - 1, 1}, {1, 4096}, {4095, 2}, {4096, 8192}, {12345, size - 12345},
	} {
		for _, head := range []int64{0, 1, 300} {
			h.delivered(c, delivery{content(headID, 0, head), f, r.off, r.n}, in, in.quickly())
		}
	}
}

// A file larger than any engine moves in one operation.
func testSendFileLarge(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	f := h.file(1, s.bulk+123)
	h.delivered(c, delivery{content(headID, 0, 200), f, 0, f.size}, in, in.quickly())
}

func testSendFileSlowReader(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	f := h.file(1, s.bulk)
	h.delivered(c, delivery{content(headID, 0, 200), f, 777, f.size - 777}, in, in.slowly())
}

// A head that does not fit into the socket at once.
func testSendFileLargeHead(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	f := h.file(1, 10_000)
	h.delivered(c, delivery{content(headID, 0, s.bulk), f, 0, f.size}, in, in.slowly())
}

// Heads and files that meet a full socket at every point, also between a head
// and its file: the peer reads only when nothing moves otherwise.
func testSendFileFullSocket(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 3000)
	for _, head := range []int64{1, 300, 5000, 60_000} {
		c := h.connect()
		in := &intake{peer: c.peer}
		turns := 0
		step := func() {
			if turns++; turns > 5 {
				in.step(64 << 10)
			}
		}
		var want []byte
		for id := headID; len(want) < int(s.bulk/2); id++ {
			d := delivery{content(id, 0, head), f, 0, f.size}
			want = append(append(want, d.head...), content(f.id, 0, f.size)...)
			turns = 0
			if _, last := h.deliver(c, d, step); last <= 0 {
				t.Fatalf("sendfile: %s", outcome(last))
			}
		}
		h.expect(in, int64(len(want)))
		equal(t, "peer", in.got, want)
		h.close(c)
	}
}

func testSendFileCold(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	f := h.file(1, 300_000).cool()
	h.delivered(c, delivery{content(headID, 0, 200), f, 0, f.size}, in, in.quickly())
}

// A file that is shorter than promised yields 0 after its last byte.
func testSendFileShort(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for _, head := range []int64{0, 200} {
		c := h.connect()
		in := &intake{peer: c.peer}
		f := h.file(1, 10_000)
		d := delivery{content(headID, 0, head), f, 0, 20_000}
		sent, last := h.deliver(c, d, in.quickly())
		if sent != head+f.size || last != 0 {
			t.Fatalf("sendfile: %d bytes and then %s; the file has %d", sent, outcome(last), f.size)
		}
		h.expect(in, sent)
		equal(t, "peer", in.got, append(d.head, content(1, 0, f.size)...))
		h.close(c)
	}
}

func testSendFileAfterTheEnd(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	f := h.file(1, 10_000)
	for _, off := range []int64{f.size, f.size + 1, 1 << 40} {
		h.sendFile(c, nil, f, off, 100)
		if r := h.take(c, backend.OpSendFile); r.n != 0 {
			t.Fatalf("sendfile from %d: %s, want the end", off, outcome(r.n))
		}
	}
	h.echo(c)
}

// A file that shrinks while it is being sent yields 0 at its new end.
func testSendFileShrinks(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	f := h.file(1, 8<<20)
	d := delivery{nil, f, 0, f.size}
	for d.off == 0 {
		h.sendFile(c, nil, f, d.off, d.n)
		if r := h.take(c, backend.OpSendFile); r.n > 0 {
			d.advance(r.n)
		} else {
			t.Fatalf("sendfile: %s", outcome(r.n))
		}
	}
	// The kernel zeroes pages after a new end within them, even those that the
	// socket holds already, so the new end is at the start of another page.
	end := d.off/backend.Align*backend.Align + 16*backend.Align
	if err := os.Truncate(f.path, end); err != nil {
		t.Fatal(err)
	}
	before := d.off
	sent, last := h.deliver(c, d, in.quickly())
	if before+sent != end || last != 0 {
		t.Fatalf("sendfile: %d bytes and then %s; the file has %d", before+sent, outcome(last), end)
	}
	h.expect(in, end)
	check(t, "peer", in.got, 1, 0)
}

func testSendFileBadDescriptor(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	bad := &file{File: backend.File{FD: -1, Direct: -1}}
	h.sendFile(c, nil, bad, 0, 100)
	if r := h.take(c, backend.OpSendFile); r.n >= 0 {
		t.Fatalf("sendfile of a bad descriptor: %s", outcome(r.n))
	}
}

// All connections send files at once, to peers of different speeds, and each
// peer gets its own.
func testSendFileMany(t *testing.T, s *suite) {
	h := s.start(t, slots)
	type sender struct {
		c    *conn
		left delivery
		in   *intake
		want []byte
	}
	var senders []*sender
	for i := range slots {
		c := h.connect()
		f := h.file(i, s.bulk/8+int64(i))
		d := delivery{content(headID, int64(i), 100), f, 0, f.size}
		senders = append(senders, &sender{c, d, &intake{peer: c.peer}, append(d.head, content(i, 0, f.size)...)})
		h.sendFile(c, d.head, f, d.off, d.n)
	}
	h.until("all files to arrive", func() bool {
		all := true
		for i, s := range senders {
			s.in.step(1 << (12 + i%8))
			if r, ok := s.c.done[backend.OpSendFile]; ok {
				delete(s.c.done, backend.OpSendFile)
				if r.n <= 0 {
					t.Fatalf("sendfile: %s", outcome(r.n))
				}
				if s.left.advance(r.n); !s.left.over() {
					h.sendFile(s.c, s.left.head, s.left.file, s.left.off, s.left.n)
				}
			}
			all = all && len(s.in.got) >= len(s.want)
		}
		return all
	})
	h.until("all completions", h.idle)
	for i, s := range senders {
		equal(t, fmt.Sprint("peer ", i), s.in.got, s.want)
	}
}
