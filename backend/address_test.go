package backend

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// What the kernel fills in for each family, and what it means.
func TestSockaddrBuffer(t *testing.T) {
	port := hostOrder(8080) // turns it the other way, too
	var b SockaddrBuffer
	fill4 := func(sa unix.RawSockaddrInet4) func() {
		return func() { *(*unix.RawSockaddrInet4)(b.pointer()) = sa }
	}
	fill6 := func(sa unix.RawSockaddrInet6) func() {
		return func() { *(*unix.RawSockaddrInet6)(b.pointer()) = sa }
	}
	linkLocal := [16]byte{0: 0xfe, 1: 0x80, 15: 1}
	mapped := [16]byte{10: 0xff, 11: 0xff, 12: 192, 14: 2, 15: 7}
	for _, test := range []struct {
		name, want string
		fill       func()
	}{
		{"nothing", "unknown", func() {}},
		{"unix", "unknown", fill4(unix.RawSockaddrInet4{Family: unix.AF_UNIX})},
		{"IPv4", "192.0.2.7:8080", fill4(unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: [4]byte{192, 0, 2, 7}})},
		{"IPv6", "[fe80::1]:8080", fill6(unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: linkLocal})},
		{"link-local IPv6", "[fe80::1%3]:8080", fill6(unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: linkLocal, Scope_id: 3})},
		{"mapped IPv4", "192.0.2.7:8080", fill6(unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: mapped})},
	} {
		b.Prepare()
		test.fill()
		got := b.Address()
		if got.String() != test.want {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
		if back := AddressFrom(got.AddrPort()); back != got {
			t.Errorf("%s: %v becomes %v by way of netip", test.name, got, back)
		}
	}
}

func TestAddressZero(t *testing.T) {
	var a Address
	if a.AddrPort().IsValid() || AddressFrom(netip.AddrPort{}) != a {
		t.Errorf("the zero Address is %v", a.AddrPort())
	}
}

// An IPv4 address is the same one however it is written.
func TestAddressFromMapped(t *testing.T) {
	plain, mapped := netip.MustParseAddrPort("192.0.2.7:80"), netip.MustParseAddrPort("[::ffff:192.0.2.7]:80")
	if AddressFrom(plain) != AddressFrom(mapped) {
		t.Errorf("%v and %v differ", AddressFrom(plain), AddressFrom(mapped))
	}
}
