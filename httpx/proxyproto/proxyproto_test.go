package proxyproto

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"

	pires "github.com/pires/go-proxyproto"

	"aws/backend"
)

func init() {
	pires.V1AcceptIPv4InTCP6 = true
	pires.MaxV2HeaderSize = Max - v2Fixed
}

// formatted is a header as the oracle writes it.
func formatted(t testing.TB, version byte, local bool, source, destination net.Addr, tlvs ...pires.TLV) []byte {
	t.Helper()
	h := pires.HeaderProxyFromAddrs(version, source, destination)
	if local {
		h.Command = pires.LOCAL
	}
	if len(tlvs) > 0 {
		if err := h.SetTLVs(tlvs); err != nil {
			t.Fatal(err)
		}
	}
	b, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tcp(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }

func address4(s string) backend.Address { return backend.AddressFrom(netip.MustParseAddrPort(s)) }

// withChecksum sets the checksum TLV of a block, whose value is at an index.
func withChecksum(block []byte, at int) []byte {
	clear(block[at : at+4])
	binary.BigEndian.PutUint32(block[at:], crc32.Checksum(block, crc32.MakeTable(crc32.Castagnoli)))
	return block
}

// samples are headers as proxies write them, with the source that they name.
func samples(t testing.TB) map[string]backend.Address {
	unix := &net.UnixAddr{Net: "unix", Name: "/run/a"}
	udp := net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.7:53"))
	crc := pires.TLV{Type: pires.PP2_TYPE_CRC32C, Value: make([]byte, 4)}
	alpn := pires.TLV{Type: pires.PP2_TYPE_ALPN, Value: []byte("h2")}
	summed := withChecksum(formatted(t, 2, false, tcp("192.0.2.7:4711"), tcp("198.51.100.1:80"), alpn, crc), 16+12+5+3)
	return map[string]backend.Address{
		"PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n":                                          address4("192.0.2.7:4711"),
		"PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n":                                         address4("[2001:db8::7]:65535"),
		"PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 1 2\r\n":                                        address4("192.0.2.7:1"),
		"PROXY TCP6 192.0.2.7 2001:db8::1 1 2\r\n":                                               address4("192.0.2.7:1"), // nginx
		"PROXY UNKNOWN\r\n":                                                                      {},
		"PROXY UNKNOWN ffff:f...f:ffff what ever\r\n":                                            {},
		"PROXY UNKNOWN " + strings.Repeat("x", v1Max-16) + "\r\n":                                {},
		string(formatted(t, 1, false, tcp("192.0.2.7:4711"), tcp("198.51.100.1:80"))):            address4("192.0.2.7:4711"),
		string(formatted(t, 2, false, tcp("192.0.2.7:4711"), tcp("198.51.100.1:80"))):            address4("192.0.2.7:4711"),
		string(formatted(t, 2, false, tcp("[2001:db8::7]:4711"), tcp("[2001:db8::1]:80"))):       address4("[2001:db8::7]:4711"),
		string(formatted(t, 2, false, tcp("[2001:db8::7]:4711"), tcp("[2001:db8::1]:80"), alpn)): address4("[2001:db8::7]:4711"),
		string(formatted(t, 2, true, tcp("192.0.2.7:4711"), tcp("198.51.100.1:80"))):             {},
		string(formatted(t, 2, true, nil, nil)):                                                  {},
		string(formatted(t, 2, false, unix, unix)):                                               {},
		string(formatted(t, 2, false, udp, udp)):                                                 {},
		string(summed):                                                                           address4("192.0.2.7:4711"),
		v2Signature + "\x21\x00\x00\x03abc":                                                      {}, // of an unknown family, with what that has for addresses
		v2Signature + "\x20\x99\x00\x01a":                                                        {}, // LOCAL: the family is ignored
	}
}

// wrong are the beginnings of connections that no proxy makes.
var wrong = map[string]Problem{
	"GET / HTTP/1.1\r\n": NoHeader, "PROXX": NoHeader, "proxy TCP4": NoHeader, "\x16\x03\x01": NoHeader, "\r\n\r\nGET": NoHeader, "\x00": NoHeader,
	"PROXY\r\n": NoHeader, "PROXY \r\n": Malformed, "PROXY TCP4\r\n": Malformed, "PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\n": Malformed,
	"PROXY  TCP4 192.0.2.7 198.51.100.1 4711 80\r\n": Malformed, "PROXY TCP4 192.0.2.7 198.51.100.1 4711 80 \r\n": Malformed,
	"PROXY TCP4 192.0.2.7 198.51.100.1 04711 80\r\n": Malformed, "PROXY TCP4 192.0.2.7 198.51.100.1 65536 80\r\n": Malformed,
	"PROXY TCP4 192.0.2.7 198.51.100.1 -1 80\r\n": Malformed, "PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n": Malformed,
	"PROXY TCP4 192.0.2.07 198.51.100.1 4711 80\r\n": Malformed, "PROXY TCP4 2001:db8::7 198.51.100.1 4711 80\r\n": Malformed,
	"PROXY TCP4 192.0.2.7 none 4711 80\r\n": Malformed, "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n": Malformed, "PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n": Malformed,
	"PROXY UNKNOWNS\r\n": Malformed, "PROXY \n": Malformed, "PROXY UNKNOWN " + strings.Repeat("x", v1Max): TooLong,
	v2Signature + "\x31": Malformed, v2Signature + "\x11\x11\x00\x0c": Malformed, v2Signature + "\x22\x11\x00\x0c": Malformed, v2Signature + "\x21\x13\x00\xff": Malformed,
	v2Signature + "\x21\x41\x00\xff": Malformed, v2Signature + "\x21\x10\x00\xff": Malformed, v2Signature + "\x21\x11\x00\x0b": Malformed, v2Signature + "\x21\x21\x00\x23": Malformed,
	v2Signature + "\x21\x31\x00\xd7": Malformed, v2Signature + "\x21\x11\xff\xff": TooLong, v2Signature + "\x20\x00\xff\xff": TooLong,
	v2Signature + "\x21\x11\x00\x0e12345678abcd\x04\x00":              Malformed, // half a TLV
	v2Signature + "\x21\x11\x00\x0f12345678abcd\x04\x00\x01":          Malformed, // longer than the block
	v2Signature + "\x21\x11\x00\x12" + "12345678abcd\x03\x00\x03abc":  Malformed, // a checksum of three bytes
	v2Signature + "\x21\x11\x00\x13" + "12345678abcd\x03\x00\x04abcd": BadChecksum,
}

func TestHeaders(t *testing.T) {
	for text, source := range samples(t) {
		h, n, problem := Parse([]byte(text + "GET"))
		if h.Source != source || n != len(text) || problem != NoProblem {
			t.Errorf("%q: %v, %d of %d bytes, %v; want %v", text, h.Source, n, len(text), problem, source)
		}
	}
	for text, want := range wrong {
		if h, n, problem := Parse([]byte(text)); problem != want || n != 0 || h != (Header{}) {
			t.Errorf("%q: %v, %d, %q; want %q", text, h, n, problem, want)
		}
	}
	for p := range Problems {
		if p > 0 && (p.String() == "" || p.Error() == "") {
			t.Errorf("problem %d has no name", p)
		}
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	check := func(text string) {
		b := []byte(text)
		if n := testing.AllocsPerRun(100, func() { Parse(b) }); n != 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
	for text := range samples(t) {
		check(text)
	}
	for text := range wrong {
		check(text)
	}
}

// The oracle writes a header of any addresses, and what it says is read.
func TestHeadersOfTheOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		ip := make([]byte, 4+12*r.IntN(2))
		for i := range ip {
			ip[i] = byte(r.Uint32())
		}
		source := &net.TCPAddr{IP: ip, Port: r.IntN(1 << 16)}
		version := byte(1 + r.IntN(2))
		var tlvs []pires.TLV
		for n := r.IntN(4); version == 2 && n > 0; n-- {
			tlvs = append(tlvs, pires.TLV{Type: pires.PP2_TYPE_NOOP, Value: make([]byte, r.IntN(300))})
		}
		b := formatted(t, version, false, source, source, tlvs...)
		want := backend.AddressFrom(source.AddrPort())
		if h, n, problem := Parse(b); h.Source != want || n != len(b) {
			t.Fatalf("%q: %v, %d, %v; want %v, %d", b, h.Source, n, problem, want, len(b))
		}
	}
}

// FuzzParse agrees with the oracle, wherever the header is split.
func FuzzParse(f *testing.F) {
	for text := range samples(f) {
		f.Add([]byte(text))
		f.Add([]byte(text + "GET / HTTP/1.1\r\n"))
	}
	for text := range wrong {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, length, problem := Parse(b)
		for n := range b {
			before, l, p := Parse(b[:n])
			switch {
			case l > 0 && (l > n || before != h || l != length):
				t.Fatalf("%d bytes: %v, %d, %v; all: %v, %d, %v", n, before, l, p, h, length, problem)
			case l == 0 && p != NoProblem && p != problem, l == 0 && p == NoProblem && length > 0 && n >= length:
				t.Fatalf("%d bytes: %v, all: %v, %d", n, p, problem, length)
			}
		}
		compare(t, b, h, length, problem)
	})
}

func compare(t *testing.T, b []byte, h Header, length int, problem Problem) {
	t.Helper()
	r := bufio.NewReaderSize(bytes.NewReader(b), max(len(b), 16)+1)
	theirs, err := pires.Read(r)
	switch {
	case err != nil && length > 0:
		// The oracle takes no UNKNOWN in version 2, which the specification leaves to the
		// receiver, and heeds the family of LOCAL, which it says to ignore.
		if b[0] != v2Signature[0] || b[13] != unspecified && b[12]&commandMask != local {
			t.Fatalf("%q is taken: %v", b, err)
		}
		return
	case err != nil:
		return
	case length == 0:
		// The oracle looks at TLVs later, and never at checksums.
		tlvs, err := theirs.TLVs()
		summed := false
		for _, tlv := range tlvs {
			summed = summed || tlv.Type == pires.PP2_TYPE_CRC32C
		}
		if theirs.Version != 2 || problem != Malformed && problem != BadChecksum || err == nil && !summed {
			t.Fatalf("%q: %v", b, problem)
		}
		return
	}
	if rest := r.Buffered(); length != len(b)-rest {
		t.Fatalf("%q: %d bytes, want %d", b, length, len(b)-rest)
	}
	want := backend.Address{}
	if source, ok := theirs.SourceAddr.(*net.TCPAddr); ok && !theirs.Command.IsLocal() {
		want = backend.AddressFrom(source.AddrPort())
	}
	if h.Source != want {
		t.Fatalf("%q: %v, want %v", b, h.Source, want)
	}
}
