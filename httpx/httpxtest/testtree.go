// Package httpxtest has what the tests of several packages share: trees of
// files whose content says what it is, and facts about this process.
package httpxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Epoch is when virtual time starts.
var Epoch = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// Content returns n bytes in lines of 16, which say what file they are of and
// where in it they stand.
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

// Tree makes a document root of files whose content is content(name), from
// before virtual time starts.
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

func Write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// OpenDescriptors counts those of this process.
func OpenDescriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
