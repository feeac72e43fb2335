package message

import (
	"bytes"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"
)

func TestCleanPath(t *testing.T) {
	for _, c := range []struct {
		raw, path string
		status    int
	}{
		{"/", "/", 0},
		{"/static/a.dat", "/static/a.dat", 0},
		{"/a/", "/a/", 0},
		{"/a..b/c...", "/a..b/c...", 0},
		{"//a///b//", "/a/b/", 0},
		{"/.", "/", 0},
		{"/./a/./b/.", "/a/b/", 0},
		{"/a/..", "/", 0},
		{"/a/b/..", "/a/", 0},
		{"/a/b/../", "/a/", 0},
		{"/a/b/../../c", "/c", 0},
		{"/a//../b", "/b", 0},
		{"/.well-known/..a/...", "/.well-known/..a/...", 0},
		{"/%61%2Fb%2f", "/a/b/", 0},
		{"/a/%2e%2E/b", "/b", 0},
		{"/a%2f..%2fb", "/b", 0},
		{"/%C3%A4", "/\u00e4", 0},
		{"/\u00e4", "/\u00e4", 0},
		{"/%2541", "/%41", 0}, // decoded once: RFC 3986 §2.4
		{"/a%3Fb%23c", "/a?b#c", 0},
		{"/..", "", 404},
		{"/a/../..", "", 404},
		{"/../a", "", 404},
		{"/%2e%2e/etc/passwd", "", 404},
		{"/a/..%2f..%2fetc", "", 404},
		{"/a%00b", "", 404},
		{"/a\x00b", "", 404},
		{"/%", "", 400},
		{"/%4", "", 400},
		{"/%4g", "", 400},
		{"/%g4", "", 400},
		{"/../%zz", "", 400},
		{"", "", 400},
		{"*", "", 400},
		{"a", "", 400},
		{"../a", "", 400},
		{"%2Fa", "/a", 0},
	} {
		got, status := CleanPath(make([]byte, len(c.raw)), []byte(c.raw))
		if string(got) != c.path || status != c.status {
			t.Errorf("CleanPath(%q) = %q, %d, want %q, %d", c.raw, got, status, c.path, c.status)
		}
	}
}

func TestCleanPathDoesNotAllocate(t *testing.T) {
	dst := make([]byte, 64)
	for _, raw := range []string{"/static/a.dat", "/a/./%62//../c"} {
		raw := []byte(raw)
		if n := testing.AllocsPerRun(100, func() { CleanPath(dst, raw) }); n != 0 {
			t.Errorf("%v allocations for %q", n, raw)
		}
	}
}

func TestCleanPathIsNotCopied(t *testing.T) {
	raw := []byte("/static/a.dat")
	if got, _ := CleanPath(nil, raw); &got[0] != &raw[0] {
		t.Error("copied")
	}
}

// FuzzPath compares CleanPath with url.PathUnescape and path.Clean. os.Root tells
// whether a path leaves the root.
func FuzzPath(f *testing.F) {
	for _, raw := range []string{
		"/", "/a", "/a/", "//", "/.", "/..", "/a/..", "/a/.", "/a/../../b", "/%2e%2e/", "/a%2fb", "/%00",
		"/%", "/%zz", "/...", "/a/...//./b/..", "*", "", "%2f", "/\xff",
	} {
		f.Add([]byte(raw))
	}
	root := fuzzRoot(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		input := bytes.Clone(raw)
		got, status := CleanPath(make([]byte, len(raw)), raw)
		if !bytes.Equal(raw, input) {
			t.Fatalf("input %q became %q", input, raw)
		}
		want, wantStatus := oraclePath(string(raw))
		if string(got) != want || status != wantStatus {
			t.Fatalf("CleanPath(%q) = %q, %d, want %q, %d", raw, got, status, want, wantStatus)
		}
		if status == 0 {
			checkClean(t, got)
			checkStays(t, root, got)
		}
	})
}

// oraclePath is CleanPath in terms of the standard library, except for a path
// that climbs above the root: path.Clean would stay there.
func oraclePath(raw string) (clean string, status int) {
	p, err := url.PathUnescape(raw)
	if err != nil || !strings.HasPrefix(p, "/") {
		return "", 400
	}
	if strings.Contains(p, "\x00") {
		return "", 404
	}
	depth := 0
	segments := strings.Split(p, "/")
	for _, s := range segments {
		switch s {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return "", 404
			}
		default:
			depth++
		}
	}
	clean = path.Clean(p)
	switch segments[len(segments)-1] {
	case "", ".", "..":
		clean = strings.TrimSuffix(clean, "/") + "/"
	}
	return clean, 0
}

// checkClean fails unless p is clean, and CleanPath leaves it as it is.
func checkClean(t *testing.T, p []byte) {
	s := string(p)
	if s[0] != '/' || strings.Contains(s, "//") || strings.Contains(s+"/", "/./") ||
		strings.Contains(s+"/", "/../") || strings.Contains(s, "\x00") {
		t.Fatalf("not clean: %q", s)
	}
	// A clean path stays as it is, on the fast path and on the slow one.
	if strings.Contains(s, "%") {
		return // it would be decoded once more
	}
	if again, status := CleanPath(make([]byte, len(p)), p); status != 0 || string(again) != s {
		t.Fatalf("cleaned twice: %q became %q, %d", s, again, status)
	}
	slow := []byte("/." + s)
	if again, status := CleanPath(make([]byte, len(slow)), slow); status != 0 || string(again) != s {
		t.Fatalf("slow path: %q became %q, %d", s, again, status)
	}
}

// checkStays fails if os.Root says that p leaves root.
func checkStays(t *testing.T, root *os.Root, p []byte) {
	name := strings.Trim(string(p), "/")
	if name == "" {
		name = "."
	}
	f, err := root.Open(name)
	if err == nil {
		f.Close()
		return
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) && strings.Contains(pathErr.Err.Error(), "escapes") {
		t.Fatalf("%q leaves the root: %v", p, err)
	}
}

// fuzzRoot makes a folder with some of the names in the seeds.
func fuzzRoot(f *testing.F) *os.Root {
	dir := f.TempDir()
	if err := os.MkdirAll(dir+"/a/b/c", 0o755); err != nil {
		f.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { root.Close() })
	return root
}
