package backend_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// A listener's connections inherit its congestion control (tcp(7),
// TCP_CONGESTION): reno on loopback, elsewhere the system's default.
func TestListenCongestion(t *testing.T) {
	plain, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal("socket:", err)
	}
	defer func() { _ = unix.Close(plain) }()
	systems := congestion(t, plain)
	for _, test := range []struct{ addr, want string }{
		{"127.0.0.1:0", "reno"},
		{"127.0.0.2:0", "reno"},
		{"0.0.0.0:0", systems},
	} {
		l, err := backend.Listen(test.addr, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range l.FDs {
			if got := congestion(t, fd); got != test.want {
				t.Errorf("%s: %q, want %q", test.addr, got, test.want)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func congestion(t *testing.T, fd int) string {
	t.Helper()
	name, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	if err != nil {
		t.Fatal("TCP_CONGESTION:", err)
	}
	return name
}
