package backend

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Listen opens an address for the given number of loops. addr is what
// ParseListenAddress takes. The error wraps the errno, ErrUnknownHost or
// ErrUnknownOwner.
func Listen(addr string, loops int) (*Listener, error) {
	a, err := ParseListenAddress(addr)
	if err == nil {
		err = a.Resolve()
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return a.Listen(loops)
}

// Listen opens a resolved address for the given number of loops. The error wraps the
// errno, or ErrNotOwner.
func (a *ListenAddress) Listen(loops int) (*Listener, error) {
	for attempt := 0; ; attempt++ {
		l, err := a.listen(loops)
		if err == nil {
			l.Proxies = a.proxies
			return l, nil
		}
		// A server that was killed may hold its address for a moment longer,
		// until the kernel has torn down its io_uring.
		if !errors.Is(err, unix.EADDRINUSE) || attempt == 5 {
			return nil, fmt.Errorf("listen on %s: %w", a, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (a *ListenAddress) listen(loops int) (*Listener, error) {
	if a.IsPath() {
		return a.listenUnix(loops)
	}
	l, err := listenTCP(netip.AddrPortFrom(a.ip, a.port), loops, a.only6)
	if a.fallsBack(err) {
		return listenTCP(netip.AddrPortFrom(netip.IPv4Unspecified(), a.port), loops, false)
	}
	return l, err
}

// fallsBack says that this machine has no IPv6, so that IPv4 is all there is.
func (a *ListenAddress) fallsBack(err error) bool {
	return errors.Is(err, unix.EAFNOSUPPORT) && a.all6() && !a.only6
}

// Try reports what would keep Listen from a resolved address, without listening: no
// client notices. Of a unix socket it does not say that it is in use.
func (a *ListenAddress) Try() error {
	if a.IsPath() {
		return a.tryUnix()
	}
	fd, err := bindTCP(netip.AddrPortFrom(a.ip, a.port), false, a.only6)
	switch {
	case err == nil:
		return unix.Close(fd)
	case a.fallsBack(err):
		return nil
	}
	return fmt.Errorf("listen on %s: %w", a, err)
}

func listenTCP(ap netip.AddrPort, loops int, only6 bool) (*Listener, error) {
	l := &Listener{}
	if loops > 1 {
		// SO_REUSEPORT would silently let a second server join on the same port.
		// A socket without it finds out whether the port is taken, and which one
		// port 0 becomes.
		probe, err := bindTCP(ap, false, only6)
		if err != nil {
			return nil, err
		}
		ap, err = boundTo(probe)
		_ = unix.Close(probe)
		if err != nil {
			return nil, err
		}
	}
	for range loops {
		fd, err := bindTCP(ap, loops > 1, only6)
		if err == nil {
			l.FDs = append(l.FDs, fd)
			err = unix.Listen(fd, Backlog)
		}
		if err == nil {
			ap, err = boundTo(fd)
		}
		if err != nil {
			_ = l.Close()
			return nil, err
		}
	}
	l.Addr = ap.String()
	return l, nil
}

// loopbackCongestion is the congestion control for clients on this machine, such
// as a proxy in front of the server. A loopback has no path to probe, yet some
// systems' default, bbr, paces every segment there by a timer, which costs as much
// as sending it. Every kernel has reno, and anyone may choose it (tcp(7),
// tcp_allowed_congestion_control).
const loopbackCongestion = "reno"

// bindTCP makes a bound socket with the options that accepted sockets inherit.
func bindTCP(ap netip.AddrPort, reusePort, only6 bool) (int, error) {
	family := unix.AF_INET
	if ap.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	set := func(level, option, value int) {
		if err == nil {
			err = unix.SetsockoptInt(fd, level, option, value)
		}
	}
	set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if reusePort {
		set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if family == unix.AF_INET6 {
		v6only := 0
		if only6 {
			v6only = 1
		}
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only)
	}
	// MSG_MORE makes answers leave in as few segments as possible; Nagle's
	// algorithm would only hold back their tails (tcp(7)).
	set(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if ap.Addr().IsLoopback() {
		// A refusal, as by a seccomp filter, costs only speed.
		_ = unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, loopbackCongestion)
	}
	if err == nil {
		err = unix.Bind(fd, sockaddr(ap))
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func sockaddr(ap netip.AddrPort) unix.Sockaddr {
	if ap.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}
	}
	sa := &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()}
	if zone := ap.Addr().Zone(); zone != "" { // fe80::1%eth0
		if nic, err := net.InterfaceByName(zone); err == nil {
			sa.ZoneId = uint32(nic.Index)
		}
	}
	return sa
}

// boundTo asks the kernel for fd's address: the real port.
func boundTo(fd int) (netip.AddrPort, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)), nil
	}
	return netip.AddrPort{}, unix.EAFNOSUPPORT
}
