// Package kernel tells of the calls that serving makes, and of the entries that go
// through rings: what 'aws explain' shows. Nobody watches a server, and then a call
// costs a check of one word more.
//
//	engines, httpx/files, …  ──Begin, Tell──► Watcher
//
// A call of the engines tells of itself where it is made:
//
//	began := kernel.Begin()
//	n, _, errno := syscall.RawSyscall6(…)
//	if began != 0 {
//		kernel.Tell(began, kernel.Event{Call: kernel.Recvfrom, …})
//	}
//
// Those of package unix, which are made for files in many places, are in calls.go.
// Calls that set a process or a loop up, or end it, are not told, nor are those of
// os.Root where the kernel has no openat2(2).
package kernel

import (
	"errors"
	"syscall"
	"time"
)

// Event is one system call, or one entry of a ring.
type Event struct {
	Call  Call
	FD    int32 // the descriptor that it is about, or the folder that Path starts at; -1 for none
	Other int32 // sendfile: the file. epoll_ctl: what is watched
	// Waits says that the calling loop had nothing to do and let itself be put to sleep.
	Waits bool
	Flags uint64 // as the call has them; ioctl and getsockopt: which one
	Size  int64  // bytes, entries or events asked for
	Off   int64  // in the file
	// Result is a count, a descriptor or 0, or a negated errno; 0 of an entry.
	Result int64
	// Tag is the user data of an entry, by which its completion is known.
	Tag  uint64
	Path string
	// Start and End are nanoseconds of a clock that never goes back.
	Start, End int64
}

// Watcher is told of events. Any thread may call it.
type Watcher interface {
	// Begins says that a call is about to be made. waits: the calling loop is going to
	// sleep in it. Told follows for each.
	Begins(waits bool)
	// Told tells of what has just been done. The event is the watcher's.
	Told(*Event)
}

var (
	watcher Watcher
	epoch   = time.Now().Add(-time.Second)
)

// Watch has w told of everything from now on. It is called once, before the first
// engine is opened, in a process that serves to be watched.
func Watch(w Watcher) { watcher = w }

// Begin returns when a call begins, or 0 if nobody watches.
func Begin() int64 {
	if watcher == nil {
		return 0
	}
	return begin(false)
}

// BeginWait is Begin for the call by which a loop waits.
func BeginWait() int64 {
	if watcher == nil {
		return 0
	}
	return begin(true)
}

func begin(waits bool) int64 {
	watcher.Begins(waits)
	return now()
}

// Watched says that somebody watches.
func Watched() bool { return watcher != nil }

// Note tells of an entry of a ring, which takes no time of its own. Somebody must be
// watching.
func Note(e Event) { Tell(begin(false), e) }

// Tell tells of a call that began then and has just ended.
func Tell(began int64, e Event) {
	e.Start, e.End = began, now()
	watcher.Told(&e)
}

func now() int64 { return int64(time.Since(epoch)) }

// Result is what an Event has of a raw call's results.
func Result(n int, errno syscall.Errno) int64 {
	if errno != 0 {
		return -int64(errno)
	}
	return int64(n)
}

// Failed is the Result of a call that returns a count and an error.
func Failed(n int, err error) int64 {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return -int64(errno)
	}
	return int64(n)
}
