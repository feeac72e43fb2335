package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestURLs(t *testing.T) {
	var machine []netip.Addr
	for _, ip := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8::3"} {
		machine = append(machine, netip.MustParseAddr(ip))
	}
	for _, c := range []struct{ listening, want string }{
		{"127.0.0.1:8888", "http://127.0.0.1:8888"},
		{"127.0.0.1:80", "http://127.0.0.1"},
		{"[::1]:8888", "http://[::1]:8888"},
		{"[::1]:80", "http://[::1]"},
		{"unix:/run/aws.sock", "unix:/run/aws.sock"},
		{"0.0.0.0:8888", "http://127.0.0.1:8888 http://192.0.2.1:8888 http://192.0.2.2:8888"},
		{"[::]:8888", "http://127.0.0.1:8888 http://192.0.2.1:8888 http://192.0.2.2:8888 http://[2001:db8::1]:8888 http://[2001:db8::2]:8888 and 1 more of this machine's addresses"},
		{"0.0.0.0:81 127.0.0.1:81 192.0.2.1:81", "http://127.0.0.1:81 http://192.0.2.1:81 http://192.0.2.2:81"},
	} {
		want := strings.ReplaceAll(c.want, " and ", " and_")
		got := urls(strings.Fields(c.listening), func() []netip.Addr { return machine })
		for i := range got {
			if !isURL(got[i]) && !strings.HasPrefix(got[i], "unix:") {
				got[i] = strings.Replace(got[i], "and ", "and_", 1)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %s", c.listening, got, c.want)
		}
	}
	if got := urls([]string{"[::]:1"}, func() []netip.Addr { return nil }); !slices.Equal(got, []string{"http://127.0.0.1:1"}) {
		t.Errorf("on a machine that tells no addresses: %q", got)
	}
	for _, ip := range machineAddresses() {
		if ip.IsLoopback() || ip.Is6() && ip.IsLinkLocalUnicast() {
			t.Errorf("%v is no address that others can open", ip)
		}
	}
}
