// Digests: the processor of --digest. It passes the body on unchanged, and sends
// its SHA-256 after it in a trailer field (RFC 9530 §3):
//
//	Repr-Digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
//
// It comes last in a chain: Repr-Digest is of the representation, with its
// content coding.

package process

import (
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
)

type digester struct{}

// NewDigester returns a processor that adds Repr-Digest as a trailer field, for
// clients that ask for trailers. For others it would be dropped or stay unread
// (RFC 9110 §6.5.1), and the response would lose its Content-Length for nothing. A
// range goes without: the digest would be that of the whole.
func NewDigester() Processor { return digester{} }

func (digester) Prepare(r *Response) bool {
	if !r.Trailers || r.Trailer != "" || r.Ranged {
		return false
	}
	r.Trailer = "Repr-Digest"
	return true
}

func (digester) Open(_ *Response, w io.Writer) (io.WriteCloser, error) {
	return &digesting{w: w, hash: sha256.New()}, nil
}

// digesting digests the body of one response.
type digesting struct {
	w    io.Writer
	hash hash.Hash
}

func (d *digesting) Write(b []byte) (int, error) {
	n, err := d.w.Write(b)
	d.hash.Write(b[:n]) // never fails
	return n, err
}

func (d *digesting) Close() error { return nil }

// Trailer returns a dictionary with one byte sequence (RFC 8941 §3.2, §3.3.5).
func (d *digesting) Trailer() string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(d.hash.Sum(nil)) + ":"
}
