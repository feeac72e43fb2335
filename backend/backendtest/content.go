package backendtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// jamID is the content that fills sockets.
const jamID = 1 << 20

// content makes bytes that tell where they belong: the word at each multiple of
// 8 is id<<40 | offset/8, big-endian.
func content(id int, off, n int64) []byte {
	first := off / 8
	words := (off+n+7)/8 - first
	b := make([]byte, 0, words*8)
	for i := range words {
		b = binary.BigEndian.AppendUint64(b, uint64(id)<<40|uint64(first+i))
	}
	return b[off-first*8:][:n:n]
}

// idOf returns whose content b is, from its first word.
func idOf(b []byte) int { return int(binary.BigEndian.Uint64(b) >> 40) }

// check fails t at the first byte of got that differs from content's.
func check(t *testing.T, what string, got []byte, id int, off int64) {
	t.Helper()
	equal(t, what, got, content(id, off, int64(len(got))))
}

func equal(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	t.Fatalf("%s: %d bytes, want %d; they differ from byte %d on: %x, want %x",
		what, len(got), len(want), at, around(got, at), around(want, at))
}

// around returns the words of b around byte at.
func around(b []byte, at int) []byte {
	from := min(at/8*8, len(b))
	return b[from:min(from+16, len(b))]
}

// outcome describes a completion's N.
func outcome(n int) string {
	switch {
	case n < 0:
		return syscall.Errno(-n).Error()
	case n == 0:
		return "the end"
	}
	return fmt.Sprintf("%d bytes", n)
}

// wantErrno fails t unless n is one of the negated errnos.
func wantErrno(t *testing.T, what string, n int, errnos ...syscall.Errno) {
	t.Helper()
	for _, e := range errnos {
		if n == -int(e) {
			return
		}
	}
	t.Fatalf("%s: %s, want %v", what, outcome(n), errnos)
}

// pages makes a buffer for ReadFile.
func pages(n int) []byte {
	b := make([]byte, n+backend.Align)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) % backend.Align
	return b[skip:][:n:n]
}

// file is a file with known content.
type file struct {
	backend.File
	t    *testing.T
	path string
	id   int
	size int64
}

// file makes a file of the content id.
func (h *harness) file(id int, size int64) *file {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "file")
	if err := os.WriteFile(path, content(id, 0, size), 0o600); err != nil {
		h.t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		h.t.Fatalf("open %s: %v", path, err)
	}
	f := &file{backend.File{FD: int32(fd), Direct: -1}, h.t, path, id, size}
	h.files = append(h.files, f)
	return f
}

// direct opens f with O_DIRECT too, or skips the test.
func (f *file) direct() *file {
	f.t.Helper()
	fd, err := unix.Open(f.path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_DIRECT, 0)
	if err == unix.EINVAL {
		Missing(f.t, "this file system has no direct reads: open ", f.path, " with O_DIRECT: ", err)
	}
	if err != nil {
		f.t.Fatalf("open %s with O_DIRECT: %v", f.path, err)
	}
	f.Direct = int32(fd)
	return f
}

// cool asks the kernel to drop f from the page cache, which it may decline.
func (f *file) cool() *file {
	f.t.Helper()
	if err := unix.Fsync(int(f.FD)); err != nil {
		f.t.Fatalf("fsync %s: %v", f.path, err)
	}
	if err := unix.Fadvise(int(f.FD), 0, 0, unix.FADV_DONTNEED); err != nil {
		f.t.Fatalf("fadvise %s: %v", f.path, err)
	}
	return f
}

func (f *file) close() {
	_ = unix.Close(int(f.FD))
	if f.Direct >= 0 {
		_ = unix.Close(int(f.Direct))
	}
}
