// Trouble that a simulation makes for look-ups.

package files

import "syscall"

// Trouble is what a simulation does to look-ups.
type Trouble struct {
	Cold  func() bool   // whether a path is taken not to be in the kernel's caches
	Fault func() *Fault // what happens to a call, or nil
}

func (t *Trouble) cold() bool { return t.Cold() }

func (t *Trouble) fault() *Fault {
	if t == nil {
		return nil
	}
	return t.Fault()
}

// Fault is what a simulation does to a call: it waits, and then fails unless the
// errno is 0.
type Fault struct {
	Wait  func()
	Errno syscall.Errno
}
