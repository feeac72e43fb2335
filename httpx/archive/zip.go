// Archives of zip. Sizes follow the files, and zip64 takes over where 32 bits end
// (APPNOTE.TXT §4.3.9, §4.3.14).

package archive

import (
	"archive/zip"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"

	"aws/httpx/listing"
)

const flateLevel = 4

// zipSink writes zip files. The index at their end is kept until then.
type zipSink struct {
	out  *zip.Writer
	file io.Writer
}

func newZip(w io.Writer) sink {
	out := zip.NewWriter(w)
	var one *flate.Writer // of all files, which follow each other
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		if one != nil {
			one.Reset(w)
			return one, nil
		}
		var err error
		one, err = flate.NewWriter(w, flateLevel)
		return one, err
	})
	return &zipSink{out: out}
}

func (z *zipSink) needsSize() bool { return false }

// kept counts an entry of the index.
func (z *zipSink) kept(name string) int { return 400 + len(name) }

func (z *zipSink) folder(name string, modified time.Time) error {
	return z.header(name, modified, fs.ModeDir|0o755, zip.Store)
}

// begin begins a file. What does not become smaller is stored.
func (z *zipSink) begin(name string, _ int64, modified time.Time, mode uint32) error {
	method := zip.Deflate
	switch listing.KindOf([]byte(name)) {
	case listing.Picture, listing.Video, listing.Audio, listing.Archive:
		method = zip.Store
	}
	return z.header(name, modified, fs.FileMode(mode), method)
}

// header begins an entry. A backslash in a name would be a folder to some, so it is
// replaced.
func (z *zipSink) header(name string, modified time.Time, mode fs.FileMode, method uint16) error {
	h := zip.FileHeader{Name: strings.ReplaceAll(name, `\`, "_"), Method: method, Modified: modified}
	h.SetMode(mode)
	var err error
	z.file, err = z.out.CreateHeader(&h)
	return err
}

func (z *zipSink) write(b []byte) error {
	_, err := z.file.Write(b)
	return err
}

func (z *zipSink) close() error { return z.out.Close() }
