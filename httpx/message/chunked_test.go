package message

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unsafe"
)

// discardAll discards b in pieces of the given size, as a connection would.
func discardAll(b []byte, piece int) (c ChunkedReader, n int, done bool, err error) {
	for n < len(b) && !done && err == nil {
		var k int
		k, done, err = c.Discard(b[n:min(n+piece, len(b))])
		n += k
	}
	return c, n, done, err
}

// outcome is what becomes of a body.
type outcome string

const (
	isDone      outcome = "done"
	goesOn      outcome = "goes on"
	isMalformed outcome = "malformed"
	isTooLong   outcome = "too long"
)

var chunkedCases = []struct {
	rfc  string // 9112
	body string
	data int64
	want outcome
}{
	{"§7.1 empty", "0\r\n\r\n", 0, isDone},
	{"§7.1 two chunks", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", 13, isDone},
	{"§7.1 data that looks like a chunk", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", 5, isDone},
	{"§7.1 zeros", "0001\r\na\r\n0000000000000000\r\n\r\n", 1, isDone},
	{"§7.1 no size", "\r\n\r\n", 0, isMalformed},
	{"§7.1 no size", ";a\r\n\r\n", 0, isMalformed},
	{"§7.1 0x", "0x1\r\na\r\n", 0, isMalformed},
	{"§7.1 sign", "+1\r\na\r\n", 0, isMalformed},
	{"§7.1 space before the size", " 1\r\na\r\n", 0, isMalformed},
	{"§7.1 space after the size", "1 \r\na\r\n", 0, isMalformed},
	{"§7.1 17 digits", "00000000000000001\r\na\r\n", 0, isMalformed},
	{"§7.1 2^63-1", "7FFFffffFFFFffff\r\na", 1, goesOn},
	{"§7.1 2^64", "10000000000000000\r\na", 0, isMalformed},
	{"§7.1 2^64-1", "FFFFFFFFFFFFFFFF\r\na", 0, isMalformed},
	{"§7.1 2^63", "8000000000000000\r\na", 0, isMalformed},
	{"§7.1 bare LF after the size", "1\na\r\n0\r\n\r\n", 0, isMalformed},
	{"§7.1 bare CR after the size", "1\ra", 0, isMalformed},
	{"§7.1 no CRLF after the data", "1\r\nab\r\n", 1, isMalformed},
	{"§7.1 bare LF after the data", "1\r\na\n", 1, isMalformed},
	{"§7.1 bare CR after the data", "1\r\na\r0", 1, isMalformed},
	{"§7.1 bare LF at the end", "0\r\n\n", 0, isMalformed},
	{"§7.1 bare CR at the end", "0\r\n\ra", 0, isMalformed},
	{"§7.1 cut", "0\r\n\r", 0, goesOn},
	{"§7.1.1 extensions", "1;a\r\na\r\n1;a=\"b;c\"\r\nb\r\n0;a=b\r\n\r\n", 2, isDone},
	{"§7.1.1 several", "1;a;b=c;d=\"e\";f\r\na\r\n0\r\n\r\n", 1, isDone},
	{"§7.1.1 white space", "1; a\t=\t\"b\" ; c \t= d ;\te\r\na\r\n0\r\n\r\n", 1, isDone},
	{"§7.1.1 quoted-string", "0;a=\"\"\r\n\r\n", 0, isDone},
	{"§7.1.1 quoted-string", "0;a=\"b\\\"\\\\\\;=, \t\xff\";c\r\n\r\n", 0, isDone},
	{"§7.1.1 no name", "0;\r\n\r\n", 0, isMalformed},
	{"§7.1.1 no name", "0; \r\n\r\n", 0, isMalformed},
	{"§7.1.1 no name", "0;;a\r\n\r\n", 0, isMalformed},
	{"§7.1.1 no name", "0;=a\r\n\r\n", 0, isMalformed},
	{"§7.1.1 no name after one", "0;a;\r\n\r\n", 0, isMalformed},
	{"§7.1.1 name is a token", "5;bad[=x\r\n", 0, isMalformed},
	{"§7.1.1 name is a token", "0;\xe4\r\n\r\n", 0, isMalformed},
	{"§7.1.1 two names", "0;a b\r\n\r\n", 0, isMalformed},
	{"§7.1.1 no value", "0;a=\r\n\r\n", 0, isMalformed},
	{"§7.1.1 no value", "0;a= ;b\r\n\r\n", 0, isMalformed},
	{"§7.1.1 two values", "0;a=b=c\r\n\r\n", 0, isMalformed},
	{"§7.1.1 two values", "0;a=b c\r\n\r\n", 0, isMalformed},
	{"§7.1.1 two values", "0;a=\"b\"c\r\n\r\n", 0, isMalformed},
	{"§7.1.1 value is a token", "0;a=b\"c\"\r\n\r\n", 0, isMalformed},
	{"§7.1.1 quote that does not end", "0;a=\"b\r\n\r\n", 0, isMalformed},
	{"§7.1.1 escaped CR", "0;a=\"b\\\r\n\"\r\n\r\n", 0, isMalformed},
	{"§7.1.1 DEL in quotes", "0;a=\"\x7f\"\r\n\r\n", 0, isMalformed},
	{"§7.1.1 white space at the end", "0;a \r\n\r\n", 0, isMalformed},
	{"§7.1.1 white space at the end", "0;a=b\t\r\n\r\n", 0, isMalformed},
	{"§7.1.1 white space at the end", "0;a=\"b\" \r\n\r\n", 0, isMalformed},
	{"§7.1.1 bare LF", "1;a\nb\r\na\r\n", 0, isMalformed},
	{"§7.1.1 bare CR", "1;a\rb\r\na\r\n", 0, isMalformed},
	{"§7.1.1 bare LF in quotes", "1;a=\"\n\"\r\na\r\n", 0, isMalformed},
	{"§7.1.1 NUL", "1;\x00\r\na\r\n", 0, isMalformed},
	{"§7.1.1 NUL in quotes", "1;a=\"\x00\"\r\na\r\n", 0, isMalformed},
	{"§7.1.1 white space before ';'", "1 ;a\r\na\r\n", 0, isMalformed},
	{"§7.1.1 longest", "0;" + strings.Repeat("a", MaxChunkExt) + "\r\n\r\n", 0, isDone},
	{"§7.1.1 too long", "0;" + strings.Repeat("a", MaxChunkExt+1), 0, isTooLong},
	{"§7.1.1 too long in quotes", "0;a=\"" + strings.Repeat(" ", MaxChunkExt), 0, isTooLong},
	{"§7.1.1 too much white space", "0;" + strings.Repeat(" ", MaxChunkExt+1), 0, isTooLong},
	{"§7.1.1 too long together", strings.Repeat("1;"+strings.Repeat("a", MaxChunkExt/2)+"\r\na\r\n", 2) + "0;a", 2, isTooLong},
	{"§7.1.2 trailers", "0\r\nA: b\r\nC:\td \xff\r\nE:\r\n\r\n", 0, isDone},
	{"§7.1.2 no colon", "0\r\nA\r\n\r\n", 0, isMalformed},
	{"§7.1.2 no name", "0\r\n: a\r\n\r\n", 0, isMalformed},
	{"§7.1.2 obs-fold", "0\r\nA: b\r\n c\r\n\r\n", 0, isMalformed},
	{"§7.1.2 bare LF", "0\r\nA: b\n\r\n", 0, isMalformed},
	{"§7.1.2 bare CR", "0\r\nA: b\rc\r\n\r\n", 0, isMalformed},
	{"§7.1.2 NUL", "0\r\nA: \x00\r\n\r\n", 0, isMalformed},
	{"§7.1.2 longest", "0\r\nA:" + strings.Repeat("b", MaxTrailer-1) + "\r\n\r\n", 0, isDone},
	{"§7.1.2 too long", "0\r\nA:" + strings.Repeat("b", MaxTrailer), 0, isTooLong},
	{"§7.1.2 most", "0\r\n" + strings.Repeat("A:\r\n", MaxFields) + "\r\n", 0, isDone},
	{"§7.1.2 too many", "0\r\n" + strings.Repeat("A:\r\n", MaxFields+1), 0, isTooLong},
	{"§7.1.2 too long together", "0\r\n" + strings.Repeat("A:"+strings.Repeat("b", MaxTrailer/2)+"\r\n", 2), 0, isTooLong},
}

func TestChunkedBodiesAreHeldToTheirGrammar(t *testing.T) {
	for _, c := range chunkedCases {
		for _, piece := range []int{len(c.body), 1, 7} {
			body := c.body
			if c.want == isDone {
				body += "GET /" // is left for the next request
			}
			reader, n, done, err := discardAll([]byte(body), piece)
			got := goesOn
			switch {
			case done:
				got = isDone
			case errors.Is(err, errChunkedSize):
				got = isTooLong
			case err != nil:
				got = isMalformed
			}
			if got != c.want || reader.Data != c.data || err == nil && n != len(c.body) {
				t.Errorf("%s: %.60q in pieces of %d: %s, %d taken, %d data", c.rfc, c.body, piece, got, n, reader.Data)
			}
		}
	}
}

func TestNothingIsTakenAfterTheBody(t *testing.T) {
	c, _, _, _ := discardAll([]byte("0\r\n\r\n"), 100)
	if n, done, err := c.Discard([]byte("0\r\n\r\n")); n != 0 || !done || err != nil {
		t.Errorf("%d, %v, %v", n, done, err)
	}
}

// Every connection has a ChunkedReader.
func TestChunkedReaderIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(ChunkedReader{}); n != 24 {
		t.Errorf("%d bytes", n)
	}
}

func TestDiscardDoesNotAllocate(t *testing.T) {
	body := []byte("3;a=b\r\nabc\r\n0\r\nA: b\r\n\r\n")
	if n := testing.AllocsPerRun(100, func() {
		var c ChunkedReader
		if _, done, _ := c.Discard(body); !done {
			t.Fatal("not done")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Discard agrees with net/http on the data and the end of every body that it
// takes, and treats a body the same in pieces of any size.
func FuzzChunked(f *testing.F) {
	for _, body := range []string{
		"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "1;a=\"b\"\r\na\r\n0\r\nA: b\r\n\r\n",
		"1 \r\na\r\n0\r\n\r\n", "0\r\n\n", "1\na\r\n0\r\n\r\n", "0\r\nA: b\nC: d\r\n\r\n", "0\r\n A: b\r\n\r\n",
		"0;a;b = \"c\\\"\" ;d=e\r\n\r\n", "5;bad[=x\r\n", "0;\r\n\r\n", "0;a=\"b\r\n\r\n", "0;a \r\n\r\n",
		"00000000000000001\r\na\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "0\r\n\r", "0x0\r\n\r\n", "0;\ra\r\n\r\n",
	} {
		f.Add([]byte(body), uint8(1))
	}
	f.Fuzz(checkChunked)
}

func checkChunked(t *testing.T, body []byte, piece uint8) {
	c, n, done, err := discardAll(body, max(len(body), 1))
	c2, n2, done2, err2 := discardAll(body, max(int(piece), 1))
	if c != c2 || n != n2 || done != done2 || err != err2 {
		t.Fatalf("%q: %d %v %v %+v, in pieces of %d: %d %v %v %+v", body, n, done, err, c, piece, n2, done2, err2, c2)
	}
	data, end, oracleErr := oracleChunked(string(body))
	switch {
	case done && (oracleErr != nil || data != c.Data || end != n):
		t.Fatalf("%q: %d data, end %d, net/http: %d data, end %d, %v", body, c.Data, n, data, end, oracleErr)
	case !done && err == nil && oracleErr == nil:
		t.Fatalf("%q: goes on, net/http has %d data, end %d", body, data, end)
	}
}

// oracleChunked reads a chunked body with net/http. It returns the number of
// bytes of its data, and of the whole body.
func oracleChunked(body string) (data int64, end int, err error) {
	src := strings.NewReader("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
	br := bufio.NewReaderSize(src, 2*MaxTrailer) // it wants to see the trailer section whole
	req, err := http.ReadRequest(br)
	if err != nil {
		return 0, 0, err
	}
	data, err = io.Copy(io.Discard, req.Body)
	return data, len(body) - src.Len() - br.Buffered(), err
}

// net/http ignores extensions, so Discard is compared with their grammar as a
// regular expression.
func FuzzChunkExtensions(f *testing.F) {
	for _, ext := range []string{
		"", ";a", ";a=b;c=\"d\"", "; a = \"\\\"\" ;b", ";", ";bad[=x", ";a=", ";a=\"b", ";a ", ";;a", ";a=b=c", ";a=\"b\"c",
	} {
		f.Add([]byte(ext), uint8(1))
	}
	f.Fuzz(func(t *testing.T, ext []byte, piece uint8) {
		if len(ext) > 0 && ext[0] != ';' || len(ext) > MaxChunkExt || bytes.Contains(ext, []byte("\r\n")) {
			return // part of the size, too long, or the start of another chunk
		}
		body := append(append([]byte("1"), ext...), "\r\na\r\n0\r\n\r\n"...)
		_, n, done, err := discardAll(body, max(int(piece), 1))
		if want := chunkExtensions.Match(ext); done != want || want && n != len(body) {
			t.Fatalf("%q: done %v, %d taken, %v, want done %v", body, done, n, err, want)
		}
	})
}

// chunkExtensions matches well-formed extensions (RFC 9112 §7.1.1) without white
// space before the first.
var chunkExtensions = func() *regexp.Regexp {
	const (
		token  = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
		quoted = `"([^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"` // RFC 9110 §5.6.4
		one    = `;[ \t]*` + token + `([ \t]*=[ \t]*(` + token + `|` + quoted + `))?`
	)
	return regexp.MustCompile(`^(` + one + `([ \t]*` + one + `)*)?$`)
}()
