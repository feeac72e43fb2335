// Unpacking: the plain bytes of a file that is stored in a content coding, for clients
// that do not know the coding.

package process

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	brotli "github.com/molecule-man/go-brrr"
)

// The most memory in bytes that unpacking takes: mostly the window, from which the
// stored bytes quote. What they make of it, however much that is, streams.
const (
	gunzipHeap   = 256 << 10 // the window has 32 KiB (RFC 1951 §2)
	unzstdHeap   = 10 << 20  // windows of up to 8 MiB (RFC 9659)
	unbrotliHeap = 34 << 20  // windows of up to 16 MiB (RFC 7932 §9.1), and as much decoded
	zstdUnpacked = 8 << 20   // the largest window that is taken
)

// UnpackHeap is how much memory in bytes Unpack takes at most for a coding.
func UnpackHeap(coding string) int64 {
	switch coding {
	case "br":
		return unbrotliHeap
	case "zstd":
		return unzstdHeap
	}
	return gunzipHeap
}

// errEmpty is why an empty file cannot be gunzipped: gzip has a head (RFC 1952 §2.3).
var errEmpty = errors.New("there is nothing to unpack")

// Unpack writes to w what the bytes of r are the "gzip", "br" or "zstd" form of. It
// fails with the errors of r and w, and if the bytes are damaged or end too early.
func Unpack(coding string, w io.Writer, r io.Reader) error {
	var unpacked io.Reader
	switch coding {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err == io.EOF {
			return errEmpty
		}
		if err != nil {
			return fmt.Errorf("unpacking gzip: %w", err)
		}
		unpacked = z
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdUnpacked))
		if err != nil {
			return fmt.Errorf("unpacking zstd: %w", err)
		}
		defer z.Close()
		unpacked = z
	case "br":
		unpacked = brotli.NewReader(r)
	default:
		return fmt.Errorf("no content coding %q to unpack", coding)
	}
	_, err := io.CopyBuffer(onlyWriter{w}, unpacked, make([]byte, 32<<10))
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", coding, err)
	}
	return nil
}

// onlyWriter and the buffer keep the decoders from choosing pieces of their own.
type onlyWriter struct{ io.Writer }
