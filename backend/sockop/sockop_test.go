package sockop

import (
	"bytes"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// eachWay runs test with raw calls and, in a binary that has it, through libc: the
// results must be the same.
func eachWay(t *testing.T, test func(t *testing.T, c Calls)) {
	t.Run("raw", func(t *testing.T) { test(t, Calls{}) })
	if LibcAvailable {
		t.Run("libc", func(t *testing.T) { test(t, Calls{Libc: true}) })
	}
}

func TestSendRecv(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		want(t, "send", 5, 0)(c.Send(near, []byte("hello"), 0))
		want(t, "send with MSG_MORE", 6, 0)(c.Send(near, []byte(" world"), unix.MSG_MORE))
		b := make([]byte, 64)
		want(t, "recv", 11, 0)(c.Recv(far, b))
		if got := string(b[:11]); got != "hello world" {
			t.Errorf("received %q", got)
		}
		shutdown(t, near, unix.SHUT_WR)
		want(t, "recv at the end", 0, 0)(c.Recv(far, b))
	})
}

// A message with descriptors attached ends the recvmsg, which says so; nobody
// takes them, so they are closed.
func TestRecvMessage(t *testing.T) {
	near, far := pair(t)
	if err := unix.Sendmsg(int(near), []byte("one"), unix.UnixRights(int(near)), nil, 0); err != nil {
		t.Fatal(err)
	}
	want(t, "send", 3, 0)(Calls{}.Send(near, []byte("two"), 0))
	b := make([]byte, 64)
	for _, cut := range []bool{true, false} {
		n, was, errno := RecvMessage(far, b)
		want(t, "recvmsg", 3, 0)(n, errno)
		if was != cut {
			t.Errorf("received %q, cut: %v, want %v", b[:n], was, cut)
		}
	}
	n, cut, errno := RecvMessage(far, b)
	want(t, "recvmsg of nothing", -1, unix.EAGAIN)(n, errno)
	if cut {
		t.Error("nothing was cut")
	}
}

func TestSendfile(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		file, content := tempFile(t, 1000)
		for _, cached := range []bool{false, true} {
			off := int64(100)
			want(t, "sendfile", 300, 0)(c.Sendfile(near, file, &off, 300, cached))
			if off != 400 {
				t.Errorf("offset %d, want 400", off)
			}
			b := make([]byte, 1000)
			want(t, "recv", 300, 0)(c.Recv(far, b))
			if !bytes.Equal(b[:300], content[100:400]) {
				t.Error("received other bytes than the file's")
			}
			off = 1000
			want(t, "sendfile past the end", 0, 0)(c.Sendfile(near, file, &off, 1, cached))
		}
	})
}

func TestEpollWait(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		epfd := epoll(t, far)
		events := make([]unix.EpollEvent, 4)
		for _, msec := range []int{0, 1} {
			want(t, "epoll_wait with nothing ready", 0, 0)(c.EpollWait(epfd, events, msec))
		}
		want(t, "send", 1, 0)(c.Send(near, []byte("x"), 0))
		for _, msec := range []int{0, 1000, -1} {
			clear(events)
			want(t, "epoll_wait", 1, 0)(c.EpollWait(epfd, events, msec))
			if events[0].Events != unix.EPOLLIN || events[0].Fd != far {
				t.Errorf("msec %d: event %+v, want EPOLLIN on %d", msec, events[0], far)
			}
		}
	})
}

// The garbage collector stops all loops but those that wait. A wait that the
// scheduler does not know of would end here with EINTR, or hang.
func TestEpollWaitSleepsThroughCollection(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		epfd := epoll(t, far)
		done := make(chan struct{})
		go func() {
			defer close(done)
			want(t, "epoll_wait", 1, 0)(c.EpollWait(epfd, make([]unix.EpollEvent, 1), -1))
		}()
		time.Sleep(10 * time.Millisecond) // to let it block; the test passes otherwise too
		runtime.GC()
		want(t, "send", 1, 0)(c.Send(near, []byte("x"), 0))
		<-done
	})
}

func TestWouldBlock(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		want(t, "recv of nothing", -1, unix.EAGAIN)(c.Recv(far, make([]byte, 1)))
		fill(t, c, near)
		want(t, "send into a full socket", -1, unix.EAGAIN)(c.Send(near, make([]byte, 1), 0))
		file, _ := tempFile(t, 10)
		off := int64(0)
		want(t, "sendfile into a full socket", -1, unix.EAGAIN)(c.Sendfile(near, file, &off, 10, false))
		want(t, "sendfile of cached bytes", -1, unix.EAGAIN)(c.Sendfile(near, file, &off, 10, true))
		if off != 0 {
			t.Errorf("offset %d, want 0", off)
		}
	})
}

// Writing to a peer that has gone yields an errno. That this test goes on proves
// that it is not a SIGPIPE.
func TestPeerGone(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		shutdown(t, far, unix.SHUT_RD)
		want(t, "send", -1, unix.EPIPE)(c.Send(near, []byte("x"), 0))
		file, _ := tempFile(t, 10)
		off := int64(0)
		want(t, "sendfile", -1, unix.EPIPE)(c.Sendfile(near, file, &off, 10, false))
		want(t, "sendfile of cached bytes", -1, unix.EPIPE)(c.Sendfile(near, file, &off, 10, true))
	})
}

func TestBadDescriptor(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		off := int64(0)
		want(t, "recv", -1, unix.EBADF)(c.Recv(-1, make([]byte, 1)))
		want(t, "send", -1, unix.EBADF)(c.Send(-1, make([]byte, 1), 0))
		want(t, "sendfile", -1, unix.EBADF)(c.Sendfile(-1, -1, &off, 1, true))
		want(t, "epoll_wait", -1, unix.EBADF)(c.EpollWait(-1, make([]unix.EpollEvent, 1), 0))
		want(t, "io_submit", -1, unix.EINVAL)(c.IoSubmit(0, 1, nil))
	})
}

func TestEmptySlices(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		want(t, "send", 1, 0)(c.Send(near, []byte("x"), 0))
		for _, b := range [][]byte{nil, {}, make([]byte, 8)[8:]} {
			want(t, "send of nothing", 0, 0)(c.Send(near, b, 0))
			want(t, "recv into nothing", 0, 0)(c.Recv(far, b))
		}
		want(t, "recv of what was left", 1, 0)(c.Recv(far, make([]byte, 8)))
		want(t, "epoll_wait", -1, unix.EINVAL)(c.EpollWait(epoll(t, far), nil, 0))
	})
}

func TestIoSubmit(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		ctx := aioContext(t)
		file, content := tempFile(t, 4096)
		m := mapped[aioRead](t)
		m.list[0] = &m.iocb
		m.iocb = iocb{opcode: 0 /* IOCB_CMD_PREAD, linux/aio_abi.h */, fd: uint32(file),
			buf: uint64(uintptr(unsafe.Pointer(&m.buf))), nbytes: uint64(len(m.buf))}

		want(t, "io_submit", 1, 0)(c.IoSubmit(ctx, 1, unsafe.Pointer(&m.list)))
		n, _, errno := syscall.Syscall6(syscall.SYS_IO_GETEVENTS, ctx, 1, 1, uintptr(unsafe.Pointer(&m.event)), 0, 0)
		if n != 1 || m.event.res != 4096 {
			t.Fatalf("io_getevents: %d events, errno %v, result %d", n, errno, m.event.res)
		}
		if !bytes.Equal(m.buf[:], content) {
			t.Error("read other bytes than the file's")
		}
	})
}

func TestNoAllocations(t *testing.T) {
	eachWay(t, func(t *testing.T, c Calls) {
		near, far := pair(t)
		file, _ := tempFile(t, 10)
		epfd := epoll(t, far)
		n := testing.AllocsPerRun(100, func() {
			var b [32]byte
			var events [4]unix.EpollEvent
			off := int64(0)
			c.Send(near, b[:], 0)
			c.Sendfile(near, file, &off, 5, false)
			c.Sendfile(near, file, &off, 5, true)
			c.EpollWait(epfd, events[:], 0)
			c.EpollWait(epfd, events[:], 1)
			c.Recv(far, b[:])
			c.Recv(far, b[:])
			c.Recv(far, b[:]) // EAGAIN
			RecvMessage(far, b[:])
			c.IoSubmit(0, 0, nil)
		})
		if n != 0 {
			t.Errorf("%v allocations, want 0", n)
		}
	})
}

func BenchmarkRecvNothing(b *testing.B) {
	for _, way := range []struct {
		name string
		Calls
	}{{"raw", Calls{}}, {"libc", Calls{Libc: LibcAvailable}}} {
		b.Run(way.name, func(b *testing.B) {
			_, far := pair(b)
			buf := make([]byte, 64)
			for b.Loop() {
				way.Recv(far, buf)
			}
		})
	}
}
