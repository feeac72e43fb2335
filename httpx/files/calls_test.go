package files

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/httpxtest"
)

// stuck makes every look-up of a table wait until let is closed.
func (f *table) stuck() (let chan struct{}) {
	let = make(chan struct{})
	f.trouble = &Trouble{Cold: func() bool { return true }, Fault: func() *Fault { return &Fault{Wait: func() { <-let }} }}
	return let
}

// ask asks for a file as an exchange, and returns what the table says to that.
func (f *table) ask(asker int32, path string) (i int32, status int) {
	k := f.look()
	k.Asker = asker
	m, rel := f.site.Route([]byte(path))
	return f.Acquire(m, rel, "", k)
}

// event waits for the next event.
func (f *table) event() Event {
	for {
		if e, ok := f.NextEvent(); ok {
			return e
		}
		runtime.Gosched()
	}
}

// checkCalls fails unless so many calls have a place, and so many wait for one.
func (f *table) checkCalls(inside, queued int) {
	f.t.Helper()
	in, out := 0, 0
	for _, s := range f.calls.systems {
		in += s.inside
		out += s.queue.Len()
	}
	if in != inside || out != queued || f.calls.taken != inside+queued {
		f.t.Errorf("%d calls have a place and %d wait, of %d; want %d and %d", in, out, f.calls.taken, inside, queued)
	}
}

// A file system that does not answer takes a few goroutines, however many ask it.
// Nobody who has gone is waited for, and after a while nobody asks it any more.
func TestCallsOfAFileSystemAreBounded(t *testing.T) {
	f := newTable(t, 64, 0, map[string]int{"static/0": 1, "static/1": 1, "static/19": 10})
	let := f.stuck()
	const asked = 20
	for i := range int32(asked) {
		if _, status := f.ask(i, fmt.Sprint("/static/", i)); status != Pending {
			t.Fatalf("status %d, want Pending", status)
		}
	}
	f.checkCalls(callsAtOnce, asked-callsAtOnce)
	f.ask(asked, "/static/19") // the same as another
	f.checkCalls(callsAtOnce, asked-callsAtOnce)
	f.Forget(15) // in the queue
	f.Forget(0)  // being looked up
	f.Forget(0)
	f.checkCalls(callsAtOnce, asked-callsAtOnce-1)

	f.Sweep(int64(10*time.Second) - 1)
	if _, status := f.ask(30, "/static/late"); status != Pending {
		t.Errorf("status %d, want Pending", status)
	}
	f.Forget(30)
	f.Sweep(int64(10 * time.Second))
	if _, status := f.ask(30, "/static/late"); status != 503 {
		t.Errorf("status %d, want 503", status)
	}
	f.checkWarned("looking for a file: open " + f.root + "/static/late: the file system does not answer")

	close(let)
	told := map[int32]bool{}
	for len(told) < asked-1 {
		told[f.event().Asker] = true
	}
	if told[0] || told[15] || !told[19] || !told[asked] {
		t.Errorf("told: %v", told)
	}
	f.quiet()
	f.checkCalls(0, 0)
	f.checkListed("0", "1", "19")
	f.trouble = nil
	f.checkBytes(f.take("/static/19"), httpxtest.Content("19", 10))
	f.Release(f.byKeyOf("/static/19"))
}

// byKeyOf is the listed entry of a file in /static.
func (f *table) byKeyOf(path string) int32 {
	m, rel := f.site.Route([]byte(path))
	return f.byKey[string(f.key(m, rel, ""))]
}

// A file of a remote file system is read on a goroutine, when there is a place. Its
// descriptor is closed on one, too.
func TestRemoteReadsWaitForAPlace(t *testing.T) {
	f := newTable(t, 64, 0, map[string]int{"static/a": 5000})
	a := f.take("/static/a")
	e := &f.entries[a]
	f.count(e.nature, -1)
	e.nature = remote
	f.count(e.nature, 1)
	let := f.stuck()
	for i := range int32(callsAtOnce) {
		f.ask(i, fmt.Sprint("/static/none", i))
	}
	if f.MayRead(a, 20) || f.MayRead(a, 21) {
		t.Error("it may be read without a place")
	}
	f.Forget(21)
	f.checkCalls(callsAtOnce, 1)
	close(let)
	for e := f.event(); e.Asker != 20; e = f.event() {
	}
	if !f.MayRead(a, 20) {
		t.Fatal("it may not be read")
	}
	b := make([]byte, 2*backend.Align)
	f.Read(a, b, backend.Align, 3)
	if !f.Reading() {
		t.Error("nothing is being read")
	}
	done := f.event()
	for done.Asker != backend.None {
		done = f.event()
	}
	want := httpxtest.Content("a", 5000)[backend.Align:]
	if done.Buffer != 3 || done.N != len(want) || !bytes.Equal(b[:done.N], want) || f.Reading() {
		t.Errorf("%+v", done)
	}
	f.Release(a)
	f.unlist(a)
	if f.remotes != 0 || f.calls.closing != 1 {
		t.Errorf("%d remote files are open, %d are being closed", f.remotes, f.calls.closing)
	}
	f.quiet()
	f.checkOpen(0)
}

// A few descriptors are for remote files, since nobody knows when they are closed.
func TestRemoteFilesLeaveRoomForOthers(t *testing.T) {
	f := newTable(t, 2*remoteShare, 0, nil)
	for range 2 {
		if !f.roomFor(remote) {
			t.Fatal("there is no room")
		}
		f.count(remote, 1)
	}
	if f.roomFor(remote) {
		t.Error("there is room for a third")
	}
	if !f.roomFor(local) {
		t.Error("there is none for others")
	}
	f.count(remote, -2)
	f.calls.closing = 2
	if f.roomFor(remote) {
		t.Error("there is room, though none may ever be free again")
	}
	f.calls.closing = 0
}

// A file system that nobody knows is taken for one that may never answer.
func TestNatures(t *testing.T) {
	for path, want := range map[string]nature{"/dev/shm": direct, "/proc/self/status": remote, "/sys/kernel/uevent_seqnum": remote} {
		fd, err := unix.Open(path, unix.O_RDONLY, 0)
		if err != nil {
			continue
		}
		if got := natureOf(fd); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
		if isPseudo(fd) != (want == remote) {
			t.Errorf("%s: the kernel makes its content: %v", path, isPseudo(fd))
		}
		_ = unix.Close(fd)
	}
	if natureOf(-1) != remote {
		t.Error("no file is local")
	}
}
