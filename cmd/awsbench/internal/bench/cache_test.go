package bench

import (
	"testing"

	"aws/backend/backendtest"
)

// Files dropped from the page cache are read into it again, but only large ones.
func TestDroppedFilesAreReadAgain(t *testing.T) {
	d, err := newDataset(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	targets, err := d.ranges("static", "large.bin", 3*mib, 64*kib, 5)
	if err != nil {
		t.Fatal(err)
	}
	small, err := d.whole("static", "small.bin", kib, "")
	if err != nil {
		t.Fatal(err)
	}
	paths := d.large(append(targets, small))
	if len(paths) != 1 || paths[0] != d.root+"/static/large.bin" {
		t.Fatalf("large files: %v", paths)
	}
	if err := evict(paths); err != nil {
		t.Fatal(err)
	}
	if share, err := resident(paths); err != nil || share == 1 {
		backendtest.Missing(t, "this file system keeps its pages, as tmpfs does: ", share, err)
	}
	if err := warm(paths); err != nil {
		t.Fatal(err)
	}
	if share, err := resident(paths); err != nil || share < 1 {
		t.Errorf("%v of the file is in the page cache, %v", share, err)
	}
}
