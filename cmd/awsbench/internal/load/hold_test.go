package load

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestHoldIdle(t *testing.T) {
	var ending atomic.Bool
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		ok(w, []byte("ok"))
		return !ending.Load()
	})
	held, err := HoldIdle(addr, target("/", []byte("ok")), 50)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if n := held.Alive(); n != 50 {
		t.Errorf("%d of 50 are open", n)
	}
	ending.Store(true)
	closing, err := HoldIdle(addr, target("/", []byte("ok")), 10)
	if err != nil {
		t.Fatal(err)
	}
	defer closing.Close()
	for closing.Alive() > 0 { // ends, since the server closes them
		time.Sleep(time.Millisecond)
	}
	if _, err := HoldIdle(addr, target("/", []byte("other")), 1); err == nil || !strings.Contains(err.Error(), "2 bytes instead of 5") {
		t.Errorf("a wrong answer: %v", err)
	}
}

func TestHoldSlow(t *testing.T) {
	const size = 32 << 20 // far more than the kernel takes
	var done atomic.Int64
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		complete := ok(w, make([]byte, size))
		done.Add(1)
		return complete
	})
	slow := Target{Request: []byte("GET / HTTP/1.1\r\nHost: test\r\n\r\n"), Status: 200, Length: size}
	held, err := HoldSlow(addr, slow, 5, 4<<10, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if alive, complete := held.Alive(), done.Load(); alive != 5 || complete != 0 {
		t.Errorf("%d of 5 are open, %d complete", alive, complete)
	}
	held.Close()
	for done.Load() < 5 { // the server sees that they have gone
		time.Sleep(time.Millisecond)
	}
}

// Connecting goes on after a signal, though a time limit is set.
func TestConnectInterrupted(t *testing.T) {
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(listener)
	must(t, unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(t, unix.Listen(listener, 0)) // room for one
	to, err := unix.Getsockname(listener)
	must(t, err)
	dial := func() (fd int) {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		t.Cleanup(func() { unix.Close(fd) })
		must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Sec: 20}))
		return fd
	}
	must(t, unix.Connect(dial(), to))

	fd, tid, done := dial(), make(chan int, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		tid <- unix.Gettid()
		done <- connectWhole(fd, to)
	}()
	thread := <-tid
	for range 10 {
		time.Sleep(10 * time.Millisecond)
		must(t, unix.Tgkill(unix.Getpid(), thread, unix.SIGURG)) // which the Go runtime takes for its own
	}
	select {
	case err := <-done:
		t.Fatal("connected without room for it:", err)
	default:
	}
	_, _, err = unix.Accept(listener)
	must(t, err)
	must(t, <-done)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
