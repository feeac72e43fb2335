package files

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// leads opens a path and compares it with what it should lead to; "" is 404.
func leads(t *testing.T, way string, r *Root, path, want string) {
	t.Helper()
	fd, errno := r.Open([]byte(path+"\x00"), 0)
	if errno == 0 {
		defer unix.Close(fd)
	}
	switch {
	case want == "" && (errno == 0 || StatusOf(errno) != 404):
		t.Errorf("%s: %s opens with %v, want 404", way, path, errno)
	case want != "" && (errno != 0 || inode(fd, "") != inode(-1, want)):
		t.Errorf("%s: %s opens with %v, want %s", way, path, errno, want)
	}
}

func TestAllLinksAreFollowed(t *testing.T) {
	ways, dir := linkedRoot(t)
	before := httpxtest.OpenDescriptors(t)
	for way, r := range ways {
		r.links = site.LinksAll
		outside := filepath.Dir(dir) + "/outside"
		for path, want := range map[string]string{
			"a/file": dir + "/a/file", "a/near": dir + "/a/file", "a/abs": dir + "/a/file", "a/out": outside + "/canary",
			"a/absout": outside + "/canary", "a/outdir": outside, "a/outdir/canary": outside + "/canary", "a/etc": "/etc/passwd",
			"a/absdirout/in/file": dir + "/a/file", "a/abslike": dir + "-like/canary",
			"b/dangling": "", "b/self": "", "a/absself": "", "a/absnone": "",
			"..": "", "../outside/canary": "", "a/../../outside/canary": "", "/etc/passwd": "",
		} {
			leads(t, way, r, path, want)
		}
	}
	if after := httpxtest.OpenDescriptors(t); after != before {
		t.Errorf("%d descriptors have become %d", before, after)
	}
}

// Each link on the way has to belong to the owner of what it leads to.
func TestLinksOfOwnerAreFollowed(t *testing.T) {
	ways, dir := linkedRoot(t)
	before := httpxtest.OpenDescriptors(t)
	check := func(want map[string]string) {
		t.Helper()
		for way, r := range ways {
			r.links = site.LinksOfOwner
			for path, to := range want {
				if to != "" {
					to = filepath.Join(dir, to)
				}
				leads(t, way, r, path, to)
			}
		}
	}
	check(map[string]string{
		"a/file": "a/file", "a/near": "a/file", "a/far": "b/file", "a/dir/file": "b/file", "a/round": "a/file", "a/top/b/file": "b/file",
		"b/chain1": "b/file", "a/abs": "a/file", "a/absdir/viaabs": "a/file", "a/absround": "a/file", "b/viatopfile": "b/file",
		"a/out": "", "a/absout": "", "a/outdir/canary": "", "a/etc": "", "a/magic": "",
		"b/self": "", "b/loop1": "", "a/absself": "", "b/dangling": "", "b/slash": "", "a/near/": "", "a/file/": "", "a/dir/": "b",
		"..": "", "a/top/..": "", "/": "",
	})
	if os.Geteuid() == 0 {
		for _, link := range []string{"a/near", "a/dir", "b/chain2", "a/abs"} {
			if err := os.Lchown(filepath.Join(dir, link), 4711, -1); err != nil {
				t.Fatal(err)
			}
		}
		check(map[string]string{
			"a/file": "a/file", "a/far": "b/file", "a/near": "", "a/dir": "", "a/dir/file": "", "a/round": "", "b/chain1": "", "b/chain3": "",
			"a/abs": "", "a/abschain": "", "a/absdir/file": "b/file",
		})
		if err := os.Chown(filepath.Join(dir, "a/file"), 4711, -1); err != nil {
			t.Fatal(err)
		}
		check(map[string]string{"a/near": "a/file", "a/abs": "a/file", "a/absround": "", "a/file": "a/file"})
	}
	if after := httpxtest.OpenDescriptors(t); after != before {
		t.Errorf("%d descriptors have become %d", before, after)
	}
}

// The path of a root may go through links itself.
func TestLinksBelowALinkedRoot(t *testing.T) {
	dir := httpxtest.LinkedTree(t)
	link := filepath.Dir(dir) + "/current"
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(link+"/b/file", dir+"/a/through"); err != nil {
		t.Fatal(err)
	}
	for way, r := range bothWays(t, link) {
		leads(t, way, r, "a/abs", dir+"/a/file")
		leads(t, way, r, "a/through", dir+"/b/file")
		leads(t, way, r, "a/absout", "")
	}
	for way, r := range bothWays(t, "/") { // everything is below it
		leads(t, way, r, dir[1:]+"/a/absout", filepath.Dir(dir)+"/outside/canary")
	}
}

// A deleted root has nothing inside. Its path in proc(5) could be that of another
// folder.
func TestLinksOfADeletedRoot(t *testing.T) {
	base := t.TempDir()
	dir := base + "/root"
	for _, d := range []string{dir, dir + " (deleted)"} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	httpxtest.Write(t, dir+" (deleted)/a", []byte("a"))
	for way, r := range bothWays(t, dir) {
		_ = os.Remove(dir)
		leads(t, way, r, "a", "")
		r.links = site.LinksOfOwner
		leads(t, way, r, "a", "")
	}
}

// While a link is switched between the inside and the outside, and folders are
// renamed, nothing outside is ever opened.
func TestSwitchedLinksNeverLeaveTheRoot(t *testing.T) {
	ways, dir := linkedRoot(t)
	canary := inode(-1, filepath.Dir(dir)+"/outside/canary")
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; !stop.Load(); i++ {
			_ = os.Symlink([]string{dir + "/b", filepath.Dir(dir) + "/outside"}[i%2], dir+"/next")
			_ = os.Rename(dir+"/next", dir+"/a/switched")
			_ = os.Rename(dir+"/b", dir+"/c")
			_ = os.Rename(dir+"/c", dir+"/b")
		}
	}()
	for range 300 {
		for way, r := range ways {
			for _, name := range []string{"file", "canary"} {
				fd, errno := r.Open([]byte("a/switched/"+name+"\x00"), 0)
				if errno == 0 && inode(fd, "") == canary {
					t.Errorf("%s: the link has led out of the root", way)
				}
				if errno == 0 {
					_ = unix.Close(fd)
				}
			}
		}
	}
	stop.Store(true)
	<-done
}

// A loop is never told what only a goroutine may find out.
func TestLoopsLeaveLinksToGoroutines(t *testing.T) {
	ways, dir := linkedRoot(t)
	r, ok := ways["openat2"]
	if !ok || !r.asks {
		backendtest.Missing(t, "this kernel cannot look a path up without waiting")
	}
	for _, links := range []Links{site.LinksInside, site.LinksOfOwner, site.LinksAll} {
		r.links = links
		for _, path := range []string{"a/abs", "a/absout"} {
			if _, errno := r.OpenCached([]byte(path+"\x00"), 0); errno != unix.EAGAIN {
				t.Errorf("links %d, %s: %v, want EAGAIN", links, path, errno)
			}
		}
	}
	leads(t, "all", r, "a/absout", filepath.Dir(dir)+"/outside/canary")
}
