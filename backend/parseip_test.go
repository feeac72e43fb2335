package backend

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

var someIPs = []string{
	"1.2.3.4", "255.255.255.255", "0.0.0.0", "256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1..2.3", "1.2.3.", ".1.2.3", "1.2.3.4 ",
	"::", "::1", "1::", "1::2", "::1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
	"::ffff:1.2.3.4", "::FFFF:102:304", "64:ff9b::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", "fe80::1%eth0", "%", "",
	":", ":::", ":1", "1:", "12345::", "::g", "::00001", "::0001", "DEAD:beef::", "::1.2.3.4:5", "::1:", "1::2:", "0:0:0:0:0:0:0:0",
}

// FuzzParseIP has the same addresses as package netip, and no garbage.
func FuzzParseIP(f *testing.F) {
	for _, s := range someIPs {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseIP([]byte(s))
		want, err := netip.ParseAddr(s)
		wellFormed := err == nil && want.Zone() == "" && !strings.Contains(s, "%")
		if ok != wellFormed || ok && got != AddressFrom(netip.AddrPortFrom(want, 0)) {
			t.Errorf("%q: %v, %v; netip: %v, %v", s, got, ok, want, err)
		}
		port, ok := ParsePort([]byte(s))
		if n, err := strconv.ParseUint(s, 10, 16); ok != (err == nil && strconv.Itoa(int(n)) == s) || ok && uint64(port) != n {
			t.Errorf("port %q: %d, %v", s, port, ok)
		}
	})
}

func TestParseIPAllocatesNothing(t *testing.T) {
	for _, s := range someIPs {
		b := []byte(s)
		if n := testing.AllocsPerRun(100, func() { ParseIP(b) }); n != 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
	}
}
