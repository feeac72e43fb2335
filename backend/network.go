// Networks, as operators name them: ADDRESS[/BITS], or unix.

package backend

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// Network is a set of addresses with the same beginning. It is comparable.
type Network struct {
	first  [16]byte // IPv4: the first four
	bits   uint8    // of these that count
	family uint8    // 4, 6, or 0: unix sockets
}

// The widest networks.
var (
	AllIPv4   = Network{family: 4}
	AllIPv6   = Network{family: 6}
	Everybody = Networks{AllIPv4, AllIPv6, Network{}}
)

// ErrNoNetwork says that a text does not look like a network.
var ErrNoNetwork = errors.New("want a network, such as 10.0.0.0/8 or 2001:db8::/32, an address, or unix")

// ofUnix is the word for clients on unix sockets, which have no address.
const ofUnix = "unix"

// ParseNetwork parses "10.0.0.0/8", "2001:db8::/32", an address alone, or "unix" for the
// clients of unix sockets. IPv4 in IPv6 is IPv4. The error does not repeat s.
func ParseNetwork(s string) (n Network, err error) {
	if s == ofUnix {
		return Network{}, nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		ip, err := netip.ParseAddr(s)
		if err != nil || ip.Zone() != "" {
			return n, ErrNoNetwork
		}
		p = netip.PrefixFrom(ip, ip.BitLen())
	}
	if p.Masked() != p {
		return n, fmt.Errorf("the network is %v; a single address has no '/%d'", p.Masked(), p.Bits())
	}
	ip, bits := p.Addr(), p.Bits()
	if ip.Is4In6() && bits >= 96 {
		ip, bits = ip.Unmap(), bits-96
	}
	a := AddressFrom(netip.AddrPortFrom(ip, 0))
	if a.family == 4 && ip.Is4In6() { // ::ffff:0:0/90 and the like have more than IPv4
		return n, errors.New("write networks of IPv4 as such: 10.0.0.0/8")
	}
	return Network{first: a.ip, bits: uint8(bits), family: a.family}, nil
}

// IsUnix says that these are the clients of unix sockets.
func (n Network) IsUnix() bool { return n.family == 0 }

// IsAll says that these are all addresses of a family.
func (n Network) IsAll() bool { return n.bits == 0 && n.family != 0 }

// Contains says whether an address is one of the network's. Its port and its zone do
// not matter. The zero Address counts as a unix socket's.
func (n *Network) Contains(a Address) bool {
	if n.family != a.family {
		return false
	}
	whole, rest := n.bits/8, n.bits%8
	return string(n.first[:whole]) == string(a.ip[:whole]) &&
		(rest == 0 || (n.first[whole]^a.ip[whole])>>(8-rest) == 0)
}

// covers says that all addresses of another network are the network's, too.
func (n *Network) covers(o Network) bool {
	return n.bits <= o.bits && n.Contains(Address{ip: o.first, family: o.family})
}

// String is the network as ParseNetwork takes it.
func (n Network) String() string {
	switch n.family {
	case 4:
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(n.first[:4])), int(n.bits)).String()
	case 6:
		return netip.PrefixFrom(netip.AddrFrom16(n.first), int(n.bits)).String()
	}
	return ofUnix
}

// Networks are several of them.
type Networks []Network

// Contains says whether an address is of one of the networks.
func (all Networks) Contains(a Address) bool {
	for i := range all {
		if all[i].Contains(a) {
			return true
		}
	}
	return false
}

// Covers says that each of the others lies in one of the networks. It may miss some
// that lie in several together.
func (all Networks) Covers(others Networks) bool {
	return !slices.ContainsFunc(others, func(o Network) bool { return !all.coverOne(o) })
}

// Overlaps says that an address is of both.
func (all Networks) Overlaps(others Networks) bool {
	return slices.ContainsFunc(all, func(n Network) bool {
		return others.coverOne(n) || slices.ContainsFunc(others, func(o Network) bool { return n.covers(o) })
	})
}

func (all Networks) coverOne(o Network) bool {
	return slices.ContainsFunc(all, func(n Network) bool { return n.covers(o) })
}
