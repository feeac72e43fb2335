package backend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Listener is one address to listen on, with a listening socket for each
// loop. TCP loops have sockets of their own (SO_REUSEPORT: the kernel spreads
// the connections); a unix socket is shared by all.
type Listener struct {
	// FDs holds a listening descriptor for each loop.
	FDs []int
	// Addr is where clients connect: "127.0.0.1:8888", "[::]:8888" or
	// "unix:/path", with the port that the kernel chose for port 0.
	Addr string

	unixPath string // to remove on Close
}

// ErrUnknownHost says that Listen cannot resolve a host.
var ErrUnknownHost = errors.New("neither an address nor a known name")

// backlog asks for the longest queue the kernel allows (net.core.somaxconn).
const backlog = 65535

// Listen opens addr for the given number of loops. addr is "HOST:PORT" with
// HOST an address, a name or empty (all addresses, IPv6 and IPv4), or
// "unix:/path". The error wraps the errno, or ErrUnknownHost.
func Listen(addr string, loops int) (*Listener, error) {
	for attempt := 0; ; attempt++ {
		l, err := listen(addr, loops)
		if err == nil {
			return l, nil
		}
		// A server that was killed may hold its address for a moment longer,
		// until the kernel has torn down its io_uring.
		if !errors.Is(err, unix.EADDRINUSE) || attempt == 5 {
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func listen(addr string, loops int) (*Listener, error) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return listenUnix(path, loops)
	}
	ap, err := resolve(addr)
	if err != nil {
		return nil, err
	}
	l, err := listenTCP(ap, loops)
	if errors.Is(err, unix.EAFNOSUPPORT) && ap.Addr() == netip.IPv6Unspecified() {
		return listenTCP(netip.AddrPortFrom(netip.IPv4Unspecified(), ap.Port()), loops)
	}
	return l, err
}

// CheckAddress says what is wrong with the form of an address for Listen.
func CheckAddress(addr string) error {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		if path == "" {
			return errors.New("want unix:/path")
		}
		return nil
	}
	_, _, err := splitAddress(addr)
	return err
}

func splitAddress(addr string) (host string, port uint16, err error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, errors.New("want HOST:PORT, :PORT or unix:/path")
	}
	number, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("port %q is not a number from 0 to 65535", portText)
	}
	return host, uint16(number), nil
}

// resolve turns "HOST:PORT" into an address. An empty host is [::], which
// serves IPv4 too.
func resolve(addr string) (netip.AddrPort, error) {
	var none netip.AddrPort
	host, port, err := splitAddress(addr)
	if err != nil {
		return none, err
	}
	if host == "" {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), port), nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil || len(ips) == 0 {
			return none, fmt.Errorf("host %q is %w", host, ErrUnknownHost)
		}
		ip = ips[0].Unmap()
	}
	return netip.AddrPortFrom(ip, port), nil
}

func listenTCP(ap netip.AddrPort, loops int) (*Listener, error) {
	l := &Listener{}
	if loops > 1 {
		// SO_REUSEPORT would silently let a second server join on the same port.
		// A socket without it finds out whether the port is taken, and which one
		// port 0 becomes.
		probe, err := bindTCP(ap, false)
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
		fd, err := bindTCP(ap, loops > 1)
		if err == nil {
			l.FDs = append(l.FDs, fd)
			err = unix.Listen(fd, backlog)
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
func bindTCP(ap netip.AddrPort, reusePort bool) (int, error) {
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
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
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

func listenUnix(path string, loops int) (*Listener, error) {
	if err := removeDeadSocket(path); err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	l := &Listener{FDs: []int{fd}, Addr: "unix:" + path}
	if err = unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err == nil {
		l.unixPath = path
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	for len(l.FDs) < loops {
		l.FDs = append(l.FDs, fd)
	}
	return l, nil
}

// removeDeadSocket removes the socket of a server that was killed. It leaves a
// socket that still answers, and anything that is not a socket.
func removeDeadSocket(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // if anything is wrong, bind says it better
	}
	if info.Mode()&os.ModeSocket == 0 {
		return unix.EEXIST
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = c.Close()
		return unix.EADDRINUSE
	}
	return os.Remove(path)
}

// Refuse makes the kernel refuse new connections, and lets another server listen
// on the address. The descriptors stay open until Close.
func (l *Listener) Refuse() {
	for _, fd := range l.FDs {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR) // a shared one is shut down already
	}
	_ = l.removePath()
}

// removePath removes a unix socket's path, once: the next one there belongs to
// another server.
func (l *Listener) removePath() error {
	path := l.unixPath
	l.unixPath = ""
	if path == "" {
		return nil
	}
	return os.Remove(path)
}

// Close closes the sockets and removes a unix socket's path.
func (l *Listener) Close() error {
	var err error
	for i, fd := range l.FDs {
		if i == 0 || fd != l.FDs[0] {
			err = errors.Join(err, unix.Close(fd))
		}
	}
	l.FDs = nil
	return errors.Join(err, l.removePath())
}
