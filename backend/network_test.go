package backend

import (
	"net/netip"
	"testing"
)

func parseNetworks(t *testing.T, all ...string) (n Networks) {
	t.Helper()
	for _, s := range all {
		one, err := ParseNetwork(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		n = append(n, one)
	}
	return n
}

func TestNetworkContains(t *testing.T) {
	for network, addresses := range map[string]map[string]bool{
		"10.0.0.0/8":            {"10.0.0.0": true, "10.255.255.255": true, "11.0.0.0": false, "9.255.255.255": false, "::ffff:10.1.2.3": true, "::a00:1": false, "": false},
		"192.0.2.64/26":         {"192.0.2.64": true, "192.0.2.127": true, "192.0.2.128": false, "192.0.2.63": false},
		"192.0.2.7":             {"192.0.2.7": true, "192.0.2.6": false},
		"0.0.0.0/0":             {"1.2.3.4": true, "::1": false, "": false},
		"::/0":                  {"1.2.3.4": false, "::1": true, "fe80::1%1": true, "": false},
		"2001:db8::/33":         {"2001:db8:7fff::": true, "2001:db8:8000::": false},
		"::ffff:10.0.0.0/104":   {"10.1.2.3": true, "11.0.0.0": false},
		"2001:db8::1":           {"2001:db8::1": true, "2001:db8::2": false},
		"unix":                  {"": true, "0.0.0.0": false, "::": false},
		"255.255.255.255/32":    {"255.255.255.255": true, "255.255.255.254": false},
		"ffff:ffff:ffff::/47":   nil,
		"ffff:ffff:ffff::1/128": {"ffff:ffff:ffff::1": true},
	} {
		n, err := ParseNetwork(network)
		if addresses == nil {
			if err == nil {
				t.Errorf("%s: no error", network)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", network, err)
			continue
		}
		for text, want := range addresses {
			a := Address{}
			if text != "" {
				a = AddressFrom(netip.AddrPortFrom(netip.MustParseAddr(text), 80))
			}
			if got := (Networks{n}).Contains(a); got != want {
				t.Errorf("%s in %s: %v", text, network, got)
			}
		}
		if again, err := ParseNetwork(n.String()); err != nil || again != n {
			t.Errorf("%s: %v becomes %v, %v", network, n, again, err)
		}
	}
	for _, s := range []string{"", "10.0.0.0/33", "10.0.0.1/8", "fe80::1%eth0", "::ffff:0:0/90", "all", "10/8", "10.0.0.0/"} {
		if n, err := ParseNetwork(s); err == nil {
			t.Errorf("%q: %v", s, n)
		}
	}
}

func TestNetworksCoverAndOverlap(t *testing.T) {
	a := parseNetworks(t, "10.0.0.0/8", "2001:db8::/32", "unix")
	for s, want := range map[string][2]bool{
		"10.1.0.0/16": {true, true}, "0.0.0.0/0": {false, true}, "11.0.0.0/8": {false, false}, "unix": {true, true}, "::/0": {false, true}, "2001:db8::1": {true, true},
	} {
		others := parseNetworks(t, s)
		if got := [2]bool{a.Covers(others), a.Overlaps(others)}; got != want || others.Overlaps(a) != want[1] {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
	if a.Covers(parseNetworks(t, "10.0.0.0/9", "11.0.0.0/9")) {
		t.Error("one of two is enough")
	}
}
