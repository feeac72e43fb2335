// Package httpxtest has what the tests of several packages share: trees of
// files whose content tells which file it is of, and facts about this process.
//
//	httpxtest.go   trees of files, open descriptors
//	ownmounts.go   a process whose mounts nobody else sees
//	linkedtree.go  a tree of symbolic links, good and bad
//	race.go        whether the race detector is on
package httpxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Epoch is the start of virtual time.
var Epoch = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// Content returns n bytes in lines of 16, each with the start of the file's name
// and the line's offset.
func Content(name string, n int) []byte {
	line := fmt.Appendf(nil, "%-6.6s 00000000\n", name)
	b := make([]byte, 0, n+len(line))
	for len(b) < n {
		at := len(b)
		for i := len(line) - 2; at > 0; i-- {
			line[i] = "0123456789abcdef"[at&15]
			at >>= 4
		}
		b = append(b, line...)
	}
	return b[:n]
}

// Tree makes a document root and returns its path. sizes has the length of each
// file by its path. The content of a file is Content of its name, and it was
// modified a day before Epoch.
func Tree(t testing.TB, sizes map[string]int) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, size := range sizes {
		path, day := filepath.Join(root, name), Epoch.AddDate(0, 0, -1)
		Write(t, path, Content(filepath.Base(name), size))
		if err := os.Chtimes(path, day, day); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Write makes a file, and its folders if they are missing.
func Write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// OpenDescriptors returns the number of descriptors that this process has open,
// the one it takes to count them included.
func OpenDescriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// DeletedDescriptors returns the paths of the files and folders that a process
// has open though they have been deleted.
func DeletedDescriptors(t testing.TB, pid int) (paths []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		to, _ := os.Readlink(filepath.Join(dir, e.Name()))
		if path, deleted := strings.CutSuffix(to, " (deleted)"); deleted {
			paths = append(paths, path)
		}
	}
	return paths
}
