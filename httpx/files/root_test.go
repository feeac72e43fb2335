package files

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// linkedRoot makes a tree of links and opens it both ways: with openat2(2), if
// this kernel has it, and with os.Root.
func linkedRoot(t testing.TB) (ways map[string]*Root, dir string) {
	t.Helper()
	dir = httpxtest.LinkedTree(t)
	return bothWays(t, dir), dir
}

// bothWays opens dir both ways.
func bothWays(t testing.TB, dir string) map[string]*Root {
	t.Helper()
	ways := map[string]*Root{}
	for _, way := range []string{"openat2", "walk"} {
		r, err := OpenRoot(dir, site.LinksInside)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		if way == "walk" {
			if err := r.Walk(dir); err != nil {
				t.Fatal(err)
			}
		}
		if way == "walk" || r.walk == nil {
			ways[way] = r
		}
	}
	return ways
}

// inode returns the inode of an open file, or of path unless that is empty. It
// returns 0 if there is none.
func inode(fd int, path string) uint64 {
	var s unix.Stat_t
	err := unix.Fstat(fd, &s)
	if path != "" {
		err = unix.Stat(path, &s)
	}
	if err != nil {
		return 0
	}
	return s.Ino
}

func TestLinksStayInsideTheRoot(t *testing.T) {
	ways, dir := linkedRoot(t)
	long := strings.Repeat("n", 256)
	for _, c := range []struct{ path, leadsTo string }{ // "": 404
		{".", "."}, {"a", "a"}, {"a/", "a"}, {"a/file", "a/file"}, {"./a//file", "a/file"},
		{"a/../b/file", "b/file"}, {"a/dir/../a/file", "a/file"}, {"b/file", "b/file"},
		{"a/near", "a/file"}, {"a/far", "b/file"}, {"a/dir", "b"}, {"a/dir/", "b"}, {"a/dir/file", "b/file"},
		{"a/round", "a/file"}, {"a/top", "."}, {"a/top/b/file", "b/file"}, {"b/viatopfile", "b/file"},
		{"b/chain1", "b/file"}, {"a/top/a/top/a/top/a/file", "a/file"},
		{"none", ""}, {"a/none", ""}, {"none/file", ""}, {"a/file/", ""}, {"a/file/.", ""}, {"a/file/..", ""},
		{"a/file/b", ""}, {"a/near/", ""}, {"b/slash", ""}, {"b/dangling", ""}, {long, ""}, {"a/" + long + "/file", ""},
		{"b/self", ""}, {"b/loop1", ""}, {"b/self/file", ""},
		{"..", ""}, {"../root/a/file", ""}, {"a/../../root/a/file", ""}, {"/", ""}, {dir + "/a/file", ""},
		{"a/out", ""}, {"a/outdir", ""}, {"a/outdir/canary", ""}, {"a/absout", ""}, {"a/absout/", ""},
		{"a/abs", "a/file"}, {"a/abs/", ""}, {"a/back", "a/file"}, {"a/absdir", "b"}, {"a/absdir/", "b"}, {"a/absdir/file", "b/file"},
		{"a/absdir/viaabs", "a/file"}, {"a/abschain", "a/file"}, {"b/viaabs", "a/file"}, {"a/absround", "a/file"},
		{"a/abstop", "."}, {"a/abstop/a/abstop/b/file", "b/file"}, {"a/absdir/none", ""}, {"a/absdir/..", ""}, {"a/abstop/..", ""},
		{"a/absnone", ""}, {"a/absself", ""}, {"a/absup", ""}, {"a/abslike", ""}, {"a/absdirout", ""}, {"a/absdirout/canary", ""},
		{"a/etc", ""}, {"a/magic", ""}, {"b/viaout", ""}, {"b/viatop", ""}, {"a/top/..", ""}, {"a/top/../root/a/file", ""},
	} {
		for way, r := range ways {
			fd, errno := r.Open([]byte(c.path+"\x00"), 0)
			switch {
			case c.leadsTo == "" && (errno == 0 || StatusOf(errno) != 404):
				t.Errorf("%s: %.40q opens with %v, status %d, want 404", way, c.path, errno, StatusOf(errno))
			case c.leadsTo != "" && (errno != 0 || inode(fd, "") != inode(-1, filepath.Join(dir, c.leadsTo))):
				t.Errorf("%s: %.40q opens with %v, want %s", way, c.path, errno, c.leadsTo)
			}
			if errno == 0 {
				_ = unix.Close(fd)
			}
		}
	}
}

// A file is opened for reading, does not block, and is not inherited.
func TestFlagsOfAnOpenFile(t *testing.T) {
	ways, _ := linkedRoot(t)
	for way, r := range ways {
		fd, errno := r.Open([]byte("a/file\x00"), 0)
		if errno != 0 {
			t.Fatal(errno)
		}
		status, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		descriptor, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if status&unix.O_ACCMODE != unix.O_RDONLY || status&unix.O_NONBLOCK == 0 || descriptor&unix.FD_CLOEXEC == 0 {
			t.Errorf("%s: flags %#x, %#x", way, status, descriptor)
		}
		_ = unix.Close(fd)
	}
}

// No path leads out of the root. Each input is tried as it is, and as a walk
// along names that exist, so that it gets somewhere.
func FuzzRoot(f *testing.F) {
	ways, dir := linkedRoot(f)
	names := []string{".", "..", "", "a", "b", "file", "none", "outside", "canary", "root"}
	for _, link := range httpxtest.Links() {
		names = append(names, filepath.Base(link))
	}
	inside := map[uint64]bool{}
	for _, path := range []string{dir, dir + "/a", dir + "/b", dir + "/a/file", dir + "/b/file"} {
		inside[inode(-1, path)] = true
	}
	for _, seed := range []string{"\x03\x0b", "\x03\x01\x01\x07\x08", "../outside/canary", "/etc/passwd", "a/top/../outside"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, path := range []string{walkNames(names, b), string(b)} {
			if strings.Contains(path, "\x00") || len(path) > MaxPath {
				continue
			}
			if path == "" {
				path = "."
			}
			for way, r := range ways {
				fd, errno := r.Open([]byte(path+"\x00"), 0)
				if errno != 0 {
					continue
				}
				if !inside[inode(fd, "")] {
					t.Errorf("%s: %q leads out of the root", way, path)
				}
				_ = unix.Close(fd)
			}
		}
	})
}

// walkNames makes a path of names, one for each byte of b.
func walkNames(names []string, b []byte) string {
	parts := make([]string, len(b))
	for i, c := range b {
		parts[i] = names[int(c)%len(names)]
	}
	return strings.Join(parts, "/")
}

func TestErrorsNameTheRoot(t *testing.T) {
	root := t.TempDir()
	httpxtest.Write(t, root+"/file", nil)
	before := httpxtest.OpenDescriptors(t)
	for _, c := range []struct {
		root   string
		mounts []site.MountConfig
		want   string // part of the error
	}{
		{root + "/none", nil, "document root: open " + root + "/none: no such file"},
		{root + "/file", nil, "document root: open " + root + "/file: not a directory"},
		{root, []site.MountConfig{{Prefix: "/a", Dir: root + "/../none"}}, "mount /a: open "},
	} {
		all, err := site.Parse([]site.Config{{Root: c.root, Mounts: c.mounts}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := NewTable(options(t, 1, 0, all))
		f.Destroy()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d mounts: %v, want %q", c.root, len(c.mounts), err, c.want)
		}
	}
	if after := httpxtest.OpenDescriptors(t); after != before {
		t.Errorf("%d descriptors have become %d", before, after)
	}
}
