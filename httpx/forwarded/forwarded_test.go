package forwarded

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"aws/backend"
	"aws/httpx/message"
)

const proxyAddress = "10.0.0.1:999"

func trusted(t testing.TB) (all backend.Networks) {
	t.Helper()
	for _, s := range []string{"10.0.0.0/8", "fd00::/8", "unix"} {
		n, err := backend.ParseNetwork(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

func address(s string) backend.Address {
	if s == "" {
		return backend.Address{}
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return backend.AddressFrom(ap)
	}
	return backend.AddressFrom(netip.AddrPortFrom(netip.MustParseAddr(s), 0))
}

func request(t testing.TB, fields string) *message.Request {
	t.Helper()
	r, scan := &message.Request{}, message.HeadScan{}
	if fields != "" {
		fields = strings.TrimSuffix(fields, "\r\n") + "\r\n"
	}
	head := []byte("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
	if end, refused := scan.Next(head, r); end != len(head) || refused != 0 {
		t.Fatalf("%q: %d, %v", head, end, refused)
	}
	return r
}

const xff, fwd = "X-Forwarded-For: ", "Forwarded: "

func TestClient(t *testing.T) {
	networks := trusted(t)
	for _, c := range []struct{ fields, want string }{
		{"", proxyAddress},
		{xff + "192.0.2.7", "192.0.2.7"},
		{xff + "192.0.2.7:4711", "192.0.2.7:4711"},
		{xff + "2001:db8::7", "2001:db8::7"},
		{xff + "[2001:db8::7]", "2001:db8::7"},
		{xff + "[2001:db8::7]:80", "[2001:db8::7]:80"},
		{xff + "::ffff:192.0.2.7", "192.0.2.7"},
		{xff + "198.51.100.1, 192.0.2.7", "192.0.2.7"}, // the client has written the first
		{xff + "192.0.2.7, 10.0.0.2, fd00::1,10.0.0.3", "192.0.2.7"},
		{xff + "10.0.0.3, 10.0.0.2", "10.0.0.3"}, // all are trusted: the farthest
		{xff + "192.0.2.7\r\n" + xff + "10.0.0.2", "192.0.2.7"},
		{xff + "198.51.100.1\r\nX: y\r\nx-forwarded-for:\t192.0.2.7 \r\nA: " + xff + "1.1.1.1", "192.0.2.7"},
		{xff + "192.0.2.7,, ,\r\n" + xff + "\r\n" + xff + " , ", "192.0.2.7"},
		{xff + "192.0.2.7, unknown", proxyAddress},
		{xff + "192.0.2.7, unknown, 10.0.0.2", "10.0.0.2"},
		{xff + "192.0.2.7, 10.0.0.999", proxyAddress},
		{xff + "garbage \x80\xff, 192.0.2.7", "192.0.2.7"},
		{xff + "192.0.2.7:", proxyAddress},
		{xff + "192.0.2.7:0x50", proxyAddress},
		{xff + "[192.0.2.7]", proxyAddress},
		{xff + "[2001:db8::7", proxyAddress},
		{xff + "[2001:db8::7]80", proxyAddress},
		{xff + `"192.0.2.7"`, proxyAddress},
		{xff + "fe80::1%eth0", proxyAddress},
		{xff, proxyAddress},
		{xff + ",,,", proxyAddress},

		{fwd + "for=192.0.2.43", "192.0.2.43"},
		{fwd + `For="[2001:db8:cafe::17]:4711"`, "[2001:db8:cafe::17]:4711"},
		{fwd + `for="192.0.2.7:_x.y-z"`, "192.0.2.7"},
		{fwd + "for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"},
		{fwd + `by="[fd00::1]:1" ; FOR="192.0.2.60:5"; host="a,b;for=6.6.6.6\""`, "192.0.2.60:5"},
		{fwd + "for=198.51.100.17, for=192.0.2.43, for=10.0.0.2", "192.0.2.43"},
		{fwd + "for=192.0.2.43\r\n" + fwd + `for="10.0.0.2:1"`, "192.0.2.43"},
		{fwd + `for="open, for=192.0.2.43`, "192.0.2.43"}, // what the client wrote reaches no farther
		{fwd + `for="a\", for=192.0.2.43`, "192.0.2.43"},
		{fwd + "for=192.0.2.43, for=_hidden", proxyAddress},
		{fwd + "for=192.0.2.43, for=unknown, for=10.0.0.2", "10.0.0.2"},
		{fwd + "for=192.0.2.43, proto=https", proxyAddress},
		{fwd + "for=192.0.2.43;for=192.0.2.44", proxyAddress},
		{fwd + "192.0.2.43", proxyAddress},
		{fwd + "for =192.0.2.43", proxyAddress},
		{fwd + "for=[2001:db8::1]", "2001:db8::1"}, // without the quotes that it needs
		{fwd + `for="`, proxyAddress},
		{fwd + `for=""`, proxyAddress},
		{fwd + ";;;", proxyAddress},

		{fwd + "for=192.0.2.43\r\n" + xff + "192.0.2.7", "192.0.2.7"},
		{xff + "\r\n" + fwd + "for=192.0.2.43", "192.0.2.43"},
	} {
		r := request(t, c.fields)
		if got := Client(r, address(proxyAddress), networks); got != address(c.want) {
			t.Errorf("%q: %v, want %s", c.fields, got, c.want)
		}
		if n := testing.AllocsPerRun(20, func() { Client(r, address4, networks) }); n != 0 {
			t.Errorf("%q: %v allocations", c.fields, n)
		}
		stranger := address("192.0.2.99:1")
		if got := Client(r, stranger, networks); got != stranger {
			t.Errorf("%q: from a stranger %v is believed", c.fields, got)
		}
	}
	if got := Client(request(t, xff+"192.0.2.7"), backend.Address{}, networks); got != address("192.0.2.7") {
		t.Errorf("on a unix socket: %v", got)
	}
}

var address4 = address(proxyAddress)

// A head full of entries takes one look at each.
func TestManyEntries(t *testing.T) {
	networks := trusted(t)
	for _, c := range []struct{ fields, want string }{
		{xff + "192.0.2.7" + strings.Repeat(",10.0.0.1", 1700), "192.0.2.7"},
		{xff + strings.Repeat(",", 15000) + "\r\n", proxyAddress},
		{xff + "192.0.2.7" + strings.Repeat(",", 15000), "192.0.2.7"},
		{strings.Repeat(xff+"10.0.0.1\r\n", 90), "10.0.0.1"},
		{fwd + "for=192.0.2.7" + strings.Repeat(",for=10.0.0.1", 1100), "192.0.2.7"},
		{fwd + strings.Repeat(`"`, 15000), proxyAddress},
		{fwd + strings.Repeat(`\`, 15000) + `"`, proxyAddress},
	} {
		r := request(t, c.fields)
		if got := Client(r, address4, networks); got != address(c.want) {
			t.Errorf("%.40q: %v, want %s", c.fields, got, c.want)
		}
	}
}

// FuzzClient: whatever a client sends before it, what the proxies add counts. The result
// is the one of a model that reads from the left.
func FuzzClient(f *testing.F) {
	for _, s := range []string{"", "1.2.3.4", `"`, `\"`, `for="a`, ",", ";", "\x80", `for="\`, "a\tb"} {
		f.Add(s, uint64(len(s)))
	}
	f.Fuzz(func(t *testing.T, forged string, seed uint64) {
		if strings.ContainsAny(forged, "\r\n") || message.IndexControl([]byte(strings.ReplaceAll(forged, "\t", ""))) < len(strings.ReplaceAll(forged, "\t", "")) || len(forged) > 2000 {
			return
		}
		networks, random := trusted(t), rand.New(rand.NewPCG(seed, 1))
		for name, format := range map[string]string{xff: "%s", fwd: "proto=http;for=\"%s\";host=\"a,b;c\""} {
			var b bytes.Buffer
			fmt.Fprintf(&b, "%s%s", name, forged)
			add := func(s string) {
				if random.IntN(2) == 0 {
					b.WriteString("\r\n" + name)
				} else {
					b.WriteString(", ")
				}
				fmt.Fprintf(&b, format, s)
			}
			add("192.0.2.7:5")
			for range random.IntN(4) {
				add("10.1.2.3")
			}
			if got := Client(request(t, b.String()), address4, networks); got != address("192.0.2.7:5") {
				t.Fatalf("%q: %v", b.String(), got)
			}
		}
	})
}

func BenchmarkClient(b *testing.B) {
	networks := trusted(b)
	r := request(b, "User-Agent: test\r\nAccept: */*\r\n"+xff+"192.0.2.7, 10.0.0.2\r\n")
	for b.Loop() {
		Client(r, address4, networks)
	}
}
