package process

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// digestOf returns the value of the field for a body (RFC 9530 §3).
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// RFC 9110 §6.5.1: only clients that ask for trailers get them.
func TestDigestsAreForThoseWhoAsk(t *testing.T) {
	for _, test := range []struct {
		name     string
		response Response
		want     bool
	}{
		{"TE: trailers", Response{Trailers: true}, true},
		{"coded", Response{Trailers: true, Coding: "gzip", Suffix: "-gzip"}, true},
		{"no TE", Response{}, false},
		{"a range", Response{Trailers: true, Ranged: true}, false},
		{"coded, no TE", Response{Coding: "gzip", Suffix: "-gzip"}, false},
		{"another trailer", Response{Trailers: true, Trailer: "Server-Timing"}, false},
	} {
		before := test.response
		if got := NewDigester().Prepare(&test.response); got != test.want {
			t.Errorf("%s: Prepare is %v", test.name, got)
		}
		if test.want {
			before.Trailer = "Repr-Digest"
		}
		if r := test.response; r.Trailer != before.Trailer || r.Coding != before.Coding || r.Suffix != before.Suffix || r.Vary != "" {
			t.Errorf("%s: prepared as %+v", test.name, r)
		}
	}
}

func TestDigestIsOfTheBody(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		// RFC 9530 §B.1
		{"{\"hello\": \"world\"}\n", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"},
		{"", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
		{strings.Repeat("x", 1<<20), digestOf(bytes.Repeat([]byte("x"), 1<<20))},
	} {
		r := &Response{Trailers: true}
		p := NewDigester()
		if !p.Prepare(r) {
			t.Fatal("not to be processed")
		}
		body, trailer := process(t, p, r, []byte(test.body), 1, 1000, 4096)
		if string(body) != test.body {
			t.Errorf("%.20q: the bytes have changed", test.body)
		}
		if trailer != test.want {
			t.Errorf("%.20q: %s, want %s", test.body, trailer, test.want)
		}
	}
}

// A short write is digested as far as it went, and its error is passed on.
func TestDigestOfAShortWrite(t *testing.T) {
	w, err := NewDigester().Open(&Response{}, &failing{left: 2})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write([]byte("abc")); n != 2 || !errors.Is(err, errDeparted) {
		t.Errorf("Write: %d, %v", n, err)
	}
	if got := w.(TrailerWriter).Trailer(); got != digestOf([]byte("ab")) {
		t.Errorf("digest %s is not of what went out", got)
	}
}

// RFC 9530 §3: a representation includes its content coding.
func TestDigestOfCodedBytes(t *testing.T) {
	c, err := NewCompressor("gzip")
	if err != nil {
		t.Fatal(err)
	}
	p := Chain(c, NewDigester())
	data := []byte(strings.Repeat("some text ", 200))
	r := &Response{Type: "text/plain", Size: int64(len(data)), Accept: accepts("gzip"), Trailers: true}
	if !p.Prepare(r) || r.Coding != "gzip" || r.Suffix != "-gzip" || r.Trailer != "Repr-Digest" {
		t.Fatalf("prepared as %+v", r)
	}
	body, trailer := process(t, p, r, data, 77)
	if want := digestOf(body); trailer != want {
		t.Errorf("digest %s, want that of the coded bytes, %s", trailer, want)
	}
	if got := decode(t, "gzip", body); !bytes.Equal(got, data) {
		t.Error("the body does not decode to the file")
	}
}
