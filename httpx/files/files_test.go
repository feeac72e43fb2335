package files

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
	"aws/httpx/site"
)

func TestAnOpenFileIsUsedAgain(t *testing.T) {
	f := newTable(t, 4, 0, map[string]int{"static/a": 10, "dynamic/a": 10})
	a := f.take("/static/a")
	if again := f.take("/static/a"); again != a || f.entries[a].pins != 2 {
		t.Errorf("entries %d and %d, pinned %d times", a, again, f.entries[a].pins)
	}
	f.checkOpen(1)
	if other := f.take("/dynamic/a"); other == a || f.entries[other].Mount.Kind != site.Dynamic {
		t.Errorf("another mount's file is entry %d like the first", other)
	} else {
		f.Release(other)
	}
	f.Release(a)
	f.Release(a)
	if again := f.take("/static/a"); again != a {
		t.Errorf("entry %d has become %d", a, again)
	}
	f.Release(a)
	f.checkBytes(a, httpxtest.Content("a", 10))
	if n := testing.AllocsPerRun(100, func() { f.touch("/static/a") }); n != 0 {
		t.Errorf("%v allocations for a hit", n)
	}
}

// The next response shows any change to a file. A file that is being sent keeps
// its descriptor until it has been sent.
func TestChangesAreSeen(t *testing.T) {
	long := httpxtest.Content("new", 200)
	for _, c := range []struct {
		name   string
		change func(path string)
		want   []byte // of the next response; nil: 404
		old    bool   // the descriptor still reads the old bytes
	}{
		{"replace", func(path string) { httpxtest.Write(t, path+"~", long); rename(t, path+"~", path) }, long, true},
		{"replace, same size and time", func(path string) {
			info, _ := os.Stat(path)
			httpxtest.Write(t, path+"~", long[:100])
			_ = os.Chtimes(path+"~", info.ModTime(), info.ModTime())
			rename(t, path+"~", path)
		}, long[:100], true},
		{"rewrite", func(path string) { httpxtest.Write(t, path, long) }, long, false},
		{"rewrite, same size", func(path string) {
			httpxtest.Write(t, path, long[:100])
			_ = os.Chtimes(path, time.Time{}, httpxtest.Epoch)
		}, long[:100], false},
		{"truncate", func(path string) { _ = os.Truncate(path, 50) }, httpxtest.Content("a", 50), false},
		{"delete", func(path string) { _ = os.Remove(path) }, nil, true},
		{"rename", func(path string) { rename(t, path, path+"~") }, nil, true},
		{"link", func(path string) { httpxtest.Write(t, path+"~", long); _ = os.Remove(path); _ = os.Symlink("a~", path) }, long, true},
		{"link out", func(path string) { _ = os.Remove(path); _ = os.Symlink("/etc/passwd", path) }, nil, true},
		{"folder", func(path string) { _ = os.Remove(path); _ = os.Mkdir(path, 0o755) }, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTable(t, 4, 0, map[string]int{"static/a": 100})
			pinned := f.take("/static/a")
			c.change(f.root + "/static/a")
			next, status := f.try("/static/a")
			if c.want == nil {
				if status != 404 && (c.name != "folder" || status != 301) {
					t.Errorf("status %d", status)
				}
				f.checkOpen(1)
			} else {
				if status != 0 || next == pinned || f.entries[next].ID.Size != int64(len(c.want)) {
					t.Fatalf("status %d, entry %d after %d", status, next, pinned)
				}
				f.checkBytes(next, c.want)
				f.checkOpen(2)
				f.Release(next)
			}
			if c.old {
				f.checkBytes(pinned, httpxtest.Content("a", 100))
			}
			f.Release(pinned)
			f.checkOpen(len(f.byKey))
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestLeastRecentlyUsedIsEvicted(t *testing.T) {
	f := newTable(t, 3, 0, map[string]int{"static/a": 1, "static/b": 1, "static/c": 1, "static/d": 1, "static/e": 1})
	f.touch("/static/a")
	f.touch("/static/b")
	f.touch("/static/c")
	f.touch("/static/a")
	f.checkListed("a", "b", "c")
	for _, path := range []string{"/static/none", "/static", "/none", "/static/a/b", "/static/"} {
		if m, _ := f.site.Route([]byte(path)); m != nil {
			_, _ = f.try(path)
		}
	}
	f.checkListed("a", "b", "c") // paths that lead to no file evict nothing
	d := f.take("/static/d")
	f.checkListed("a", "c", "d") // b was used least recently
	c := f.take("/static/c")
	f.touch("/static/e")
	f.checkListed("c", "d", "e")
	a := f.take("/static/a")
	f.checkListed("a", "c", "d")
	f.checkOpen(3)
	if _, status := f.try("/static/b"); status != 503 {
		t.Errorf("with every file in use: status %d, want 503", status)
	}
	f.checkWarned("looking for a file: open " + f.root + "/static/b: responses use all open files that the limit allows")
	f.checkListed("a", "c", "d")
	f.checkOpen(3)
	f.Release(c)
	f.touch("/static/b")
	f.checkListed("a", "b", "d")
	f.Release(a)
	f.Release(d)
}

// Every descriptor counts. A file's second one may evict another file; without
// room the file does without it.
func TestSecondDescriptorsCount(t *testing.T) {
	f := newTable(t, 3, 0, map[string]int{"static/a": 1, "static/b": 1, "dynamic/c": 1, "dynamic/d": 1})
	f.touch("/static/a")
	f.touch("/static/b")
	c := f.take("/dynamic/c")
	f.checkListed("b", "c")
	f.checkOpen(3)
	d := f.take("/dynamic/d")
	if f.entries[d].File.Direct >= 0 {
		t.Error("a second descriptor where there is no room for it")
	}
	f.checkListed("c", "d")
	f.checkOpen(3)
	f.Release(c)
	f.Release(d)
}

// A file that is replaced while in use keeps its place until it is released.
func TestReplacedFileKeepsItsPlace(t *testing.T) {
	f := newTable(t, 1, 0, map[string]int{"static/a": 10})
	old := f.take("/static/a")
	httpxtest.Write(t, f.root+"/static/b", httpxtest.Content("b", 20))
	rename(t, f.root+"/static/b", f.root+"/static/a")
	if _, status := f.try("/static/a"); status != 503 {
		t.Errorf("status %d, want 503", status)
	}
	f.checkWarned("looking for a file: open " + f.root + "/static/a: responses use all open files that the limit allows")
	f.checkBytes(old, httpxtest.Content("a", 10))
	f.Release(old)
	f.checkOpen(0)
	i := f.take("/static/a")
	f.checkBytes(i, httpxtest.Content("b", 20))
	f.Release(i)
}

func TestEntriesAreTrustedForTheTTL(t *testing.T) {
	f := newTable(t, 4, 10, map[string]int{"static/a": 10})
	step := func(now int64, want int) {
		t.Helper()
		f.now.Time = now
		i := f.take("/static/a")
		f.Release(i)
		if size := f.entries[i].ID.Size; size != int64(want) {
			t.Errorf("at %d the file has %d bytes, want %d", now, size, want)
		}
	}
	step(0, 10)
	step(10, 10) // looked at again, and trusted until 19
	httpxtest.Write(t, f.root+"/static/a", httpxtest.Content("a", 20))
	step(19, 10)
	step(20, 20)
	if err := os.Remove(f.root + "/static/a"); err != nil {
		t.Fatal(err)
	}
	step(29, 20)
	f.now.Time = 30
	if _, status := f.try("/static/a"); status != 404 {
		t.Errorf("status %d, want 404", status)
	}
}

// Only regular files and folders are found, and looking for others does not
// hang: a plain open of a FIFO would wait for a writer.
func TestOnlyRegularFilesAreFound(t *testing.T) {
	f := newTable(t, 4, 0, map[string]int{"static/a": 1, "static/folder/b": 1})
	dir := f.root + "/static/"
	paths := []string{"fifo", "socket", "folder", "folder/", "", "none", "a/", "a/b", "self", "loop1", "dangling",
		strings.Repeat("n", 255), strings.Repeat("n", 256), strings.Repeat("folder/../", 500) + "a", strings.Repeat("n/", MaxPath)}
	for link, target := range map[string]string{"self": "self", "loop1": "loop2", "loop2": "loop1", "dangling": "none"} {
		if err := os.Symlink(target, dir+link); err != nil {
			t.Fatal(err)
		}
	}
	for name, kind := range map[string]uint32{"fifo": unix.S_IFIFO, "socket": unix.S_IFSOCK} {
		if err := unix.Mknod(dir+name, kind|0o644, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mknod(dir+"device", unix.S_IFCHR|0o644, int(unix.Mkdev(1, 5))); err == nil { // only root may
		paths = append(paths, "device")
	}
	for _, path := range paths {
		want := 404
		if path == "" || strings.Trim(path, "/") == "folder" {
			want = 301
		}
		if i, status := f.try("/static/" + path); i != backend.None || status != want {
			t.Errorf("%.60s: entry %d, status %d, want %d", path, i, status, want)
		}
	}
	f.checkListed()
	f.checkOpen(0)
}

// A file that is read asynchronously has a second descriptor, with O_DIRECT.
func TestDynamicFilesHaveADirectDescriptor(t *testing.T) {
	f := newTable(t, 5, 0, map[string]int{"static/a": 10, "dynamic/a": 10, "dynamic/empty": 0})
	if fd, err := unix.Open(f.root+"/dynamic/a", unix.O_RDONLY|unix.O_DIRECT, 0); err != nil {
		backendtest.Missing(t, "this file system has no O_DIRECT: ", err)
	} else {
		_ = unix.Close(fd)
	}
	for path, twin := range map[string]bool{"/static/a": false, "/dynamic/a": true, "/dynamic/empty": false} {
		i := f.take(path)
		file := f.entries[i].File
		if (file.Direct >= 0) != twin {
			t.Errorf("%s: descriptor %d with O_DIRECT", path, file.Direct)
		}
		if twin {
			checkTwin(t, int(file.FD), int(file.Direct))
		}
		f.Release(i)
	}
	f.checkOpen(4)

	// The path may lead to another file by the time it is opened again.
	a := f.take("/static/a")
	rename(t, f.root+"/dynamic/a", f.root+"/static/a")
	if f.openDirect(a); f.entries[a].File.Direct != backend.None {
		t.Errorf("another file was opened, as %d", f.entries[a].File.Direct)
	}
	f.checkOpen(4)
	f.Release(a)
}

func checkTwin(t *testing.T, fd, direct int) {
	t.Helper()
	var a, b unix.Stat_t
	if unix.Fstat(fd, &a) != nil || unix.Fstat(direct, &b) != nil || a.Dev != b.Dev || a.Ino != b.Ino {
		t.Errorf("not the same file: %d:%d and %d:%d", a.Dev, a.Ino, b.Dev, b.Ino)
	}
	plain, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	flags, _ := unix.FcntlInt(uintptr(direct), unix.F_GETFL, 0)
	if plain&unix.O_DIRECT != 0 || flags&unix.O_DIRECT == 0 {
		t.Errorf("flags %#x and %#x", plain, flags)
	}
}

// Where there are no descriptors left, the answer is that, for files, sidecars and
// folders: nobody is told that they are not there.
func TestNoDescriptorsIsNotNotFound(t *testing.T) {
	gzip, _ := message.ParseCoding("gzip")
	f := newTable(t, 8, 0, map[string]int{"static/a": 1, "static/a.gz": 1, "static/b": 1, "dynamic/c": 1})
	a := f.take("/static/a")
	m, rel := f.site.Route([]byte("/static/"))
	withoutDescriptors(t, 0, func() {
		if _, status := f.try("/static/b"); status != 503 {
			t.Errorf("status %d, want 503", status)
		}
		f.checkWarned("looking for a file: open " + f.root + "/static/b: too many open files")
		if _, status := f.OpenFolder(m, rel, f.look()); status != 503 {
			t.Errorf("status %d of a folder, want 503", status)
		}
		f.checkWarned("looking for a file: open " + f.root + "/static: too many open files")
		if i, _ := f.Sidecar(a, gzip, f.look()); i != backend.None {
			t.Errorf("sidecar %d", i)
		}
		f.checkWarned("looking for a file: open " + f.root + "/static/a.gz: too many open files")
	})
	sidecar, _ := f.Sidecar(a, gzip, f.look()) // in the same turn
	if sidecar == backend.None {
		t.Error("no sidecar, though there is one")
	} else {
		f.Release(sidecar)
	}
	f.Release(a)
	withoutDescriptors(t, 1, func() { // and none for O_DIRECT
		f.touch("/dynamic/c")
	})
}

// Only what is not there is 404. What the machine cannot do is no absence.
func TestStatusOfErrno(t *testing.T) {
	for status, errnos := range map[int][]syscall.Errno{
		403: {unix.EACCES, unix.EPERM},
		404: {unix.ENOENT, unix.ENOTDIR, unix.ELOOP, unix.ENAMETOOLONG, unix.EXDEV, unix.ENXIO, unix.ENODEV, unix.EINVAL, unix.EILSEQ},
		500: {unix.EIO, unix.ESTALE, unix.ENOTCONN, unix.ETIMEDOUT, unix.EBUSY, unix.EREMOTEIO, unix.EHOSTDOWN, unix.ENOSYS, unix.EBADF},
		503: {unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN},
	} {
		for _, errno := range errnos {
			if got := StatusOf(errno); got != status {
				t.Errorf("%v is %d, want %d", errno, got, status)
			}
		}
	}
}

// The prefix of a key takes no part in the media type.
func TestMediaTypeOfAnOpenFile(t *testing.T) {
	f := newTable(t, 4, 0, map[string]int{"static/a.b.CSS": 1, "static/.css": 1, "static/css": 1})
	for path, want := range map[string]string{"a.b.CSS": "text/css; charset=utf-8", ".css": "application/octet-stream", "css": "application/octet-stream"} {
		i := f.take("/static/" + path)
		if got := string(f.entries[i].Fields.ContentType()); got != want {
			t.Errorf("%s: %q", path, got)
		}
		f.Release(i)
	}
}
