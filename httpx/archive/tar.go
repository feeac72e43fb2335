// Archives of tar, compressed by gzip or Zstandard.

package archive

import (
	"archive/tar"
	"io"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"aws/httpx/site"
)

const (
	gzipLevel = 4
	// zstdWindow bounds the memory of the encoder and of the decoder.
	zstdWindow = 512 << 10
)

// tarSink writes tar files: ustar, with the extended headers of POSIX for long names
// and sizes of 8 GiB or more, and GNU's for names that are not UTF-8.
type tarSink struct {
	out     *tar.Writer
	encoder io.WriteCloser
}

func newTar(w io.Writer, format site.Archive) (sink, error) {
	var encoder io.WriteCloser
	var err error
	if format == site.TarZst {
		encoder, err = zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(zstdWindow),
			zstd.WithLowerEncoderMem(true), zstd.WithEncoderConcurrency(1)) // no goroutines
	} else {
		encoder, err = gzip.NewWriterLevel(w, gzipLevel)
	}
	if err != nil {
		return nil, err
	}
	return &tarSink{tar.NewWriter(encoder), encoder}, nil
}

func (t *tarSink) needsSize() bool { return true }
func (t *tarSink) kept(string) int { return 0 }

func (t *tarSink) folder(name string, modified time.Time) error {
	return t.header(tar.Header{Typeflag: tar.TypeDir, Name: name, ModTime: modified, Mode: 0o755})
}

func (t *tarSink) begin(name string, size int64, modified time.Time, mode uint32) error {
	return t.header(tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, ModTime: modified, Mode: int64(mode)})
}

func (t *tarSink) header(h tar.Header) error {
	if !utf8.ValidString(h.Name) {
		h.Format = tar.FormatGNU
	}
	return t.out.WriteHeader(&h)
}

func (t *tarSink) write(b []byte) error {
	_, err := t.out.Write(b)
	return err
}

func (t *tarSink) close() error {
	if err := t.out.Close(); err != nil {
		return err
	}
	return t.encoder.Close()
}
