package files

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// deployment is a table over a root that is replaced while it is served.
type deployment struct {
	*table
	dir string // has the root in it
}

// newDeployment serves a folder of a document root. ROOT in their paths is the
// folder to be replaced, which make makes.
func newDeployment(t *testing.T, root, dir string, make func(root string)) *deployment {
	t.Helper()
	d := &deployment{table: &table{t: t}, dir: t.TempDir()}
	d.root = d.dir + "/root"
	make(d.root)
	mounts := []site.MountConfig{{Prefix: "/", Dir: strings.ReplaceAll(dir, "ROOT", d.root)}}
	all := sitesOf(t, strings.ReplaceAll(root, "ROOT", d.root), mounts)
	d.site = all.Of(nil)
	o := options(t, 8, 0, all)
	o.Warn = d.noteWarning
	before := httpxtest.OpenDescriptors(t)
	var err error
	if d.Table, err = NewTable(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.quiet()
		d.Stop()
		d.Destroy()
		if after := httpxtest.OpenDescriptors(t); after != before {
			t.Errorf("%d descriptors have become %d", before, after)
		}
	})
	return d
}

// release makes a folder whose files say which release they are of.
func release(t *testing.T, dir, text string) {
	t.Helper()
	httpxtest.Write(t, dir+"/a", []byte(text))
	httpxtest.Write(t, dir+"/only-"+text, []byte(text))
}

// want fails unless the path holds text; "" is 404.
func (d *deployment) want(path, text string) {
	d.t.Helper()
	d.now.Turn++
	i, status := d.try(path)
	switch {
	case status != 0 && (text != "" || status != 404):
		d.t.Errorf("%s: status %d, want %q", path, status, text)
	case status == 0:
		d.checkBytes(i, []byte(text))
		d.Release(i)
	}
}

// replacements are the ways in which a root is replaced. Each makes root the
// release 2.
var replacements = []struct {
	name    string
	make    func(t *testing.T, root string) // release 1
	replace func(t *testing.T, root string)
}{
	{"a link is switched", func(t *testing.T, root string) {
		release(t, root+".1", "1")
		release(t, root+".2", "2")
		symlink(t, filepath.Base(root)+".1", root)
	}, func(t *testing.T, root string) {
		symlink(t, filepath.Base(root)+".2", root+"~")
		rename(t, root+"~", root)
		if err := os.RemoveAll(root + ".1"); err != nil {
			t.Error(err)
		}
	}},
	{"a folder is renamed over it", func(t *testing.T, root string) {
		release(t, root, "1")
		release(t, root+".new", "2")
	}, func(t *testing.T, root string) {
		rename(t, root, root+".old")
		rename(t, root+".new", root)
	}},
	{"it is made anew", func(t *testing.T, root string) {
		release(t, root, "1")
	}, func(t *testing.T, root string) {
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
		release(t, root, "2")
	}},
}

func symlink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// The next request sees the folder that the root's path leads to now, whatever
// it asks for. Nothing of the one before stays open.
func TestAReplacedRootIsFollowed(t *testing.T) {
	for _, c := range replacements {
		for name, served := range map[string][2]string{
			"root": {"ROOT", "."}, "mount": {os.TempDir(), "ROOT"}, "mount below the root": {"ROOT/..", "ROOT"},
		} {
			for _, first := range []string{"/a", "/only-1", "/only-2", "/"} {
				t.Run(c.name+", "+name+first, func(t *testing.T) {
					d := newDeployment(t, served[0], served[1], func(root string) { c.make(t, root) })
					d.want("/a", "1")
					d.want("/only-1", "1")
					c.replace(t, d.root)
					switch first {
					case "/":
						d.wantFolder("a", "only-2")
					case "/only-1":
						d.want(first, "")
					default:
						d.want(first, "2")
					}
					d.want("/a", "2")
					d.want("/only-1", "")
					d.want("/only-2", "2")
					d.Sweep(0)
					d.wantNoneDeleted()
					if len(d.byKey) != 2 || len(d.warned) > 0 {
						t.Errorf("%d files are listed, want 2; warnings: %q", len(d.byKey), d.warned)
					}
				})
			}
		}
	}
}

// A request that has waited may get what the root led to when it came. That counts
// for no request that comes later.
func TestAnOldLookAtTheRootIsForOldRequests(t *testing.T) {
	for _, cold := range []bool{false, true} {
		t.Run(fmt.Sprint("cold ", cold), func(t *testing.T) {
			c := replacements[1]
			d := newDeployment(t, "ROOT", ".", func(root string) { c.make(t, root) })
			if cold {
				d.trouble = &Trouble{Cold: func() bool { return true }, Fault: func() *Fault { return nil }}
			}
			acquire := func(path string, k Look) (status int) {
				m, rel := d.site.Route([]byte(path))
				k.Now = d.now
				var i int32
				d.answer(k, func() int {
					i, status = d.Acquire(m, rel, "", k)
					return status
				})
				if status == 0 {
					d.Release(i)
				}
				return status
			}
			old := d.look()
			if status := acquire("/a", old); status != 0 {
				t.Fatalf("/a: status %d", status)
			}
			c.replace(t, d.root)
			late := d.look()
			if status := acquire("/only-2", old); status != 404 {
				t.Errorf("for an old request: status %d, want 404", status)
			}
			if status := acquire("/only-1", old); status != 0 {
				t.Errorf("for an old request: status %d, want 0", status)
			}
			for path, want := range map[string]int{"/only-1": 404, "/only-2": 0} {
				if status := acquire(path, late); status != want {
					t.Errorf("%s: status %d, want %d", path, status, want)
				}
			}
		})
	}
}

// wantFolder opens the root as a folder, which must have these entries.
func (d *deployment) wantFolder(want ...string) {
	d.t.Helper()
	m, rel := d.site.Route([]byte("/"))
	k := d.look()
	var folder Folder
	var status int
	d.answer(k, func() int {
		folder, status = d.OpenFolder(m, rel, k)
		return status
	})
	if status != 0 {
		d.t.Errorf("the folder has status %d", status)
		return
	}
	f := os.NewFile(uintptr(folder.FD), "folder")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil || len(names) != len(want) || !strings.Contains(fmt.Sprint(names), want[1]) {
		d.t.Errorf("the folder has %q, %v, want %q", names, err, want)
	}
}

// wantNoneDeleted fails if a descriptor leads to a file or folder that has been
// deleted.
func (d *deployment) wantNoneDeleted() {
	d.t.Helper()
	for _, path := range httpxtest.DeletedDescriptors(d.t, os.Getpid()) {
		if strings.HasPrefix(path, d.dir) {
			d.t.Errorf("still open: %s", path)
		}
	}
}

// A file in use stays as it is until it is released, whatever becomes of its
// root.
func TestFilesOutliveTheirRoot(t *testing.T) {
	c := replacements[2]
	d := newDeployment(t, "ROOT", ".", func(root string) { c.make(t, root) })
	old := d.take("/a")
	c.replace(t, d.root)
	d.want("/only-2", "2")
	d.Sweep(0)
	d.checkBytes(old, []byte("1"))
	d.want("/a", "2")
	d.checkBytes(old, []byte("1"))
	d.Release(old)
	d.wantNoneDeleted()
}

// A root that is gone is 404 and a warning for each look at it. When it is there
// again, it is served again.
func TestARootThatIsGone(t *testing.T) {
	for _, gone := range []string{"nothing", "a file", "a link that leads nowhere"} {
		t.Run(gone, func(t *testing.T) {
			d := newDeployment(t, "ROOT", ".", func(root string) { release(t, root, "1") })
			d.want("/a", "1")
			rename(t, d.root, d.root+"~")
			switch gone {
			case "a file":
				httpxtest.Write(t, d.root, nil)
			case "a link that leads nowhere":
				symlink(t, "nowhere", d.root)
			}
			d.want("/a", "")
			d.want("/none", "")
			if len(d.warned) != 2 || !strings.HasPrefix(d.warned[0], "document root: open "+d.root+": ") {
				t.Errorf("warnings: %q", d.warned)
			}
			d.Sweep(0)
			if n := d.openRoots() + len(d.byKey); n != 0 {
				t.Errorf("%d descriptors of what is gone", n)
			}
			_ = os.Remove(d.root)
			rename(t, d.root+"~", d.root)
			d.want("/a", "1")
			if len(d.warned) != 2 {
				t.Errorf("warnings: %q", d.warned)
			}
		})
	}
}

// The first look-ups after a change take what is short from files that nobody
// uses.
func TestARootIsReopenedWithoutSpareDescriptors(t *testing.T) {
	c := replacements[1]
	d := newDeployment(t, "ROOT", ".", func(root string) { c.make(t, root) })
	d.want("/a", "1")
	d.want("/only-1", "1")
	c.replace(t, d.root)
	withoutDescriptors(t, 0, func() { d.want("/a", "2") })
	if len(d.warned) > 0 {
		t.Errorf("warnings: %q", d.warned)
	}
}

// A root that somebody mounts over is another one, even if it is the same folder.
func TestAMountOverTheRootIsFollowed(t *testing.T) {
	if !httpxtest.OwnMounts(t) {
		return
	}
	d := newDeployment(t, "ROOT", ".", func(root string) {
		release(t, root, "1")
		release(t, root+".2", "2")
	})
	d.want("/a", "1")
	d.want("/only-1", "1")
	for _, over := range []string{d.root + ".2", d.root} {
		before := d.roots.changes
		if err := unix.Mount(over, d.root, "", unix.MS_BIND, ""); err != nil {
			t.Error(err)
			return
		}
		d.want("/only-1", "")
		d.want("/a", "2")
		if d.roots.changes != before+1 {
			t.Errorf("%s over the root: %d changes, want 1", over, d.roots.changes-before)
		}
	}
	for range 2 {
		if err := unix.Unmount(d.root, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}
	d.want("/a", "1")
	d.want("/only-2", "")
}

// A request for an open file looks once: at the file, by its absolute path.
// Where that is too long for the kernel, it looks at the root and at the file.
func TestDeepRoots(t *testing.T) {
	d := newDeployment(t, "ROOT", ".", func(root string) { release(t, root, "1") })
	name := strings.Repeat("n", 19)
	deep := strings.Repeat("/"+name, (MaxPath-len("/f")-1)/20)
	fd, err := unix.Open(d.root, unix.O_PATH, 0)
	for range strings.Count(deep, "/") {
		if err == nil {
			err = unix.Mkdirat(fd, name, 0o755)
		}
		if err == nil {
			old := fd
			fd, err = unix.Openat(old, name, unix.O_PATH, 0)
			_ = unix.Close(old)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	file, err := unix.Openat(fd, "f", unix.O_CREAT|unix.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = unix.Write(file, []byte("deep"))
	_ = unix.Close(file)
	_ = unix.Close(fd)
	if len(d.root)+len(deep) <= MaxPath-len("/f")-1 || len(deep) > MaxPath-3 {
		t.Fatalf("%d and %d bytes do not make a path that is too long", len(d.root), len(deep))
	}
	d.want(deep+"/f", "deep")
	opened := d.byKeyCopy()
	d.want(deep+"/f", "deep")
	if again := d.byKeyCopy(); again != opened {
		t.Error("the file was opened again")
	}
	rename(t, d.root, d.root+"~")
	release(t, d.root, "2")
	d.want(deep+"/f", "")
	d.want("/a", "2")
}

// byKeyCopy is what is listed, as text.
func (d *deployment) byKeyCopy() string {
	return fmt.Sprint(d.byKey, d.opened, len(d.entries))
}
