package backend_test

import (
	"errors"
	"net"
	"os"
	"testing"

	"aws/backend"
	"aws/backend/backendtest"
)

// The kernel agrees: what does not clash can be listened on at the same time.
func TestFamiliesShareAPort(t *testing.T) {
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		backendtest.Missing(t, "this kernel has no IPv6")
	}
	for _, loops := range []int{1, 2} {
		first, err := backend.Listen("127.0.0.1:0", loops)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(first.Addr)
		var pair []*backend.ListenAddress
		for _, host := range []string{"127.0.0.1:", "[::]:"} {
			a, err := backend.ParseListenAddress(host + port)
			if err == nil {
				err = a.Resolve()
			}
			if err != nil {
				t.Fatal(err)
			}
			pair = append(pair, a)
		}
		backend.ShareFamilies(pair)
		if err := pair[1].Try(); err != nil {
			t.Error(err)
		}
		second, err := pair[1].Listen(loops)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(first.Close(), second.Close()); err != nil {
			t.Error(err)
		}
	}
}
