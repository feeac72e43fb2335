package load

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// The server sees a different address for each source.
func TestSourceAddresses(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := newSockaddr4(l.Addr().(*net.TCPAddr).AddrPort())
	for source, want := range map[int]string{0: "127.0.0.1", 1: "127.0.0.2", maxSources: "127.0.0.65"} {
		fd, errno := connect(&to, source, true)
		if errno != 0 {
			t.Fatalf("source %d: %v", source, errno)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.RemoteAddr().(*net.TCPAddr).IP.String(); got != want {
			t.Errorf("source %d: the server sees %s, want %s", source, got, want)
		}
		c.Close()
		closeSocket(fd)
	}
}

// A socket that was bound without a port can be bound to another source
// address, as connect does when no port is free.
func TestSourceAddressCanBeChanged(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for _, source := range []int{1, 2} {
		if errno := bindSource(fd, source); errno != 0 {
			t.Errorf("bind to source %d: %v", source, errno)
		}
	}
}
