package kernel

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

type watching []Event

func (w *watching) Begins(bool)   {}
func (w *watching) Told(e *Event) { *w = append(*w, *e) }

// Every kind has a name of its own.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for c := Accept4; c < calls; c++ {
		name := c.String()
		if name == "" || seen[name] && name != "READ" {
			t.Errorf("call %d is named %q", c, name)
		}
		seen[name] = true
	}
}

// A call is told with its result, once, and only while somebody watches. Nobody
// watching, it allocates nothing.
func TestTold(t *testing.T) {
	file := t.TempDir() + "/a"
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 16)
	w := &watching{}
	do := func() (fd int) {
		fd, err := Open(file, unix.O_RDONLY|unix.O_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = Pread(fd, b, 1)
		_ = CloseFD(fd)
		_, _ = Pread(fd, b, 1)
		return fd
	}
	do()
	if len(*w) != 0 || Begin() != 0 || Watched() {
		t.Error("told, and nobody watches")
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = Pread(-1, b, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	Watch(w)
	fd := int32(do())
	Watch(nil)
	want := []Event{
		{Call: Openat, FD: -1, Path: file, Flags: unix.O_RDONLY | unix.O_CLOEXEC, Result: int64(fd)},
		{Call: Pread64, FD: fd, Size: 16, Off: 1, Result: 4},
		{Call: Close, FD: fd},
		{Call: Pread64, FD: fd, Size: 16, Off: 1, Result: -int64(syscall.EBADF)},
	}
	if len(*w) != len(want) {
		t.Fatalf("%+v", *w)
	}
	last := int64(0)
	for i, got := range *w {
		if got.Start < last || got.End < got.Start || got.Start == 0 {
			t.Errorf("%s from %d to %d, after %d", got.Call, got.Start, got.End, last)
		}
		last = got.End
		got.Start, got.End = 0, 0
		if got != want[i] {
			t.Errorf("%+v, want %+v", got, want[i])
		}
	}
}
