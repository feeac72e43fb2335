package backendtest

import (
	"io"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// RunSockets tests a real engine over TCP, and without faults over unix
// sockets too.
func RunSockets(t *testing.T, open func(opts backend.Options) (backend.Backend, error)) {
	t.Run("tcp", func(t *testing.T) { Run(t, Sockets("tcp", open)) })
	t.Run("unix", func(t *testing.T) { Plain(t, Sockets("unix", open)) })
}

// Sockets adapts a real engine to the suite: it listens on network, "tcp" or
// "unix", and dials from there.
func Sockets(network string, open func(opts backend.Options) (backend.Backend, error)) Open {
	return func(t *testing.T, opts backend.Options) Env {
		t.Helper()
		listener, address := listen(t, network)
		opts.Listeners = []int{listener}
		b, err := open(opts)
		if err != nil {
			_ = unix.Close(listener)
			t.Fatalf("open the engine: %v", err)
		}
		return Env{
			Backend: b,
			Dial:    func() Peer { return dial(t, address) },
			Release: func() { _ = unix.Close(listener) },
		}
	}
}

// bufferSize keeps sockets small, so that a test needs little to fill them;
// yet not smaller than a segment on the loopback interface, where TCP stalls.
const bufferSize = 128 << 10

func listen(t *testing.T, network string) (int, unix.Sockaddr) {
	t.Helper()
	family, address := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if network == "unix" {
		family, address = unix.AF_UNIX, &unix.SockaddrUnix{} // the kernel makes up an abstract name: unix(7), autobind
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bufferSize)
	}
	if err == nil {
		err = unix.Bind(fd, address)
	}
	if err == nil {
		err = unix.Listen(fd, 128)
	}
	if err == nil {
		address, err = unix.Getsockname(fd)
	}
	if err != nil {
		t.Fatalf("listen on %s: %v", network, err)
	}
	return fd, address
}

// socketPeer is a client on a non-blocking socket.
type socketPeer struct {
	t  *testing.T
	fd int // -1 when closed
}

func dial(t *testing.T, address unix.Sockaddr) Peer {
	t.Helper()
	family := unix.AF_INET
	if _, ok := address.(*unix.SockaddrUnix); ok {
		family = unix.AF_UNIX
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferSize)
	}
	if err == nil {
		err = unix.Connect(fd, address) // completes in the kernel, without an accept
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	p := &socketPeer{t, fd}
	t.Cleanup(p.Close)
	return p
}

func (p *socketPeer) Write(b []byte) (int, error) {
	for {
		n, err := unix.SendmsgN(p.fd, b, nil, nil, unix.MSG_NOSIGNAL)
		switch err {
		case nil:
			return n, nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
			continue
		}
		return 0, err
	}
}

func (p *socketPeer) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(p.fd, b)
		switch {
		case err == unix.EAGAIN:
			return 0, nil
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (p *socketPeer) CloseWrite() { _ = unix.Shutdown(p.fd, unix.SHUT_WR) }

func (p *socketPeer) Close() {
	if p.fd >= 0 {
		_ = unix.Close(p.fd)
		p.fd = -1
	}
}

// Reset closes with a linger time of 0, which is a reset (socket(7)); unix
// sockets take no notice of it.
func (p *socketPeer) Reset() {
	_ = unix.SetsockoptLinger(p.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	p.Close()
}
