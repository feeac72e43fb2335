// The files of an archive, piece by piece.

package archive

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/files"
)

const (
	// bufferSize is how many bytes of a file are read at a time.
	bufferSize = 128 << 10
	// workingSize is after how many bytes Working is called.
	workingSize = 4 << 20
)

// making is one archive in the making: what its files need.
type making struct {
	*Archive
	root    *files.Root
	out     sink
	buffer  []byte
	skipped int
	read    int // bytes of files since working was told
}

var errShrunk = errors.New("the file has shrunk while it was read")

// file writes a file. A link is what it leads to, if that is a file. A file that
// grows meanwhile is as long as it was. One that shrinks is shorter, where the
// format can say so afterwards; otherwise the archive ends.
func (w *making) file(path, name string) error {
	fd, n := -1, 0
	defer func() { _ = kernel.CloseFD(fd) }()
	var stat unix.Statx_t
	var errno unix.Errno
	w.away(func() {
		if fd, errno = w.root.Open(pathOf(path), 0); errno != 0 {
			return
		}
		if _, _, errno = files.Statx(fd, []byte{0}, &stat); errno == 0 && stat.Mode&unix.S_IFMT == unix.S_IFREG {
			n, errno = readFull(fd, w.buffer, 0)
		}
	})
	if errno != 0 {
		return w.leaveOut(path, errno)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil
	}
	size := int64(n) // of files in /proc, the kernel says 0
	if n == len(w.buffer) {
		size = max(size, int64(stat.Size))
	}
	if err := w.out.begin(name, size, clamp(time.Unix(stat.Mtime.Sec, 0)), 0o644|uint32(stat.Mode)&0o111); err != nil {
		return err
	}
	return w.content(fd, path, n, size)
}

// content writes the bytes of a file, of which the first n are in the buffer.
func (w *making) content(fd int, path string, n int, size int64) error {
	for at := int64(0); ; {
		if err := w.out.write(w.buffer[:n]); err != nil {
			return err
		}
		if at += int64(n); at == size {
			return nil
		}
		if w.read += n; w.read >= workingSize {
			w.read = 0
			if err := w.working(); err != nil {
				return err
			}
		}
		var errno unix.Errno
		w.away(func() { n, errno = readFull(fd, w.buffer[:min(size-at, bufferSize)], at) })
		switch {
		case errno != 0:
			return fmt.Errorf("%s: %w", path, errno)
		case n == 0 && w.out.needsSize():
			return fmt.Errorf("%s: %w", path, errShrunk)
		case n == 0:
			return nil
		}
	}
}

// readFull reads from off until b is full or the file ends.
func readFull(fd int, b []byte, off int64) (n int, errno unix.Errno) {
	for n < len(b) {
		m, err := kernel.Pread(fd, b[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return n, files.ErrnoOf(err)
		case m == 0:
			return n, 0
		}
		n += m
	}
	return n, 0
}

// pathOf returns a path as files.Root takes it.
func pathOf(path string) []byte {
	if path == "" {
		path = "."
	}
	return append([]byte(path), 0)
}

// leaveOut decides what an error about an entry means: that it is left out, or that
// the archive ends. What a client could not fetch is not missed.
func (w *making) leaveOut(path string, errno unix.Errno) error {
	switch files.StatusOf(errno) {
	case 404:
		return nil
	case 503:
		return fmt.Errorf("%s: %w", path, errno)
	}
	if w.skipped++; w.Skipped == nil || w.skipped > maxSkipped {
		return nil
	}
	w.Skipped(fmt.Errorf("archive %s without %s: %w", w.Path, path, errno))
	return nil
}

// maxSkipped is how many entries that are left out are told of, for each archive.
const maxSkipped = 100
