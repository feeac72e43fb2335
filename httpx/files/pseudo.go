// Reading the files of /proc, /sys and the like, whose content the kernel makes
// meanwhile.

package files

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

const (
	// pseudoPiece is how many bytes are read at a time. Most such files are shorter, and
	// so of one moment.
	pseudoPiece = 64 << 10
	// PseudoHeap is how many bytes of Go's heap ReadPseudo takes.
	PseudoHeap = pseudoPiece
)

// ReadPseudo writes to w what the pseudo file that is open as fd has now, and closes
// fd. It reads from the start, whatever others read. Where a read would wait for more,
// as of a log of the kernel's, that is the end. abroad runs what may never end, and may
// not return then.
func ReadPseudo(fd int, w io.Writer, abroad func(wait func())) (err error) {
	defer kernel.CloseFD(fd)
	name := "/proc/self/fd/" + strconv.Itoa(fd)
	own := noFile // with a position of its own
	defer func() {
		if own >= 0 {
			_ = kernel.CloseFD(own)
		}
	}()
	failed := func(op string, err error) error {
		path, _ := os.Readlink(name)
		return &os.PathError{Op: op, Path: path, Err: err}
	}
	abroad(func() {
		if again, errno := openAgain(fd, 0); errno == 0 {
			own = again
		} else {
			err = errno
		}
	})
	if err != nil {
		return failed("open", err)
	}
	b := make([]byte, pseudoPiece)
	for {
		n := 0
		abroad(func() { n, err = kernel.ReadFD(own, b) })
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN, err == nil && n == 0:
			return nil
		case err != nil:
			return failed("read", err)
		}
		if _, err = w.Write(b[:n]); err != nil {
			return err
		}
	}
}
