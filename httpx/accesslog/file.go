// Lines into a file, a FIFO or a device; and into the standard output.

package accesslog

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// file is what a path names. It is opened without waiting for the other end of a FIFO,
// and written to without waiting for its reader.
type file struct {
	path string
	fd   int
	stat unix.Stat_t
}

// filePermissions are those of a log that is made: it has clients' addresses.
const filePermissions = 0o640

// openFile opens a path to add lines to it, and tells which file that is.
func openFile(path string) (fd int, stat unix.Stat_t, err error) {
	err = retry(func() (err error) {
		fd, err = unix.Open(path, unix.O_WRONLY|unix.O_APPEND|unix.O_CREAT|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, filePermissions)
		return err
	})
	if err == nil {
		if err = unix.Fstat(fd, &stat); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		err = &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, stat, err
}

func (f *file) open() (another bool, err error) {
	fd, stat, err := openFile(f.path)
	if err != nil {
		return false, err
	}
	another = f.fd < 0 || stat.Dev != f.stat.Dev || stat.Ino != f.stat.Ino
	f.close()
	f.fd, f.stat = fd, stat
	if another {
		f.endLine()
	}
	return another, nil
}

// endLine ends the last line of a file that a process before this one has begun, and
// could not end, because the disk was full or it was killed.
func (f *file) endLine() {
	if f.stat.Mode&unix.S_IFMT != unix.S_IFREG || f.stat.Size == 0 {
		return
	}
	fd, err := unix.Open(f.path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return // it may be one that others alone may read
	}
	defer func() { _ = unix.Close(fd) }()
	var last [1]byte
	if n, err := unix.Pread(fd, last[:], f.stat.Size-1); n == 1 && err == nil && last[0] != '\n' {
		_, _ = unix.Write(f.fd, newline)
	}
}

// busyPause is how long, in milliseconds, write waits for a pipe to be read.
const busyPause = 1000

func (f *file) write(b []byte) (n int, err error) {
	if f.fd < 0 {
		if _, err := f.open(); err != nil {
			return 0, err
		}
	}
	for n < len(b) {
		taken := 0
		err := retry(func() (err error) { taken, err = unix.Write(f.fd, b[n:]); return err })
		switch {
		case err == unix.EAGAIN:
			ready, err := unix.Poll([]unix.PollFd{{Fd: int32(f.fd), Events: unix.POLLOUT}}, busyPause)
			if ready == 0 || err != nil && err != unix.EINTR {
				return n, errBusy
			}
		case err != nil:
			return n, &os.PathError{Op: "write", Path: f.path, Err: err}
		case taken == 0:
			return n, &os.PathError{Op: "write", Path: f.path, Err: io.ErrShortWrite}
		default:
			n += taken
		}
	}
	return n, nil
}

func (f *file) close() {
	if f.fd >= 0 {
		_ = unix.Close(f.fd)
		f.fd = -1
	}
}

// retry makes a call again that a signal has interrupted.
func retry(call func() error) (err error) {
	for {
		if err = call(); err != unix.EINTR {
			return err
		}
	}
}

// stream is the standard output, which others write on, too. Its writes may wait.
type stream struct{ out io.Writer }

func (s stream) open() (bool, error)         { return false, nil }
func (s stream) write(b []byte) (int, error) { return s.out.Write(b) }
func (s stream) close()                      {}
