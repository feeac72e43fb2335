// A password file that may change while the server runs. Requests look at it on
// goroutines, at most once a second; one that comes later waits for that look.

package auth

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// lookEvery is how long a look at a file counts, in nanoseconds.
const lookEvery = int64(time.Second)

// File is a password file. Any goroutine may use it.
type File struct {
	path   string
	memory int64 // see Parse
	log    *slog.Logger

	users  atomic.Pointer[Users]
	looked atomic.Int64 // when a look had last ended: see now

	mu   sync.Mutex // guards what follows: one looks at a time
	seen version
	text []byte
	said string // the trouble that was logged last
}

// version is what tells two versions of a file apart.
type version struct {
	device, inode uint64
	size          int64
	mtime, ctime  unix.Timespec
	recent        bool // it may change again without showing it
}

// Open reads a password file. Its errors say what to do. memory is as for Parse.
func Open(path string, memory int64, log *slog.Logger) (*File, error) {
	f := &File{path: path, memory: memory, log: log}
	users, err := f.read()
	if err != nil {
		return nil, err
	}
	f.users.Store(users)
	f.looked.Store(now())
	return f, nil
}

// Users returns the users of the version that was read last.
func (f *File) Users() *Users { return f.users.Load() }

// Fresh says that somebody has looked at the file within the last second.
func (f *File) Fresh() bool { return now()-f.looked.Load() < lookEvery }

// Look looks whether the file has changed, and reads it again then. A file that is
// gone or broken changes nothing, and a line of the log says so.
func (f *File) Look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Fresh() {
		return
	}
	users, err := f.read()
	switch {
	case err != nil && err.Error() != f.said:
		f.said = err.Error()
		f.log.Warn("the users stay as they were", "err", err)
	case err == nil:
		f.said = ""
		if users != nil {
			f.users.Store(users)
			f.log.Info("password file read again", "file", f.path, "users", users.Len())
		}
	}
	f.looked.Store(now())
}

// read reads the file if it is another version than the one that was read last.
// Otherwise it returns nil.
func (f *File) read() (*Users, error) {
	fd, err := kernel.Open(f.path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC)
	if err != nil {
		return nil, f.failed(err)
	}
	defer func() { _ = kernel.CloseFD(fd) }()
	var stat unix.Stat_t
	if err := kernel.Fstat(fd, &stat); err != nil {
		return nil, f.failed(err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, f.failed(errors.New("not a regular file"))
	}
	v := version{device: stat.Dev, inode: stat.Ino, size: stat.Size, mtime: stat.Mtim, ctime: stat.Ctim}
	if v == f.seen {
		return nil, nil
	}
	// Two changes within a tick of the kernel's clock may look like one.
	v.recent = time.Since(time.Unix(stat.Ctim.Unix())) < 2*time.Second
	text, err := readUpTo(fd, MaxFile+1)
	if err != nil {
		return nil, f.failed(err)
	}
	if f.text != nil && bytes.Equal(text, f.text) {
		f.seen = v
		return nil, nil
	}
	users, err := Parse(text, f.memory)
	if err != nil {
		return nil, f.failed(err)
	}
	f.seen, f.text = v, text
	if stat.Mode&0o004 != 0 {
		f.log.Warn("anybody on this machine can read the hashes of passwords: chmod o-r", "file", f.path)
	}
	return users, nil
}

// readUpTo reads a file that is open as fd, up to limit bytes.
func readUpTo(fd, limit int) (text []byte, err error) {
	b := make([]byte, min(limit, 64<<10))
	for len(text) < limit {
		n, err := kernel.ReadFD(fd, b[:min(len(b), limit-len(text))])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n == 0:
			return text, nil
		}
		text = append(text, b[:n]...)
	}
	return text, nil
}

func (f *File) failed(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("password file %s: %v; make it with 'htpasswd -B -c FILE USER'", f.path, err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("password file %s: %v; let the user that runs aws read it", f.path, err)
	}
	return fmt.Errorf("password file %s: %v", f.path, err)
}
