package load

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// RFC 9110 §14.4: Content-Range = range-unit SP first-pos "-" last-pos "/"
// complete-length. The other forms of RFC 9110 (an unknown length, the form of a
// 416) do not answer the generator's requests.
func TestOnlyWholePartsAreRead(t *testing.T) {
	for text, want := range map[string]Part{
		"bytes 0-0/1":                          {0, 0, 1},
		"bytes 5-10/1000":                      {5, 10, 1000},
		"BYTES 5-10/1000":                      {5, 10, 1000}, // §14.1: units are case-insensitive
		"bytes 1-2/1073741824":                 {1, 2, 1 << 30},
		"bytes 0-99/":                          {},
		"bytes 0-99/*":                         {},
		"bytes */1000":                         {},
		"bytes 0-99":                           {},
		"bytes -99/1000":                       {},
		"bytes 0-/1000":                        {},
		"bytes +0-99/1000":                     {},
		"bytes  0-99/1000":                     {},
		"pages 0-99/1000":                      {},
		"0-99/1000":                            {},
		"":                                     {},
		"bytes 0-99/1e3":                       {},
		"bytes 0-99/1000/1000":                 {},
		"bytes 0-9/99999999999999999999999999": {},
	} {
		got, ok := parsePart([]byte(text))
		if ok != (want != Part{}) || ok && got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, ok, want)
		}
	}
}

// A part other than the requested one is refused, even if its length and status
// are right.
func TestAnswersWithAnotherPartAreRefused(t *testing.T) {
	asked := target("/", body(100))
	asked.Status, asked.Part = 206, Part{500, 599, 1000}
	for fields, want := range map[string]string{
		"Content-Range: bytes 500-599/1000\r\n": "",
		"":                                      "the part none instead of 500-599/1000",
		"Content-Range: bytes 0-99/1000\r\n":    "the part 0-99/1000 instead of 500-599/1000",
		"Content-Range: bytes 500-599/*\r\n":    "Content-Range",
		"Content-Range: bytes 500-599/999\r\n":  "the part 500-599/999",
		"Content-Range: bytes 500-599/1000\r\nContent-Range: bytes 0-99/1000\r\n": "Content-Range",
	} {
		addr := serve(t, func(w io.Writer, _ *http.Request) bool {
			fmt.Fprintf(w, "HTTP/1.1 206 Partial Content\r\nContent-Length: 100\r\n%s\r\n%s", fields, body(100))
			return true
		})
		_, err := run(t, Plan{Addr: addr, Targets: []Target{asked}, Once: true})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", fields, err, want)
		}
	}
}

// Every head that a server sends is either refused or parsed into valid values,
// and the cache returns the same ones.
func FuzzHead(f *testing.F) {
	for _, fields := range []string{
		"Content-Length: 5\r\n", "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n", "", ":\r\n",
		"Content-Length: 5\r\nContent-Range: bytes 0-4/9\r\nConnection: close\r\n",
	} {
		f.Add([]byte("HTTP/1.1 200 OK\r\n" + fields + "\r\n"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		end := headEnd(b)
		if end < 0 {
			return
		}
		b = b[:end]
		h, err := parseHead(b)
		if err != nil {
			return
		}
		if h.length < 0 || h.status < 0 || h.status > 999 || h.part.First < 0 || h.part.Last < 0 || h.part.Size < 0 {
			t.Errorf("%q: %+v", b, h)
		}
		var cache headCache
		for range 2 {
			if again, err := cache.parse(bytes.Clone(b)); err != nil || again != h {
				t.Errorf("%q: %+v, from the cache %+v, %v", b, h, again, err)
			}
		}
	})
}
