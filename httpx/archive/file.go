// The files of an archive, piece by piece.

package archive

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
)

const (
	// bufferSize is how many bytes of a file are read at a time.
	bufferSize = 128 << 10
	// workingSize is after how many bytes Working is called.
	workingSize = 4 << 20
)

// file writes a file. A link is what it leads to, if that is a file. A file that
// grows meanwhile is as long as it was. One that shrinks is shorter, where the
// format can say so afterwards; otherwise the archive ends.
func (w *walk) file(path, name string) error {
	fd, n := -1, 0
	defer func() { _ = unix.Close(fd) }()
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
func (w *walk) content(fd int, path string, n int, size int64) error {
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
		m, err := unix.Pread(fd, b[n:], off+int64(n))
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
