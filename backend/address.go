package backend

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Address is a client's IP address and port. It holds no pointers, so it can
// live in mapped arrays, and two of the same client are equal. IPv4 clients of
// a dual-stack listener have plain IPv4 addresses. The zero value is unknown,
// or a unix socket's.
type Address struct {
	ip     [16]byte // IPv4: the first four
	zone   uint32   // index of the interface of a link-local IPv6 address, or 0
	port   uint16
	family uint8 // 4, 6, or 0: unknown
}

// AddressFrom converts from netip. A zone counts only if it is a number.
func AddressFrom(ap netip.AddrPort) Address {
	ip := ap.Addr().Unmap()
	switch {
	case ip.Is4():
		a := Address{port: ap.Port(), family: 4}
		b := ip.As4()
		copy(a.ip[:], b[:])
		return a
	case ip.Is6():
		zone, _ := strconv.ParseUint(ip.Zone(), 10, 32)
		return Address{ip: ip.As16(), zone: uint32(zone), port: ap.Port(), family: 6}
	}
	return Address{}
}

// AddrPort converts to netip; the zero Address becomes the invalid AddrPort.
// The zone of a link-local address is the interface's number: only the kernel
// knows its name.
func (a Address) AddrPort() netip.AddrPort {
	switch a.family {
	case 4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a.ip[:4])), a.port)
	case 6:
		ip := netip.AddrFrom16(a.ip)
		if a.zone != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(a.zone), 10))
		}
		return netip.AddrPortFrom(ip, a.port)
	}
	return netip.AddrPort{}
}

// String returns "127.0.0.1:80", "[::1]:80" or "unknown".
func (a Address) String() string {
	if a.family == 0 {
		return "unknown"
	}
	return a.AddrPort().String()
}

// SockaddrBuffer is what accept4(2) and getpeername(2) fill in. The kernel
// writes through its pointers, so it lies in an engine, not on a stack.
type SockaddrBuffer struct {
	sockaddr unix.RawSockaddrAny
	length   uint32
}

// Prepare returns the two arguments of the call.
func (b *SockaddrBuffer) Prepare() (sockaddr, length unsafe.Pointer) {
	b.sockaddr.Addr.Family = unix.AF_UNSPEC
	b.length = uint32(unsafe.Sizeof(b.sockaddr))
	return b.pointer(), unsafe.Pointer(&b.length)
}

func (b *SockaddrBuffer) pointer() unsafe.Pointer { return unsafe.Pointer(&b.sockaddr) }

// Address returns what the kernel has filled in.
func (b *SockaddrBuffer) Address() Address {
	switch b.sockaddr.Addr.Family {
	case unix.AF_INET:
		sa := (*unix.RawSockaddrInet4)(b.pointer())
		a := Address{port: hostOrder(sa.Port), family: 4}
		copy(a.ip[:], sa.Addr[:])
		return a
	case unix.AF_INET6:
		sa := (*unix.RawSockaddrInet6)(b.pointer())
		a := Address{ip: sa.Addr, zone: sa.Scope_id, port: hostOrder(sa.Port), family: 6}
		if [12]byte(sa.Addr[:12]) == v4Mapped {
			a = Address{port: a.port, family: 4}
			copy(a.ip[:], sa.Addr[12:])
		}
		return a
	}
	return Address{}
}

// v4Mapped begins IPv4 addresses on IPv6 sockets (RFC 4291, section 2.5.5.2).
var v4Mapped = [12]byte{10: 0xff, 11: 0xff}

// hostOrder turns a port as the kernel stores it, big-endian, into a number.
func hostOrder(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}

// octets has the text of each octet of an IPv4 address, with a dot after it.
var octets = func() (all [256]struct {
	text [len("255.")]byte
	size int // of the text: to append all of it and cut that takes less time
}) {
	for i := range all {
		all[i].size = copy(all[i].text[:], strconv.Itoa(i)+".")
	}
	return all
}()

// AppendIP appends the IP address without the port: "127.0.0.1", "::1" or
// "fe80::1%2". For the zero Address it appends what stands for unknown.
func (a *Address) AppendIP(b []byte, unknown string) []byte {
	switch a.family {
	case 4:
		for _, octet := range a.ip[:4] {
			t := &octets[octet]
			b = append(b, t.text[:]...)[:len(b)+t.size]
		}
		return b[:len(b)-len(".")]
	case 6:
		b = netip.AddrFrom16(a.ip).AppendTo(b)
		if a.zone != 0 { // netip would allocate for it
			b = strconv.AppendUint(append(b, '%'), uint64(a.zone), 10)
		}
		return b
	}
	return append(b, unknown...)
}

// Port is the port, 0 for the zero Address.
func (a Address) Port() uint16 { return a.port }

// ClientKey is the same for all addresses that one client may come from: an IPv4 address,
// or the first 64 bits of an IPv6 address, of which a client has as many as it likes
// (RFC 4291 §2.5.4). It is zero for the zero Address.
func (a Address) ClientKey() (key [9]byte) {
	key[0] = a.family
	if a.family == 4 {
		copy(key[1:], a.ip[:4])
	} else {
		copy(key[1:], a.ip[:8])
	}
	return key
}

// AppendClient appends that: "127.0.0.1" or "2001:db8:1:2::/64".
func (a Address) AppendClient(b []byte) []byte {
	if a.family != 6 {
		return a.AppendIP(b, "unknown")
	}
	clear(a.ip[8:])
	a.zone = 0
	return append(a.AppendIP(b, ""), "/64"...)
}

// IsKnown says that it is not the zero Address.
func (a Address) IsKnown() bool { return a.family != 0 }
