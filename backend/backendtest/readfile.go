package backendtest

import (
	"fmt"
	"testing"

	"aws/backend"
)

var readFileTests = []test{
	{"Buffered", testReadFileBuffered},
	{"Direct", testReadFileDirect},
	{"BadDescriptor", testReadFileBadDescriptor},
	{"ManyAtOnce", testReadFileMany},
	{"BesideRecv", testReadFileBesideRecv},
	{"BesideSend", testReadFileBesideSend},
}

func testReadFileBuffered(t *testing.T, s *suite) {
	h := s.start(t, slots)
	readRanges(h, func(f *file) *file { return f })
}

func testReadFileDirect(t *testing.T, s *suite) {
	h := s.start(t, slots)
	readRanges(h, (*file).direct)
}

// readRanges reads files of all kinds of sizes, from the page cache and from
// the disk.
func readRanges(h *harness, opened func(*file) *file) {
	const block = backend.Align
	c := h.connect()
	for i, size := range []int64{1, 100, block - 1, block, block + 1, 5 * block, 20*block + 7, 1 << 20} {
		f := opened(h.file(i, size))
		for _, cold := range []bool{true, false} {
			for _, off := range []int64{0, block, 3 * block, size / block * block} {
				if off > size {
					continue
				}
				for _, length := range []int{block, 2 * block, 1 << 20} {
					if cold {
						f.cool()
					}
					h.readRange(c, f, off, length)
				}
			}
		}
		h.readEnd(c, f)
	}
}

// readRange reads up to n bytes of f at off and checks them.
func (h *harness) readRange(c *conn, f *file, off int64, n int) {
	h.t.Helper()
	what := fmt.Sprintf("readfile of %d bytes from %d of %d", n, off, f.size)
	want := int(min(int64(n), f.size-off))
	b := pages(n)
	for have := 0; have < want; {
		h.checkDeadline(what)
		// A count that is no multiple of Align has to be read again from the
		// last one that is.
		from := have / backend.Align * backend.Align
		h.readFile(c, b[from:], f, off+int64(from))
		r := h.take(c, backend.OpReadFile)
		if r.n <= 0 {
			h.t.Fatalf("%s: %s after %d bytes", what, outcome(r.n), have)
		}
		have = from + r.n
		if have > want {
			h.t.Fatalf("%s: %d bytes, the file has %d", what, have, want)
		}
	}
	check(h.t, what, b[:want], f.id, off)
}

// readEnd reads at and behind the end of f.
func (h *harness) readEnd(c *conn, f *file) {
	h.t.Helper()
	end := (f.size + backend.Align - 1) / backend.Align * backend.Align
	for _, off := range []int64{end, end + 10*backend.Align} {
		h.readFile(c, pages(2*backend.Align), f, off)
		if r := h.take(c, backend.OpReadFile); r.n != 0 {
			h.t.Fatalf("readfile from %d of %d: %s, want the end", off, f.size, outcome(r.n))
		}
	}
}

func testReadFileBadDescriptor(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	good := h.file(1, 10_000)
	for _, fd := range []int32{-1, 1 << 20} {
		bad := &file{File: backend.File{FD: fd, Direct: -1}}
		h.readFile(c, pages(backend.Align), bad, 0)
		if r := h.take(c, backend.OpReadFile); r.n >= 0 {
			t.Fatalf("readfile of descriptor %d: %s", fd, outcome(r.n))
		}
		h.readRange(c, good, 0, 3*backend.Align) // the engine has not choked on it
	}
}

// Reads of all connections are in flight at once, each of its own file and
// offset, from the disk and from memory, and each gets its own bytes.
func testReadFileMany(t *testing.T, s *suite) {
	h := s.start(t, slots)
	const n, rounds = 8 * backend.Align, 8
	var conns []*conn
	var files []*file
	buffers := make([][]byte, slots)
	for i := range slots {
		conns = append(conns, h.connect())
		files = append(files, h.file(i, rounds*n))
		buffers[i] = pages(n)
	}
	for round := range int64(rounds) {
		for i, c := range conns {
			if (int64(i)+round)%2 == 0 {
				files[i].cool()
			}
			h.readFile(c, buffers[i], files[i], round*n)
		}
		for i, c := range conns {
			r := h.take(c, backend.OpReadFile)
			if r.n <= 0 {
				t.Fatalf("readfile: %s", outcome(r.n))
			}
			check(t, fmt.Sprintf("readfile %d in round %d", i, round), buffers[i][:r.n], i, round*n)
		}
	}
}

// A Recv that waits neither holds a read up nor is completed by it.
func testReadFileBesideRecv(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	f := h.file(1, 1<<20)
	h.recv(c)
	for range 5 {
		h.readRange(c, f.cool(), 0, 1<<20)
	}
	if len(c.done) != 0 {
		t.Fatalf("recv: %s, and nothing was sent", outcome(c.done[backend.OpRecv].n))
	}
	h.write(c.peer, []byte("x"))
	equal(t, "recv", h.take(c, backend.OpRecv).data, []byte("x"))
}

// A stream as the server makes it: while one buffer is being sent, the next
// one is read, to a peer that is slow and one that is not.
func testReadFileBesideSend(t *testing.T, s *suite) {
	h := s.start(t, slots)
	const piece = 16 * backend.Align
	f := h.file(1, s.bulk/piece*piece)
	for _, slow := range []bool{false, true} {
		c := h.connect()
		in := &intake{peer: c.peer}
		step := in.quickly()
		if slow {
			step = in.slowly()
		}
		next, sending := pages(piece), pages(piece)
		h.readFile(c, next, f.cool(), 0)
		for off := int64(0); off < f.size; off += piece {
			for have := 0; have < piece; {
				r := h.takeWhile(c, backend.OpReadFile, step)
				if r.n <= 0 {
					t.Fatalf("readfile: %s", outcome(r.n))
				}
				if have = (have + r.n) / backend.Align * backend.Align; have < piece {
					h.readFile(c, next[have:], f, off+int64(have))
				}
			}
			next, sending = sending, next
			if off+piece < f.size {
				h.readFile(c, next, f.cool(), off+piece)
			}
			h.sendAll(c, sending, step)
		}
		h.expect(in, f.size)
		check(t, "peer", in.got, f.id, 0)
		h.close(c)
	}
}
