package files

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"aws/httpx/site"
)

func openRoot(t *testing.T, dir string) *Root {
	t.Helper()
	r, err := OpenRoot(dir, site.LinksInside)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// A survey has the type of the file system, and what the kernel does there.
func TestSurvey(t *testing.T) {
	s := openRoot(t, t.TempDir()).Survey()
	if s.FileSystem == "" || s.Remote || s.Confined != 0 || !s.Cached {
		t.Errorf("of a temporary folder: %+v", s)
	}
	if s = openRoot(t, "/proc").Survey(); s.FileSystem != "proc" || !s.Remote {
		t.Errorf("of /proc: %+v", s)
	}
}

// A file is found to try O_DIRECT with, wherever it is below the folder.
func TestTryDirect(t *testing.T) {
	dir := t.TempDir()
	r := openRoot(t, dir)
	if err := os.MkdirAll(filepath.Join(dir, "www", "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "www", "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	if tried, _ := r.TryDirect("www"); tried != "" {
		t.Errorf("%q was tried, and there is no file", tried)
	}
	if err := os.WriteFile(filepath.Join(dir, "www", "a", "b", "file"), make([]byte, 5000), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"www", "www/a", "."} {
		if tried, errno := r.TryDirect(folder); tried != "www/a/b/file" || errno != 0 && errno != unix.EINVAL {
			t.Errorf("%s: %q was tried, with %v", folder, tried, errno)
		}
	}
}
