package httpx

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
		want Mount
		ok   bool
	}{
		{"/static=public", Mount{"/static", "public", Static}, true},
		{"/a=b:static", Mount{"/a", "b", Static}, true},
		{"/a=b:dynamic", Mount{"/a", "b", Dynamic}, true},
		{"/=public", Mount{"/", "public", Static}, true},
		{"/a/=b/", Mount{"/a", "b/", Static}, true},
		{"//a/./b/../c//=d", Mount{"/a/c", "d", Static}, true},
		{"/a=/srv/files", Mount{"/a", "/srv/files", Static}, true},
		{"/a=.", Mount{"/a", ".", Static}, true},
		{"/a=b=c", Mount{"/a", "b=c", Static}, true},
		{"/a=b:c", Mount{"/a", "b:c", Static}, true},
		{"/a%20b=c", Mount{"/a b", "c", Static}, true},
		{"", Mount{}, false},
		{"/a", Mount{}, false},
		{"/a=", Mount{}, false},
		{"/a=:static", Mount{}, false},
		{"/a=:dynamic", Mount{}, false},
		{"=a", Mount{}, false},
		{"a=b", Mount{}, false},
		{"%2Fa=b", Mount{}, false},
		{"/..=b", Mount{}, false},
		{"/%zz=b", Mount{}, false},
		{"/%00=b", Mount{}, false},
	} {
		got, err := ParseMount(c.spec)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("ParseMount(%q) = %+v, %v, want %+v", c.spec, got, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("%q", c.spec)) {
			t.Errorf("ParseMount(%q): the error does not say of what: %v", c.spec, err)
		}
	}
}

func TestRoute(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	r := sitesOf(t, root, []Mount{
		{"/static", "static", Static},
		{"/static/deep/er", "deep", Dynamic},
		{"/static/deep", filepath.Join(root, "a", "..", "b"), Static},
		{"/here", ".", Static},
		{"/out", outside, Static},
		{"/up", "../" + filepath.Base(outside), Static},
		{"/", "public", Static},
	}).all[0].router
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
		m, rel := r.route([]byte(c.path))
		if m == nil || m.prefix != c.prefix || string(rel) != c.rel {
			t.Errorf("%q is routed to %+v, %q, want %q, %q", c.path, m, rel, c.prefix, c.rel)
		}
	}
	for prefix, dir := range map[string]string{
		"/static": "static", "/static/deep": "b", "/static/deep/er": "deep", "/here": "", "/out": "", "/up": "", "": "public",
	} {
		m, _ := r.route([]byte(prefix + "/x"))
		if inside := m.root == 0; m.dir != dir || inside != (prefix != "/out" && prefix != "/up") {
			t.Errorf("%q leads to %q, below the document root: %v", prefix, m.dir, inside)
		}
	}
}

// Without a mount at "/" there are paths that belong to none.
func TestRouteNone(t *testing.T) {
	r := sitesOf(t, t.TempDir(), DefaultMounts()).all[0].router
	for _, path := range []string{"/", "/staticfoo", "/a/static/b", "/Static/a"} {
		if m, _ := r.route([]byte(path)); m != nil {
			t.Errorf("%q is routed to %q", path, m.prefix)
		}
	}
}

func TestRootErrors(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/file", nil)
	many := make([]Mount, maxMounts+1)
	for i := range many {
		many[i] = Mount{Prefix: fmt.Sprintf("/%d", i), Dir: "a"}
	}
	before := openDescriptors(t)
	for _, c := range []struct {
		root   string
		mounts []Mount
		want   string // part of the error
	}{
		{root + "/none", nil, "document root: open " + root + "/none: no such file"},
		{root + "/file", nil, "document root: open " + root + "/file: not a directory"},
		{root, []Mount{{"/a", root + "/../none", Static}}, "mount /a: open "},
		{root, many, "65537 mounts are more than 65536"},
	} {
		all, err := newSites([]Site{{Root: c.root, Mounts: c.mounts}})
		if err == nil {
			var f files
			f, err = newFiles(1, 0, all.roots)
			f.destroy()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d mounts: %v, want %q", c.root, len(c.mounts), err, c.want)
		}
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors have become %d", before, after)
	}
	if _, err := newSites([]Site{{Root: root, Mounts: many[:maxMounts]}}); err != nil {
		t.Fatalf("%d mounts: %v", maxMounts, err)
	}
}

// A relative document root and a relative mount are both below the working
// directory, and a mount above the root by ".." is a root of its own.
func TestRouterRelative(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/site/in", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	all := sitesOf(t, "site", []Mount{{"/in", "in", Static}, {"/up", "..", Static}})
	r := all.all[0].router
	if m, _ := r.route([]byte("/in/a")); all.roots[m.root].path != dir+"/site" || m.dir != "in" {
		t.Errorf("in is %+v", m)
	}
	if m, _ := r.route([]byte("/up/a")); all.roots[m.root].path != dir || m.dir != "" {
		t.Errorf("up is %+v", m)
	}
}
