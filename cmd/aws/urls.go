// Which URLs lead to a listener: what a user can open, from this machine and from
// others.

package main

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// mostAddresses bounds the lines for the machine's own addresses: a machine with
// containers has dozens.
const mostAddresses = 4

// urls returns the URLs, without a path, for the addresses of listeners. Those that
// listen on all addresses get the loopback's and then the machine's own, for which the
// kernel is asked. A unix socket stands as it is.
func urls(listening []string, machine func() []netip.Addr) (all []string) {
	add := func(url string) {
		if !slices.Contains(all, url) {
			all = append(all, url)
		}
	}
	for _, addr := range listening {
		ap, err := netip.ParseAddrPort(addr)
		switch {
		case err != nil:
			add(addr) // unix:/path
			continue
		case !ap.Addr().IsUnspecified():
			add(url(ap.Addr(), ap.Port()))
			continue
		}
		only4 := ap.Addr().Is4()
		add(url(netip.AddrFrom4([4]byte{127, 0, 0, 1}), ap.Port()))
		left := mostAddresses
		for _, ip := range machine() {
			if only4 && !ip.Is4() {
				continue
			}
			if left--; left >= 0 {
				add(url(ip, ap.Port()))
			}
		}
		if left < 0 {
			add(fmt.Sprintf("and %d more of this machine's addresses", -left))
		}
	}
	return all
}

// url returns the URL of an address, without a path. A zone's percent sign would
// have to be escaped, and browsers take none: the link-local address stands alone.
func url(ip netip.Addr, port uint16) string {
	host := ip.WithZone("").String()
	if ip.Is6() {
		host = "[" + host + "]"
	}
	if port == 80 {
		return "http://" + host
	}
	return fmt.Sprintf("http://%s:%d", host, port)
}

// machineAddresses are the machine's addresses that others may know, IPv4 first.
// Link-local IPv6 addresses are left out: a browser cannot open them. If the
// kernel does not tell, there are none.
func machineAddresses() (known []netip.Addr) {
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		if ip := prefix.Addr().Unmap(); err == nil && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			known = append(known, ip)
		}
	}
	slices.SortStableFunc(known, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return slices.Clip(known)
}

// isURL says whether a line of urls is one, and not a socket or a remark.
func isURL(line string) bool { return strings.HasPrefix(line, "http://") }
