package load

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

func TestIdleConnectionsStayOpen(t *testing.T) {
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
	children.Eventually(t, "the server has closed its connections", func() bool { return closing.Alive() == 0 })
	if _, err := HoldIdle(addr, target("/", []byte("other")), 1); err == nil || !strings.Contains(err.Error(), "2 bytes instead of 5") {
		t.Errorf("a wrong answer: %v", err)
	}
}

func TestSlowReadersReadAsFastAsTheyAreTold(t *testing.T) {
	const size = 32 << 20 // far more than the kernel takes
	var asked, ended, complete atomic.Int64
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		asked.Add(1)
		whole := ok(w, make([]byte, size))
		if whole {
			complete.Add(1)
		}
		ended.Add(1)
		return whole
	})
	slow := Target{Request: []byte("GET / HTTP/1.1\r\nHost: test\r\n\r\n"), Status: 200, Length: size}
	held, err := HoldSlow(addr, slow, 5, 4<<10, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	children.Eventually(t, "all requests are there", func() bool { return asked.Load() == 5 })
	if alive, done := held.Alive(), ended.Load(); alive != 5 || done != 0 {
		t.Errorf("%d of 5 are open, %d ended", alive, done)
	}
	held.Close() // at once, not after an hour
	children.Eventually(t, "the server sees that they are gone", func() bool { return ended.Load() == 5 })
	if n := complete.Load(); n != 0 {
		t.Errorf("%d answers of 32 MiB are complete after 4 KiB", n)
	}
	quick, err := HoldSlow(addr, slow, 3, 1<<20, time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	defer quick.Close()
	children.Eventually(t, "those that read on have it all", func() bool { return complete.Load() == 3 })
}

// Connecting continues after a signal, although a time limit is set.
func TestConnectGoesOnAfterASignal(t *testing.T) {
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
		before := awaitConnecting(t, thread, -1)
		must(t, unix.Tgkill(unix.Getpid(), thread, unix.SIGURG)) // the Go runtime ignores it as one of its own
		awaitConnecting(t, thread, before)
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

// awaitConnecting waits until a thread sleeps in connect after more sleeps than
// before, and returns their number.
func awaitConnecting(t *testing.T, tid, before int) (sleeps int) {
	t.Helper()
	dir := fmt.Sprintf("/proc/self/task/%d/", tid)
	if _, err := os.ReadFile(dir + "syscall"); err != nil {
		backendtest.Missing(t, "the kernel does not show the system call of a thread: ", err)
	}
	children.Eventually(t, "the thread waits in connect", func() bool {
		call, err := os.ReadFile(dir + "syscall")
		must(t, err)
		status, err := os.ReadFile(dir + "status")
		must(t, err)
		_, count, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		_, err = fmt.Sscan(count, &sleeps)
		must(t, err)
		return sleeps > before && strings.HasPrefix(string(call), fmt.Sprint(unix.SYS_CONNECT, " "))
	})
	return sleeps
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
