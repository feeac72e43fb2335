package site

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseMount(t *testing.T) {
	for _, c := range []struct {
		spec string
		want MountConfig
		ok   bool
	}{
		{"/static=public", MountConfig{Prefix: "/static", Dir: "public", Kind: Static}, true},
		{"/a=b:static", MountConfig{Prefix: "/a", Dir: "b", Kind: Static}, true},
		{"/a=b:dynamic", MountConfig{Prefix: "/a", Dir: "b", Kind: Dynamic}, true},
		{"/=public", MountConfig{Prefix: "/", Dir: "public", Kind: Static}, true},
		{"/a/=b/", MountConfig{Prefix: "/a", Dir: "b/", Kind: Static}, true},
		{"//a/./b/../c//=d", MountConfig{Prefix: "/a/c", Dir: "d", Kind: Static}, true},
		{"/a=/srv/files", MountConfig{Prefix: "/a", Dir: "/srv/files", Kind: Static}, true},
		{"/a=.", MountConfig{Prefix: "/a", Dir: ".", Kind: Static}, true},
		{"/a=b=c", MountConfig{Prefix: "/a", Dir: "b=c", Kind: Static}, true},
		{"/a=b:c", MountConfig{Prefix: "/a", Dir: "b:c", Kind: Static}, true},
		{"/a%20b=c", MountConfig{Prefix: "/a b", Dir: "c", Kind: Static}, true},
		{"", MountConfig{}, false},
		{"/a", MountConfig{}, false},
		{"/a=", MountConfig{}, false},
		{"/a=:static", MountConfig{}, false},
		{"/a=:dynamic", MountConfig{}, false},
		{"=a", MountConfig{}, false},
		{"a=b", MountConfig{}, false},
		{"%2Fa=b", MountConfig{}, false},
		{"/..=b", MountConfig{}, false},
		{"/%zz=b", MountConfig{}, false},
		{"/%00=b", MountConfig{}, false},
	} {
		got, err := ParseMount(c.spec)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("ParseMount(%q) = %+v, %v, want %+v", c.spec, got, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("%q", c.spec)) {
			t.Errorf("ParseMount(%q): the error does not quote it: %v", c.spec, err)
		}
	}
}

func TestLongestPrefixWins(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	s := sitesOf(t, root, []MountConfig{
		{Prefix: "/static", Dir: "static", Kind: Static},
		{Prefix: "/static/deep/er", Dir: "deep", Kind: Dynamic},
		{Prefix: "/static/deep", Dir: filepath.Join(root, "a", "..", "b"), Kind: Static},
		{Prefix: "/here", Dir: ".", Kind: Static},
		{Prefix: "/out", Dir: outside, Kind: Static},
		{Prefix: "/up", Dir: "../" + filepath.Base(outside), Kind: Static},
		{Prefix: "/", Dir: "public", Kind: Static},
	}).Of(nil)
	for _, c := range []struct{ path, prefix, rel string }{
		{"/static/a", "/static", "a"},
		{"/static/a/b/", "/static", "a/b/"},
		{"/static/", "/static", ""},
		{"/static", "/static", ""},
		{"/staticfoo", "", "staticfoo"},
		{"/staticfoo/a", "", "staticfoo/a"},
		{"/static/deep/a", "/static/deep", "a"},
		{"/static/deepest", "/static", "deepest"},
		{"/static/deep/er/a", "/static/deep/er", "a"},
		{"/static/deep/era", "/static/deep", "era"},
		{"/here/static/a", "/here", "static/a"},
		{"/out/a", "/out", "a"},
		{"/up/a", "/up", "a"},
		{"/", "", ""},
		{"/a", "", "a"},
	} {
		m, rel := s.Route([]byte(c.path))
		if m == nil || m.Prefix != c.prefix || string(rel) != c.rel {
			t.Errorf("%q is routed to %+v, %q, want %q, %q", c.path, m, rel, c.prefix, c.rel)
		}
	}
	for prefix, dir := range map[string]string{
		"/static": "static", "/static/deep": "b", "/static/deep/er": "deep", "/here": "", "/out": "", "/up": "", "": "public",
	} {
		m, _ := s.Route([]byte(prefix + "/x"))
		if inside := m.Root == 0; m.Dir != dir || inside != (prefix != "/out" && prefix != "/up") {
			t.Errorf("%q leads to %q, below the document root: %v", prefix, m.Dir, inside)
		}
	}
}

func TestPathsWithoutAMount(t *testing.T) {
	s := sitesOf(t, t.TempDir(), DefaultMounts()).Of(nil)
	for _, path := range []string{"/", "/staticfoo", "/a/static/b", "/Static/a"} {
		if m, _ := s.Route([]byte(path)); m != nil {
			t.Errorf("%q is routed to %q", path, m.Prefix)
		}
	}
}

func TestTooManyMounts(t *testing.T) {
	many := make([]MountConfig, maxMounts+1)
	for i := range many {
		many[i] = MountConfig{Prefix: fmt.Sprintf("/%d", i), Dir: "a"}
	}
	_, err := Parse([]Config{{Root: ".", Mounts: many}})
	if want := "65537 mounts are more than 65536"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	if _, err := Parse([]Config{{Root: ".", Mounts: many[:maxMounts]}}); err != nil {
		t.Fatalf("%d mounts: %v", maxMounts, err)
	}
}

// A relative document root is below the working directory, a relative mount
// below the document root. A mount that ".." takes out of the root is a root of
// its own.
func TestRelativeMounts(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/site/in", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	all := sitesOf(t, "site", []MountConfig{{Prefix: "/in", Dir: "in", Kind: Static}, {Prefix: "/up", Dir: "..", Kind: Static}})
	s := all.Of(nil)
	if m, _ := s.Route([]byte("/in/a")); all.Roots[m.Root].Path != dir+"/site" || m.Dir != "in" {
		t.Errorf("in is %+v", m)
	}
	if m, _ := s.Route([]byte("/up/a")); all.Roots[m.Root].Path != dir || m.Dir != "" {
		t.Errorf("up is %+v", m)
	}
}

// sitesOf returns a single site with nothing but a root and mounts.
func sitesOf(t *testing.T, root string, mounts []MountConfig) *Sites {
	t.Helper()
	all, err := Parse([]Config{{Root: root, Mounts: mounts}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
