package backendtest

import (
	"errors"
	"io"
	"net/netip"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// RunSockets tests a real engine over TCP and, without faults, over unix
// sockets.
func RunSockets(t *testing.T, open func(opts backend.Options) (backend.Backend, error)) {
	t.Run("tcp", func(t *testing.T) { Run(t, Sockets(TCP, open)) })
	t.Run("unix", func(t *testing.T) { Plain(t, Sockets(Unix, open)) })
	t.Run("families", func(t *testing.T) {
		s := suite{open: socketsOf(open, Unix, TCP, tcp6, dualStack)}
		s.run(t, group{tests: peerTests})
	})
	t.Run("marks", func(t *testing.T) {
		for _, network := range []Network{TCP, Unix} {
			s := suite{open: Sockets(network, open)}
			t.Run(network.String(), func(t *testing.T) { s.run(t, group{tests: markTests}) })
		}
		s := suite{open: Sockets(Unix, open)}
		s.run(t, group{tests: descriptorTests})
	})
	t.Run("queues", func(t *testing.T) {
		for _, network := range []Network{ample, tcp6} {
			s := suite{open: Sockets(network, open)}
			t.Run(network.String(), func(t *testing.T) { s.run(t, group{tests: queueTests}) })
		}
		s := suite{open: Sockets(ample, open)}
		s.run(t, group{tests: boundTests})
	})
	t.Run("SharedListener", func(t *testing.T) { testSharedListener(t, open) })
}

// Network is a kind of listener, and how clients come to it.
type Network uint8

const (
	TCP       Network = iota // over IPv4
	Unix                     // an abstract name
	tcp6                     // over IPv6
	dualStack                // IPv4 clients of an IPv6 listener
	ample                    // TCP with send buffers as large as the kernel makes them
)

func (n Network) String() string { return [...]string{"tcp", "unix", "tcp6", "dualstack", "ample"}[n] }

// Sockets adapts a real engine to the suite, with two listeners of a kind.
func Sockets(network Network, open func(opts backend.Options) (backend.Backend, error)) Open {
	return socketsOf(open, network, network)
}

func socketsOf(open func(opts backend.Options) (backend.Backend, error), networks ...Network) Open {
	return func(t *testing.T, opts backend.Options) Env {
		t.Helper()
		var addresses []unix.Sockaddr
		for _, network := range networks {
			fd, address := listen(t, network)
			opts.Listeners = append(opts.Listeners, fd)
			addresses = append(addresses, address)
		}
		release := func() {
			for _, fd := range opts.Listeners {
				_ = unix.Close(fd)
			}
		}
		var b backend.Backend
		defer func() {
			if b == nil { // open failed, or panicked
				release()
			}
		}()
		b, err := open(opts)
		if err != nil {
			b = nil
			t.Fatalf("open the engine: %v", err)
		}
		return Env{
			Backend:   b,
			Listeners: len(networks),
			Dial:      func(listener int) Peer { return dial(t, addresses[listener]) },
			Release:   release,
		}
	}
}

// bufferSize keeps sockets small, so that a test needs little to fill them; yet
// not smaller than a segment on the loopback interface, where TCP stalls.
const bufferSize = 128 << 10

// listen opens a listener, and returns it with the address to dial.
func listen(t *testing.T, network Network) (int, unix.Sockaddr) {
	t.Helper()
	loopback4, loopback6 := [4]byte{127, 0, 0, 1}, [16]byte{15: 1}
	var family int
	var address unix.Sockaddr
	switch network {
	case TCP, ample:
		family, address = unix.AF_INET, &unix.SockaddrInet4{Addr: loopback4}
	case Unix:
		family, address = unix.AF_UNIX, &unix.SockaddrUnix{} // the kernel makes up an abstract name: unix(7), autobind
	case tcp6:
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Addr: loopback6}
	case dualStack:
		family, address = unix.AF_INET6, &unix.SockaddrInet6{}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil && network != ample {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bufferSize)
	}
	if err == nil && family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
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
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) {
		Missing(t, "no IPv6 here: ", err)
	}
	if err != nil {
		t.Fatalf("listen on network %d: %v", network, err)
	}
	if network == dualStack {
		address = &unix.SockaddrInet4{Addr: loopback4, Port: address.(*unix.SockaddrInet6).Port}
	}
	return fd, address
}

// socketPeer is a client on a non-blocking socket.
type socketPeer struct {
	t       *testing.T
	fd      int // -1 when closed
	address backend.Address
	server  uint16 // the server's port; 0 for a unix socket
}

func dial(t *testing.T, address unix.Sockaddr) Peer {
	t.Helper()
	family := unix.AF_INET
	switch address.(type) {
	case *unix.SockaddrUnix:
		family = unix.AF_UNIX
	case *unix.SockaddrInet6:
		family = unix.AF_INET6
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
	p := &socketPeer{t, fd, addressOf(t, fd), portOf(address)}
	t.Cleanup(p.Close)
	return p
}

// portOf is the port of an address to dial.
func portOf(address unix.Sockaddr) uint16 {
	switch address := address.(type) {
	case *unix.SockaddrInet4:
		return uint16(address.Port)
	case *unix.SockaddrInet6:
		return uint16(address.Port)
	}
	return 0
}

// addressOf is what a server sees of a client's socket.
func addressOf(t *testing.T, fd int) backend.Address {
	t.Helper()
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatalf("getsockname: %v", err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return backend.AddressFrom(netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			ip = ip.WithZone(strconv.Itoa(int(sa.ZoneId)))
		}
		return backend.AddressFrom(netip.AddrPortFrom(ip, uint16(sa.Port)))
	}
	return backend.Address{}
}

func (p *socketPeer) Address() backend.Address { return p.address }

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
// sockets ignore it.
func (p *socketPeer) Reset() {
	_ = unix.SetsockoptLinger(p.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	p.Close()
}
