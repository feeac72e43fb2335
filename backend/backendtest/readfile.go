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
	{"OutliveConnections", testReadFileOutlive},
	{"OneNumberAfterAnother", testReadFileNumbers},
	{"Cold", testReadFileCold},
	{"ColdWithoutDirect", testReadFileColdWithoutDirect},
	{"WhileReceiving", testReadFileWhileReceiving},
	{"WhileSending", testReadFileWhileSending},
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
					h.readRange(f, off, length)
				}
			}
		}
		h.readEnd(f)
	}
}

// readRange reads up to n bytes of f at off as read 0, and checks them.
func (h *harness) readRange(f *file, off int64, n int) {
	h.t.Helper()
	what := fmt.Sprintf("readfile of %d bytes from %d of %d", n, off, f.size)
	want := int(min(int64(n), f.size-off))
	b := pages(n)
	for have := 0; have < want; {
		h.checkDeadline(what)
		// A count that is not a multiple of Align has to be read again from the
		// last one that is.
		from := have / backend.Align * backend.Align
		h.readFile(0, b[from:], f, off+int64(from))
		r := h.takeRead(0)
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

// readEnd reads at and after the end of f.
func (h *harness) readEnd(f *file) {
	h.t.Helper()
	end := (f.size + backend.Align - 1) / backend.Align * backend.Align
	for _, off := range []int64{end, end + 10*backend.Align} {
		h.readFile(0, pages(2*backend.Align), f, off)
		if r := h.takeRead(0); r.n != 0 {
			h.t.Fatalf("readfile from %d of %d: %s, want the end", off, f.size, outcome(r.n))
		}
	}
}

func testReadFileBadDescriptor(t *testing.T, s *suite) {
	h := s.start(t, slots)
	good := h.file(1, 10_000)
	for _, fd := range []int32{-1, 1 << 20} {
		bad := &file{File: backend.File{FD: fd, Direct: -1}}
		h.readFile(0, pages(backend.Align), bad, 0)
		if r := h.takeRead(0); r.n >= 0 {
			t.Fatalf("readfile of descriptor %d: %s", fd, outcome(r.n))
		}
		h.readRange(good, 0, 3*backend.Align) // the engine still works
	}
}

// Reads of all numbers are in flight at once, each of its own file and offset,
// from the disk and from memory, and each gets its own bytes.
func testReadFileMany(t *testing.T, s *suite) {
	h := s.start(t, 1)
	const n, rounds = 8 * backend.Align, 8
	var files []*file
	buffers := make([][]byte, reads)
	for i := range buffers {
		files = append(files, h.file(i, rounds*n))
		buffers[i] = pages(n)
	}
	for round := range int64(rounds) {
		for i, f := range files {
			if (int64(i)+round)%2 == 0 {
				f.cool()
			}
			h.readFile(int32(i), buffers[i], f, round*n)
		}
		for i := range files {
			r := h.takeRead(int32(i))
			if r.n <= 0 {
				t.Fatalf("readfile: %s", outcome(r.n))
			}
			check(t, fmt.Sprintf("readfile %d in round %d", i, round), buffers[i][:r.n], i, round*n)
		}
	}
}

// Reads outlive the connections for which they were made: neither Cancel nor
// Close nor a slot's next connection touches them.
func testReadFileOutlive(t *testing.T, s *suite) {
	h := s.start(t, 4)
	const n = 1 << 20
	f := h.file(1, n).direct()
	buffers := make([][]byte, reads)
	for i := range buffers {
		buffers[i] = pages(n)
	}
	for round := range 3 {
		var conns []*conn
		for range 4 {
			conns = append(conns, h.connect())
			h.recv(conns[len(conns)-1])
		}
		for i, b := range buffers {
			h.readFile(int32(i), b, f.cool(), 0)
		}
		if round > 0 {
			h.turn(0)
		}
		for _, c := range conns {
			h.cancel(c)
			h.take(c, backend.OpRecv)
			h.close(c)
			h.echo(h.connect())
		}
		for i, b := range buffers {
			r := h.takeRead(int32(i))
			if r.n <= 0 {
				t.Fatalf("readfile %d: %s", i, outcome(r.n))
			}
			check(t, fmt.Sprint("readfile ", i), b[:r.n], f.id, 0)
		}
		for _, c := range h.conns {
			h.close(c)
		}
	}
}

// The numbers of consecutive reads may be any, the highest included.
func testReadFileNumbers(t *testing.T, s *suite) {
	h := s.start(t, 1)
	const n = 4 * backend.Align
	f := h.file(1, reads*n)
	b := pages(n)
	for i := range int32(reads) {
		number := (i*7 + reads - 1) % reads
		h.readFile(number, b, f, int64(i)*n)
		r := h.takeRead(number)
		if r.n <= 0 {
			t.Fatalf("readfile %d: %s", number, outcome(r.n))
		}
		check(t, fmt.Sprint("readfile ", number), b[:r.n], f.id, int64(i)*n)
	}
}

// A read that is told that the file is cold does not ask the page cache, and
// says so, whatever the number; one that is not told asks first.
func testReadFileCold(t *testing.T, s *suite) {
	h := s.start(t, 1)
	const n = 16 * backend.Align
	f := h.file(1, reads*n).direct()
	h.readRange(f, 0, int(f.size)) // now it is cached
	counters := h.Backend.Counters()
	b := pages(n)
	for i := range int32(reads) {
		f.Cold = i%2 == 1
		before := *counters
		h.readFile(i, b, f, int64(i)*n)
		r := h.takeRead(i)
		if r.n <= 0 {
			t.Fatalf("readfile: %s", outcome(r.n))
		}
		check(t, "readfile", b[:r.n], f.id, int64(i)*n)
		asked := counters.CachedReads - before.CachedReads
		passed := counters.DirectReads - before.DirectReads
		if f.Cold && asked != 0 {
			t.Fatalf("read %d of a cold file came from the page cache", i)
		}
		if r.cold != (passed == 1) {
			t.Fatalf("read %d says %v, went past the page cache %d times", i, r.cold, passed)
		}
	}
}

// Without a descriptor for it, nothing goes past the page cache.
func testReadFileColdWithoutDirect(t *testing.T, s *suite) {
	h := s.start(t, 1)
	f := h.file(1, 10*backend.Align)
	f.Cold = true
	b := pages(10 * backend.Align)
	h.readFile(0, b, f, 0)
	r := h.takeRead(0)
	if r.n <= 0 || r.cold {
		t.Fatalf("readfile: %s, cold: %v", outcome(r.n), r.cold)
	}
	check(t, "readfile", b[:r.n], f.id, 0)
}

// A Recv that waits neither holds a read up nor is completed by it.
func testReadFileWhileReceiving(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	f := h.file(1, 1<<20)
	h.recv(c)
	for range 5 {
		h.readRange(f.cool(), 0, 1<<20)
	}
	if len(c.done) != 0 {
		t.Fatalf("recv: %s, and nothing was sent", outcome(c.done[backend.OpRecv].n))
	}
	h.write(c.peer, []byte("x"))
	equal(t, "recv", h.take(c, backend.OpRecv).data, []byte("x"))
}

// A stream as the server makes it: while one buffer is being sent, the next is
// read under the other's number, to a peer that is slow and one that is not.
func testReadFileWhileSending(t *testing.T, s *suite) {
	h := s.start(t, slots)
	const piece = 16 * backend.Align
	f := h.file(1, s.bulk/piece*piece).direct()
	for _, slow := range []bool{false, true} {
		c := h.connect()
		in := &intake{peer: c.peer}
		step := in.quickly()
		if slow {
			step = in.slowly()
		}
		f.Cold = false
		var number int32
		next, sending := pages(piece), pages(piece)
		h.readFile(number, next, f.cool(), 0)
		for off := int64(0); off < f.size; off += piece {
			for have := 0; have < piece; {
				r := h.takeReadWhile(number, step)
				if r.n <= 0 {
					t.Fatalf("readfile: %s", outcome(r.n))
				}
				f.Cold = r.cold
				if have = (have + r.n) / backend.Align * backend.Align; have < piece {
					h.readFile(number, next[have:], f, off+int64(have))
				}
			}
			next, sending = sending, next
			number = 1 - number
			if off+piece < f.size {
				h.readFile(number, next, f.cool(), off+piece)
			}
			h.sendAll(c, sending, step)
		}
		h.expect(in, f.size)
		check(t, "peer", in.got, f.id, 0)
		h.close(c)
	}
}
