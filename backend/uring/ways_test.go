package uring

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// The ways in which a file can reach a socket with io_uring, which has no
// sendfile. SendFile was built by the results of this benchmark.
//
//	go test ./backend/uring -run '^$' -bench Ways -benchtime 200x
//
// The client is another process, so that cpu-us/op is what the sender needs, the
// kernel's worker threads included.

func TestMain(m *testing.M) {
	if addr := os.Getenv("URING_WAYS_CLIENT"); addr != "" {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, 256<<10))
		}
		os.Exit(0)
	}
	backendtest.Main(m)
}

const wayChunk = 256 << 10

// sender is one end of a connection, and what the ways need.
type sender struct {
	b      *testing.B
	ring   *ring
	socket int32
	file   int32
	memory *backend.Arena // one registered buffer
	pipe   [2]int
}

var ways = []struct {
	name string
	send func(*sender, int64)
}{
	{"read-then-send", (*sender).chain},
	{"sendfile", (*sender).sendfile},
	{"splice", (*sender).splice},
	{"read-then-zerocopy", (*sender).zeroCopy},
}

func BenchmarkWays(b *testing.B) {
	for _, size := range []int64{1 << 10, 16 << 10, 32 << 10, 64 << 10, 1 << 20, 64 << 20} {
		path := filepath.Join(b.TempDir(), "file")
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			b.Fatal(err)
		}
		for _, way := range ways {
			for _, cold := range []bool{false, true} {
				name := fmt.Sprintf("%s/%dKiB/hot", way.name, size>>10)
				if cold {
					name = fmt.Sprintf("%s/%dKiB/cold", way.name, size>>10)
				}
				b.Run(name, func(b *testing.B) {
					s := newSender(b, path)
					way.send(s, size)
					before := cpuTime()
					for b.Loop() {
						if cold {
							s.cool()
						}
						way.send(s, size)
					}
					b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "cpu-us/op")
					b.SetBytes(size)
				})
			}
		}
	}
}

func newSender(b *testing.B, path string) *sender {
	backendtest.OneThread(b)
	var config net.ListenConfig
	config.SetMultipathTCP(false) // which has no zero-copy send
	l, err := config.Listen(b.Context(), "tcp", "127.0.0.1:0")
	check(b, err)
	client := children.Command(b, os.Args[0])
	client.Env = append(os.Environ(), "URING_WAYS_CLIENT="+l.Addr().String())
	check(b, client.Start())
	conn, err := l.Accept()
	check(b, err)
	file, err := conn.(*net.TCPConn).File() // a descriptor that blocks, as io_uring wants it
	check(b, err)
	_ = conn.Close()
	_ = l.Close()
	s := &sender{b: b, socket: int32(file.Fd())}
	fd, err := unix.Open(path, unix.O_RDONLY, 0)
	check(b, err)
	s.file = int32(fd)
	s.cool() // what is dirty cannot be dropped later
	s.ring, _, err = openProbed(64, 128, AllFeatures())
	check(b, err)
	check(b, s.ring.enable())
	s.memory, err = backend.NewArena(1, wayChunk)
	check(b, err)
	check(b, s.ring.registerBuffer(s.memory.All()))
	check(b, unix.Pipe2(s.pipe[:], unix.O_CLOEXEC))
	_, err = unix.FcntlInt(uintptr(s.pipe[1]), unix.F_SETPIPE_SZ, wayChunk)
	check(b, err)
	b.Cleanup(func() {
		s.ring.close()
		_ = file.Close()
		for _, fd := range []int{fd, s.pipe[0], s.pipe[1]} {
			_ = unix.Close(fd)
		}
		_ = client.Wait()
		_ = s.memory.Destroy()
	})
	return s
}

func check(b *testing.B, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}

// cool drops the file from the page cache.
func (s *sender) cool() {
	check(s.b, unix.Fdatasync(int(s.file)))
	check(s.b, unix.Fadvise(int(s.file), 0, 0, unix.FADV_DONTNEED))
}

func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// entry fills a submission entry.
func (s *sender) entry(op uint8, fd int32, b []byte, n int64, off uint64, flags uint8) *sqe {
	e := s.ring.take()
	e.PrepOperation(op, fd, addressOf(b), uint32(n), off)
	e.SetFlags(flags)
	return e
}

// run submits what has been filled, waits for n completions, and returns the
// last one's result.
func (s *sender) run(n int) (result int64) {
	for ; n > 0; n-- {
		for s.ring.head() == s.ring.ready() {
			s.ring.enter(true, -1)
		}
		done := s.ring.peek()
		s.ring.advance()
		if done.Flags()&cqeMore != 0 {
			n++
		}
		if done.Result() < 0 {
			s.b.Fatal(unix.Errno(-done.Result()))
		}
		if done.Flags()&cqeNotification == 0 {
			result = int64(done.Result())
		}
	}
	return result
}

// readThen reads a chunk into the registered buffer and sends it by op, as a
// chain.
func (s *sender) readThen(op uint8, size int64) {
	b := s.memory.All()
	for off := int64(0); off < size; {
		n := min(size-off, wayChunk)
		s.entry(iouring.IORING_OP_READ_FIXED, s.file, b, n, uint64(off), iouring.IOSQE_FLAGS_IO_LINK)
		s.entry(op, s.socket, b, n, 0, 0).SetOpFlags(unix.MSG_WAITALL)
		off += s.run(2)
	}
}

func (s *sender) chain(size int64)    { s.readThen(iouring.IORING_OP_SEND, size) }
func (s *sender) zeroCopy(size int64) { s.readThen(iouring.IORING_OP_SEND_ZC, size) }

// splice goes through a pipe: file to pipe, pipe to socket.
func (s *sender) splice(size int64) {
	for off := int64(0); off < size; {
		n := min(size-off, wayChunk)
		const none = ^uint64(0)
		in := s.entry(iouring.IORING_OP_SPLICE, int32(s.pipe[1]), nil, n, none, 0)
		in.PrepOperation(iouring.IORING_OP_SPLICE, int32(s.pipe[1]), uint64(off), uint32(n), none)
		in.SetSpliceFdIn(s.file)
		n = s.run(1)
		for left := n; left > 0; {
			out := s.entry(iouring.IORING_OP_SPLICE, s.socket, nil, left, none, 0)
			out.PrepOperation(iouring.IORING_OP_SPLICE, s.socket, none, uint32(left), none)
			out.SetSpliceFdIn(int32(s.pipe[0]))
			left -= s.run(1)
		}
		off += n
	}
}

// sendfile makes the call itself, and has the ring wait for room.
func (s *sender) sendfile(size int64) {
	s.nonblock(1)
	for off := int64(0); off < size; {
		_, err := unix.Sendfile(int(s.socket), int(s.file), &off, int(min(size-off, 1<<20)))
		if err == unix.EAGAIN {
			s.entry(iouring.IORING_OP_POLL_ADD, s.socket, nil, 0, 0, 0).SetOpFlags(unix.POLLOUT)
			s.run(1)
			continue
		}
		check(s.b, err)
	}
	s.nonblock(0)
}

// nonblock changes the socket's mode as the engine does, by one call.
func (s *sender) nonblock(on int) {
	check(s.b, unix.IoctlSetPointerInt(int(s.socket), fionbio, on))
}
