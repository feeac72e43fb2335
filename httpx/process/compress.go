// Compression: the processor of --compress. It compresses text with the coding
// that the client prefers of zstd, brotli and gzip (RFC 9110 §8.4.1).
//
//	file's bytes ► compressing.Write ► an encoder from the pool ► w
//
// Each response is compressed anew, so the levels are moderate:
// docs/performance.md has the measurements. No encoder starts a goroutine.

package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	brotli "github.com/molecule-man/go-brrr"
)

const (
	// minCompress is the size in bytes from which a file is compressed. With the
	// fields before it a smaller one fits one packet either way, of 1,460 bytes on
	// most paths.
	minCompress = 1 << 10

	// A window bounds the memory of the encoder and of the client's decoder.
	// RFC 9659 allows 8 MiB for zstd; most texts fit half a MiB whole.
	zstdLevel  = zstd.SpeedDefault
	zstdWindow = 512 << 10

	brotliQuality    = 5
	brotliWindowBits = 18 // 256 KiB (RFC 7932 §9.1)

	gzipLevel = 5 // its window is always 32 KiB (RFC 1951 §2)
)

// encoder is the common interface of the three encoders.
type encoder interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// newEncoder returns an encoder, which needs a Reset before use.
func newEncoder(coding string) (encoder, error) {
	switch coding {
	case "zstd":
		return zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstdLevel),
			zstd.WithWindowSize(zstdWindow),
			zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderConcurrency(1)) // no goroutines
	case "br":
		return brotli.NewWriterOptions(nil, brotliQuality, brotli.WriterOptions{LGWin: brotliWindowBits})
	}
	return gzip.NewWriterLevel(nil, gzipLevel) // the only other that NewCompressor takes
}

// compressor is the processor. Its slices have the same indices.
type compressor struct {
	codings  []string // in the server's order of preference
	suffixes []string // for the ETag
	pools    []sync.Pool
}

// NewCompressor returns a processor that compresses files of types that become
// smaller, with the coding that the client prefers; of equals, with the first.
// The codings are "zstd", "br" and "gzip". It returns an error for others, for
// none, and for one that is named twice.
func NewCompressor(codings ...string) (Processor, error) {
	if len(codings) == 0 {
		return nil, errors.New("no content coding to compress with")
	}
	c := &compressor{codings: slices.Clone(codings), pools: make([]sync.Pool, len(codings))}
	for i, coding := range codings {
		switch coding {
		case "zstd", "br", "gzip":
		default:
			return nil, fmt.Errorf("no content coding %q to compress with: there are zstd, br and gzip", coding)
		}
		if slices.Contains(codings[:i], coding) {
			return nil, fmt.Errorf("content coding %q twice", coding)
		}
		c.suffixes = append(c.suffixes, "-"+coding)
	}
	return c, nil
}

// Prepare takes what becomes smaller, for clients that accept a coding. Each
// coding is a representation with an ETag of its own (RFC 9110 §8.8.3.3). It is
// weak, since another build may compress the same text differently. A client that
// asks for a range gets it of the plain file.
func (c *compressor) Prepare(r *Response) bool {
	if r.Size >= 0 && r.Size < minCompress || r.Coding != "" || !compressible(r.Type) {
		return false
	}
	r.Vary = "Accept-Encoding" // even if this client accepts none: RFC 9110 §12.5.5
	if r.Ranged {
		return false
	}
	coding := r.Accept(c.codings...)
	i := slices.Index(c.codings, coding)
	if i < 0 {
		return false
	}
	r.Coding = coding
	r.Suffix += c.suffixes[i]
	return true
}

// Open takes an encoder out of the pool, or makes one.
func (c *compressor) Open(r *Response, w io.Writer) (io.WriteCloser, error) {
	pool := &c.pools[slices.Index(c.codings, r.Coding)]
	e, ok := pool.Get().(encoder)
	if !ok {
		var err error
		if e, err = newEncoder(r.Coding); err != nil {
			return nil, err
		}
	}
	e.Reset(w)
	return &compressing{encoder: e, pool: pool}, nil
}

// compressing compresses the body of one response. An encoder holds back at most
// 512 KiB of the file, so a long file streams.
type compressing struct {
	encoder encoder // nil once closed: it may serve another response then
	pool    *sync.Pool
}

// Write compresses bytes of the file. It fails with os.ErrClosed after Close.
func (c *compressing) Write(b []byte) (int, error) {
	if c.encoder == nil {
		return 0, os.ErrClosed
	}
	return c.encoder.Write(b)
}

// Close ends the compressed body. The encoder goes back to the pool even after
// an error: Reset makes it as good as new.
func (c *compressing) Close() error {
	e := c.encoder
	if e == nil {
		return os.ErrClosed
	}
	c.encoder = nil
	err := e.Close()
	e.Reset(nil) // lets go of w
	c.pool.Put(e)
	return err
}

// compressible reports whether files of a media type become much smaller when
// they are compressed: text, and binary formats without a compression of their
// own. Unknown types do not: most large files are compressed already.
func compressible(mediaType string) bool {
	name, _, _ := strings.Cut(mediaType, ";")
	name = strings.ToLower(strings.TrimRight(name, " \t"))
	if strings.HasPrefix(name, "text/") {
		return true
	}
	if plus := strings.LastIndexByte(name, '+'); plus >= 0 {
		switch name[plus:] {
		case "+json", "+xml", "+yaml": // RFC 6839, RFC 7303 §4.2, RFC 9512 §2.2
			return true
		}
	}
	switch name {
	case "application/json", "application/x-ndjson", "application/xml", "application/xml-dtd",
		"application/yaml", "application/toml", "application/sql", "application/rtf",
		"application/javascript", "application/x-javascript", "application/ecmascript", "application/wasm",
		"application/vnd.apple.mpegurl", "application/x-subrip", "application/postscript",
		"application/x-tar", "application/vnd.ms-fontobject",
		"font/ttf", "font/otf", "font/collection",
		"image/bmp", "image/vnd.microsoft.icon", "image/x-icon":
		return true
	}
	return false
}
