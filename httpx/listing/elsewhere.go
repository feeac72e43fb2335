// Links to other file systems, which may never answer: a listing waits for them a
// little, then it leaves them out.

package listing

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/files"
)

// patience is how long a listing waits for one of its links.
const patience = time.Second

// places bounds the goroutines of all listings that follow links to other file
// systems. Those to a dead one stay until it is unmounted.
var places = make(chan struct{}, 16)

// elsewhere follows the links of one listing to other file systems.
type elsewhere struct{ vain bool }

// stat looks at what a path below the folder root leads to. ETIMEDOUT means that
// nobody has answered in time, now or before.
func (e *elsewhere) stat(root string, links files.Links, path []byte, buf *unix.Statx_t) syscall.Errno {
	if e.vain {
		return unix.ETIMEDOUT
	}
	select {
	case places <- struct{}{}:
	default:
		return unix.ETIMEDOUT
	}
	found, path := make(chan syscall.Errno, 1), append([]byte(nil), path...)
	stat := new(unix.Statx_t)
	go func() {
		defer func() { <-places }()
		found <- followFrom(root, links, path, stat)
	}()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case errno := <-found:
		*buf = *stat
		return errno
	case <-late.C:
		e.vain = true
		return unix.ETIMEDOUT
	}
}

// followFrom looks at what a path below the folder root leads to.
func followFrom(root string, links files.Links, path []byte, buf *unix.Statx_t) syscall.Errno {
	r, err := files.OpenRoot(root, links)
	if err != nil {
		return files.ErrnoOf(err)
	}
	defer r.Close()
	return statOpened(r.Open, path, buf)
}

// statOpened looks at what a path leads to, by opening it in one of the ways of
// files.Root.
func statOpened(open func(path []byte, extra int) (int, syscall.Errno), path []byte, buf *unix.Statx_t) syscall.Errno {
	fd, errno := open(path, 0)
	if errno == 0 {
		_, _, errno = files.Statx(fd, []byte{0}, buf)
		_ = kernel.CloseFD(fd)
	}
	return errno
}
