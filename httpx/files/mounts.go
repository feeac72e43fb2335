// The mounts of this process. A file system that is mounted over a served folder
// may be one that never answers, so from then on no path is trusted to lead where
// it did.

package files

import (
	"hash/maphash"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// Mounts count how often the mounts have changed. Nil Mounts never change.
type Mounts struct {
	changes atomic.Uint32
	table   *os.File
}

// WatchMounts watches the mounts until Close. Without proc(5) it sees no change.
func WatchMounts() *Mounts {
	m := &Mounts{}
	var err error
	if m.table, err = os.Open("/proc/self/mountinfo"); err != nil {
		return m
	}
	if conn, err := m.table.SyscallConn(); err == nil {
		var known uint64
		_ = conn.Control(func(fd uintptr) { known = digest(int(fd)) })
		// The kernel wakes those who poll this file at each change (proc(5)). The
		// callback is called at once, and after each wake-up, until the file is closed.
		go func() {
			_ = conn.Read(func(fd uintptr) (done bool) {
				if now := digest(int(fd)); now != known {
					known = now
					m.changes.Add(1)
				}
				return false
			})
		}()
	}
	return m
}

var seed = maphash.MakeSeed()

// digest returns the digest of a file, as far as it can be read.
func digest(fd int) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	b := make([]byte, 4<<10)
	for off := int64(0); ; {
		n, err := kernel.Pread(fd, b, off)
		if n <= 0 && err != unix.EINTR {
			return h.Sum64()
		}
		_, _ = h.Write(b[:max(n, 0)])
		off += int64(max(n, 0))
	}
}

// Close ends the watch.
func (m *Mounts) Close() {
	if m.table != nil {
		_ = m.table.Close()
	}
}

// version is another one after every change.
func (m *Mounts) version() uint32 {
	if m == nil {
		return 0
	}
	return m.changes.Load()
}
