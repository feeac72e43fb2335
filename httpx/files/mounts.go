// The mounts of this process. A file system that is mounted over a served folder
// may be one that never answers, so from then on no path is trusted to lead where
// it did.

package files

import (
	"os"
	"sync/atomic"
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
		// The kernel wakes those who poll this file at each change (proc(5)). The
		// callback is called at once, and after each wake-up, until the file is closed.
		go func() {
			_ = conn.Read(func(uintptr) (done bool) {
				m.changes.Add(1)
				return false
			})
		}()
	}
	return m
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
