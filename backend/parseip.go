// IP addresses in what peers send: package netip makes garbage of each that is none.

package backend

// ParseIP parses an IPv4 or IPv6 address, as netip.ParseAddr does, but for zones, which
// mean nothing to another machine. IPv4 in IPv6 (RFC 4291 §2.5.5.2) becomes IPv4. The
// result has no port. It allocates nothing.
func ParseIP(b []byte) (a Address, ok bool) {
	if ip, ok := parseIPv4(b); ok {
		return IPv4From(ip, 0), true
	}
	ip, ok := parseIPv6(b)
	if !ok {
		return Address{}, false
	}
	return IPv6From(ip, 0), true
}

// IPv4From makes an address of the bytes of an IP address, in network order.
func IPv4From(ip [4]byte, port uint16) (a Address) {
	a.family, a.port = 4, port
	copy(a.ip[:], ip[:])
	return a
}

// IPv6From is as IPv4From. IPv4 in IPv6 becomes IPv4.
func IPv6From(ip [16]byte, port uint16) Address {
	if [12]byte(ip[:12]) == v4Mapped {
		return IPv4From([4]byte(ip[12:]), port)
	}
	return Address{ip: ip, port: port, family: 6}
}

// WithPort is the address with another port.
func (a Address) WithPort(port uint16) Address {
	a.port = port
	return a
}

// ParsePort parses a port as it is written: decimal, without zeros in front.
func ParsePort(b []byte) (port uint16, ok bool) {
	if len(b) == 0 || len(b) > 5 || b[0] == '0' && len(b) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return uint16(n), n <= 65535
}

// parseIPv4 parses four decimal numbers without zeros in front, which some take for
// octal.
func parseIPv4(b []byte) (ip [4]byte, ok bool) {
	part, digits := 0, 0
	for _, c := range b {
		switch n := int(ip[part])*10 + int(c) - '0'; {
		case c == '.' && digits > 0 && part < 3:
			part, digits = part+1, 0
		case c < '0' || c > '9' || n > 255 || digits > 0 && ip[part] == 0:
			return ip, false
		default:
			ip[part] = byte(n)
			digits++
		}
	}
	return ip, part == 3 && digits > 0
}

// parseIPv6 parses groups of up to four hexadecimal digits, of which "::" may leave
// some out. The last two may be an IPv4 address (RFC 4291 §2.2).
func parseIPv6(b []byte) (ip [16]byte, ok bool) {
	at, gap := 0, -1 // where the next group goes, and where "::" was
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		if at == len(ip) {
			return ip, false
		}
		group, n := hexGroup(b)
		if n < len(b) && b[n] == '.' { // the rest is IPv4
			last, ok := parseIPv4(b)
			if !ok || at > len(ip)-4 {
				return ip, false
			}
			copy(ip[at:], last[:])
			at += 4
			break
		}
		if n == 0 {
			return ip, false
		}
		ip[at], ip[at+1] = byte(group>>8), byte(group)
		at += 2
		switch b = b[n:]; {
		case len(b) == 0:
		case len(b) == 1 || b[0] != ':': // a colon at the end, or none
			return ip, false
		case b[1] != ':':
			b = b[1:]
		case gap >= 0:
			return ip, false
		default:
			gap, b = at, b[2:]
		}
	}
	switch {
	case gap < 0:
		return ip, at == len(ip)
	case at == len(ip): // "::" stands for one group at least
		return ip, false
	}
	moved := len(ip) - (at - gap)
	copy(ip[moved:], ip[gap:at])
	clear(ip[gap:moved])
	return ip, true
}

// hexGroup is the number that up to four hexadecimal digits at the start of b make.
func hexGroup(b []byte) (group uint16, n int) {
	for n < len(b) && n < 4 {
		c := b[n]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return group, n
		}
		group = group<<4 | uint16(c)
		n++
	}
	return group, n
}
