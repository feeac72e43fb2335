package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"aws/httpx/site"
)

// A zip goes on where 16 and 32 bits end (zip64).
func TestZipBeyondItsLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("compresses 4 GiB")
	}
	root := tree(t, map[string]string{"f/a": "alpha", "f/huge": ""})
	err := errors.Join(os.Truncate(root+"/f/huge", 1<<32+5), os.Mkdir(root+"/f/many", 0o755))
	const n = 1<<16 + 10
	first := ""
	for i := range n {
		path := fmt.Sprintf("%s/f/many/%05d", root, i)
		if i%30000 == 0 { // ext4 allows 65000 links of a file
			first = path
			err = errors.Join(err, os.WriteFile(path, []byte("x"), 0o644))
		} else {
			err = errors.Join(err, os.Link(first, path))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (&Archive{Format: site.Zip, Root: root, Dir: "f", Path: "/f/"}).Write(&b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]uint64{}
	for _, f := range z.File {
		sizes[f.Name] = f.UncompressedSize64
	}
	if len(sizes) != n+4 || sizes["f/huge"] != 1<<32+5 || sizes["f/a"] != 5 || sizes[fmt.Sprintf("f/many/%05d", n-1)] != 1 {
		t.Errorf("%d entries, huge has %d bytes", len(sizes), sizes["f/huge"])
	}
}
