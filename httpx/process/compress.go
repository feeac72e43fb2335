// Compression: the processor behind --compress. It codes the text of /dynamic
// with what the client accepts of zstd, brotli and gzip (RFC 9110 §8.4.1).
//
//	file's bytes ► compressing.Write ► an encoder of the pool ► w
//
// Each answer is compressed anew, so the levels are moderate: docs/performance.md
// has what they were chosen by. No encoder starts a goroutine.

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
	// minCompress is the size in bytes from which a file is compressed. What
	// is smaller fits into one packet either way, and gzip's 18 bytes around
	// the data, the chunk around that and the fields that say so cost more
	// than the compression of so little gains.
	minCompress = 256

	// A window bounds an encoder's memory, and the decoder's at the other end.
	// RFC 9659 allows 8 MiB for zstd; half a MiB holds most texts whole.
	zstdLevel  = zstd.SpeedDefault
	zstdWindow = 512 << 10

	brotliQuality    = 5
	brotliWindowBits = 18 // 256 KiB (RFC 7932 §9.1)

	gzipLevel = 5 // its window is always 32 KiB (RFC 1951 §2)
)

// encoder is what the three encoders have in common.
type encoder interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// newEncoder returns an encoder that needs a Reset.
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
	return gzip.NewWriterLevel(nil, gzipLevel) // NewCompressor takes no others
}

// compressor is the processor. What its slices have at one place belongs
// together.
type compressor struct {
	codings  []string // in the server's order of preference
	suffixes []string // for the ETag
	pools    []sync.Pool
}

// NewCompressor returns a processor that compresses what gains by it with the
// one of the codings that the client wants most, or of several the first
// here. The codings are zstd, br and gzip.
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

// Prepare takes files that are worth it, for clients that accept a coding. The
// ETag differs by coding, since each is a representation of its own (RFC 9110
// §8.8.3.3); it is weak, since another build may code the same text otherwise.
func (c *compressor) Prepare(a *Response) bool {
	if a.Size < minCompress || a.Coding != "" || !compressible(a.Type) {
		return false
	}
	a.Vary = "Accept-Encoding" // RFC 9110 §12.5.5: for those not compressed too
	coding := a.Accept(c.codings...)
	i := slices.Index(c.codings, coding)
	if i < 0 {
		return false
	}
	a.Coding = coding
	a.Suffix += c.suffixes[i]
	return true
}

func (c *compressor) Open(a *Response, w io.Writer) (io.WriteCloser, error) {
	pool := &c.pools[slices.Index(c.codings, a.Coding)]
	e, ok := pool.Get().(encoder)
	if !ok {
		var err error
		if e, err = newEncoder(a.Coding); err != nil {
			return nil, err
		}
	}
	e.Reset(w)
	return &compressing{encoder: e, pool: pool}, nil
}

// compressing is an answer being compressed. An encoder holds back no more than
// 512 KiB of the file before it passes something on, so a long file streams.
type compressing struct {
	encoder encoder // nil once closed: it serves another answer then
	pool    *sync.Pool
}

func (c *compressing) Write(b []byte) (int, error) {
	if c.encoder == nil {
		return 0, os.ErrClosed
	}
	return c.encoder.Write(b)
}

// Close ends the coded body. Whatever became of it, the encoder goes back to
// the pool: Reset makes it as good as new.
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

// compressible tells whether files of a media type become much smaller when
// they are compressed: text and what is written like it, and formats of bytes
// that do not compress by themselves. An unknown type does not count, since
// most large files are compressed already.
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
