package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"aws/httpx/site"
)

var formats = []site.Archive{site.TarZst, site.TarGz, site.Zip}

// tree makes a folder: names that end with a slash are folders, and texts that start
// with -> are links.
func tree(t testing.TB, entries map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range entries {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		target, isLink := strings.CutPrefix(text, "->")
		switch {
		case strings.HasSuffix(name, "/"):
			err = errors.Join(err, os.MkdirAll(path, 0o755))
		case isLink:
			err = errors.Join(err, os.Symlink(target, path))
		default:
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// unpack reads an archive: its files by name, and its folders, whose names end with a
// slash.
func unpack(t testing.TB, format site.Archive, b []byte) map[string]string {
	t.Helper()
	all := map[string]string{}
	if format == site.Zip {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if _, twice := all[f.Name]; err != nil || twice {
				t.Fatalf("%s: %v, twice: %v", f.Name, err, twice)
			}
			all[f.Name] = string(text)
		}
		return all
	}
	r := tar.NewReader(decompress(t, format, b))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%s: %+v", h.Name, h)
		}
		text, err := io.ReadAll(r)
		if _, twice := all[h.Name]; err != nil || twice {
			t.Fatalf("%s: %v, twice: %v", h.Name, err, twice)
		}
		all[h.Name] = string(text)
	}
}

func decompress(t testing.TB, format site.Archive, b []byte) io.Reader {
	t.Helper()
	if format == site.TarGz {
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// pack returns an archive of the folder dir below root.
func pack(t testing.TB, a *Archive, root, dir string) map[string]string {
	t.Helper()
	a.Root, a.Dir, a.Path = root, dir, "/x/f/"
	var b bytes.Buffer
	if err := a.Write(&b); err != nil {
		t.Fatal(err)
	}
	return unpack(t, a.Format, b.Bytes())
}

// An archive has what a client could fetch, once, and nothing else.
func TestArchiveHasWhatIsServed(t *testing.T) {
	long := strings.Repeat("n", 255)
	root := tree(t, map[string]string{
		"out": "outside the folder", "f/a": "alpha", "f/empty": "", "f/sub/deep/b": "beta", "f/none/": "",
		"f/.git/config": "secret", "f/.env": "secret", "f/.well-known/x": "known",
		"f/file-link": "->a", "f/up-link": "->../out", "f/dir-link": "->sub", "f/loop": "->.", "f/round": "->round", "f/dead": "->nothing",
		"f/leads-out": "->../../../../../../../etc/passwd", "f/absolute": "->/etc/passwd",
		"f/" + long: "long", "f/sub/" + long + "/" + long + "/c": "deep and long",
		"f/Grüße \n\"'<b>&\\x": "odd", "f/\xff\xfe": "not UTF-8", "f/javascript:x": "colon",
	})
	if err := errors.Join(unix.Mkfifo(root+"/f/fifo", 0o644), unix.Mknod(root+"/f/socket", unix.S_IFSOCK|0o644, 0)); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("0123456789", 40_000)
	if err := os.WriteFile(root+"/f/big", []byte(big), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, format := range formats {
		for _, dotfiles := range []bool{false, true} {
			want := map[string]string{
				"f/": "", "f/a": "alpha", "f/big": big, "f/empty": "", "f/sub/": "", "f/sub/deep/": "", "f/sub/deep/b": "beta", "f/none/": "",
				"f/.well-known/": "", "f/.well-known/x": "known", "f/file-link": "alpha", "f/up-link": "outside the folder",
				"f/" + long: "long", "f/sub/" + long + "/": "", "f/sub/" + long + "/" + long + "/": "", "f/sub/" + long + "/" + long + "/c": "deep and long",
				"f/Grüße \n\"'<b>&\\x": "odd", "f/\xff\xfe": "not UTF-8", "f/javascript:x": "colon",
			}
			if dotfiles {
				want["f/.git/"], want["f/.git/config"], want["f/.env"] = "", "secret", "secret"
			}
			if format == site.Zip {
				delete(want, "f/Grüße \n\"'<b>&\\x")
				want["f/Grüße \n\"'<b>&_x"] = "odd"
			}
			skipped := 0
			got := pack(t, &Archive{Format: format, Dotfiles: dotfiles, Skipped: func(err error) { skipped++; t.Log(err) }}, root, "f")
			for name, text := range want {
				if g, ok := got[name]; !ok || g != text {
					t.Errorf("%v: %q is %.40q, %v, want %.40q", format, name, g, ok, text)
				}
			}
			for name := range got {
				if _, ok := want[name]; !ok {
					t.Errorf("%v: %q is in the archive", format, name)
				}
			}
			if skipped > 0 {
				t.Errorf("%v: %d entries are said to be missing", format, skipped)
			}
		}
	}
}

// What is withheld is left out, at any depth. It is asked for by the path below the
// folder of the archive.
func TestWithheldIsLeftOut(t *testing.T) {
	root := tree(t, map[string]string{"f/a": "alpha", "f/sub/b": "beta", "f/sub/c": "gamma"})
	for _, dir := range []string{"f", ""} {
		for _, format := range formats {
			var asked []string
			got := pack(t, &Archive{Format: format, Withheld: func(path string) bool {
				asked = append(asked, path)
				return strings.HasSuffix(path, "sub/b")
			}}, root, dir)
			want := []string{"f/a", "f/sub/b", "f/sub/c"}
			if dir != "" {
				want = []string{"a", "sub/b", "sub/c"}
			}
			if !slices.Equal(asked, want) {
				t.Errorf("%v of %q: asked for %q, want %q", format, dir, asked, want)
			}
			for name, text := range got {
				if strings.HasSuffix(name, "/b") || text == "beta" {
					t.Errorf("%v of %q: %q is in the archive", format, dir, name)
				}
			}
			if len(got) < 4 {
				t.Errorf("%v of %q: %q", format, dir, got)
			}
		}
	}
}

// What cannot be read is left out, and the operator is told. Root reads everything,
// so a link of /proc stands for it.
func TestUnreadableIsLeftOut(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EACCES, unix.EIO, unix.ESTALE, unix.ENOENT, unix.EXDEV, unix.EMFILE, unix.ENOMEM} {
		var told []error
		w := &walk{making{Archive: &Archive{Path: "/f/", Skipped: func(err error) { told = append(told, err) }}}}
		err := w.leaveOut("a/b", errno)
		fails := errno == unix.EMFILE || errno == unix.ENOMEM
		missed := errno == unix.EACCES || errno == unix.EIO || errno == unix.ESTALE
		if (err != nil) != fails || (len(told) > 0) != missed {
			t.Errorf("%v: %v, told %v", errno, err, told)
		}
		if missed && (!errors.Is(told[0], errno) || !strings.Contains(told[0].Error(), "a/b")) {
			t.Errorf("%v: told %v", errno, told)
		}
	}
	told := 0
	w := &walk{making{Archive: &Archive{Skipped: func(error) { told++ }}}}
	for range 3 * maxSkipped {
		_ = w.leaveOut("a", unix.EACCES)
	}
	if told != maxSkipped {
		t.Errorf("told of %d entries, want %d", told, maxSkipped)
	}
}

// changing is a sink whose file changes once its first bytes are written.
type changing struct {
	sink
	change func()
}

func (c *changing) write(b []byte) error {
	if c.change != nil {
		c.change()
		c.change = nil
	}
	return c.sink.write(b)
}

// A file that grows meanwhile is as long as it was. One that shrinks ends a tar,
// whose header has promised its size, and is shorter in a zip.
func TestFileChangesMeanwhile(t *testing.T) {
	const size = 3 * bufferSize
	for _, format := range formats {
		for _, becomes := range []int64{0, 1, bufferSize, size - 1, size + 1, 10 * size} {
			root := tree(t, map[string]string{"f/a": strings.Repeat("a", size), "f/b": "after"})
			a := &Archive{Format: format, Root: root, Dir: "f", Path: "/f/"}
			var b bytes.Buffer
			r, err := a.openRoot()
			if err != nil {
				t.Fatal(err)
			}
			out, err := a.open(&b)
			if err != nil {
				t.Fatal(err)
			}
			w := walk{making{Archive: a, root: r, buffer: make([]byte, bufferSize), out: &changing{out, func() { _ = os.Truncate(root+"/f/a", becomes) }}}}
			err = w.top()
			r.Close()
			if shrinks := becomes < size; format != site.Zip && shrinks {
				if !errors.Is(err, errShrunk) {
					t.Errorf("%v to %d: %v, want %v", format, becomes, err, errShrunk)
				}
				continue
			}
			if err = errors.Join(err, w.out.close()); err != nil {
				t.Fatal(err)
			}
			got := unpack(t, format, b.Bytes())
			if n := int64(len(got["f/a"])); n != min(size, max(becomes, bufferSize)) || got["f/b"] != "after" {
				t.Errorf("%v to %d: %d bytes, then %q", format, becomes, n, got["f/b"])
			}
		}
	}
}

// Files of /proc have no size, but content.
func TestFileWithoutSize(t *testing.T) {
	for _, format := range formats {
		got := pack(t, &Archive{Format: format}, "/proc/self", "net")
		if len(got["f/dev"]) == 0 {
			t.Errorf("%v: f/dev is empty among %d entries", format, len(got))
		}
	}
}

type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, unix.EPIPE
	}
	return len(b), nil
}

// An archive ends with its client, and when it is told to, also within one file.
func TestArchiveEndsWithItsClient(t *testing.T) {
	root := tree(t, map[string]string{"f/a": "alpha", "f/b": "beta"})
	if err := os.Truncate(root+"/f/a", 1<<40); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("gone")
	for _, format := range formats {
		for _, left := range []int{0, 1, 5000} {
			if err := (&Archive{Format: format, Root: root, Dir: "f", Path: "/f/"}).Write(&failing{left}); !errors.Is(err, unix.EPIPE) {
				t.Errorf("%v: %v, want EPIPE", format, err)
			}
		}
		calls := 0
		err := (&Archive{Format: format, Root: root, Dir: "f", Path: "/f/", Working: func() error {
			if calls++; calls > 3 {
				return gone
			}
			return nil
		}}).Write(io.Discard)
		if !errors.Is(err, gone) {
			t.Errorf("%v: %v, want %v", format, err, gone)
		}
	}
}

// A folder that is not there is an error before anything is written.
func TestFolderThatIsNotThere(t *testing.T) {
	root := tree(t, map[string]string{"f/a": ""})
	for dir, want := range map[string]error{"g": unix.ENOENT, "f/a": unix.ENOTDIR} {
		var b bytes.Buffer
		if err := (&Archive{Root: root, Dir: dir, Path: "/g/"}).Write(&b); !errors.Is(err, want) || b.Len() > 0 {
			t.Errorf("%s: %v after %d bytes, want %v", dir, err, b.Len(), want)
		}
	}
}

// Memory is asked for, and ends the archive when there is none. A tar needs none that
// grows with it; of a zip the index does.
func TestReserve(t *testing.T) {
	entries := map[string]string{}
	for i := range 20 {
		for j := range 50 {
			entries[fmt.Sprintf("f/%d/file-%d", i, j)] = ""
		}
	}
	root := tree(t, entries)
	for _, format := range formats {
		now, most, limit := 0, 0, math.MaxInt
		a := &Archive{Format: format, Root: root, Dir: "f", Path: "/f/", Reserve: func(n int) error {
			if now+n > limit {
				return unix.ENOMEM
			}
			now += n
			most = max(most, now)
			return nil
		}}
		if err := a.Write(io.Discard); err != nil {
			t.Fatal(err)
		}
		if format != site.Zip && (now != 0 || most > 8000) || format == site.Zip && now < 1000*400 {
			t.Errorf("%v: %d bytes in the end, %d at most", format, now, most)
		}
		now, limit = 0, most/2
		if err := a.Write(io.Discard); !errors.Is(err, unix.ENOMEM) {
			t.Errorf("%v: %v, want ENOMEM", format, err)
		}
	}
}

// A tree that is deeper than a path can be long is written as far as clients could
// name it.
func TestDeepTree(t *testing.T) {
	root := t.TempDir()
	fd, err := unix.Open(root, unix.O_PATH, 0)
	for i := 0; i < 3000 && err == nil; i++ {
		if err = unix.Mkdirat(fd, "d", 0o755); err == nil {
			var next int
			next, err = unix.Openat(fd, "d", unix.O_PATH, 0)
			_ = unix.Close(fd)
			fd = next
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(fd)
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	got := pack(t, &Archive{Format: site.TarZst}, root, "d")
	if n := len(got); n < 2000 || n > 2050 {
		t.Errorf("%d folders", n)
	}
}

// Times that a format cannot write become the nearest that it can.
func TestTimes(t *testing.T) {
	root := tree(t, map[string]string{"f/old": "", "f/new": ""})
	old, late := time.Unix(-1e10, 0), time.Unix(1e11, 0)
	if err := errors.Join(os.Chtimes(root+"/f/old", old, old), os.Chtimes(root+"/f/new", late, late)); err != nil {
		t.Fatal(err)
	}
	for _, format := range formats {
		if got := pack(t, &Archive{Format: format}, root, "f"); len(got) != 3 {
			t.Errorf("%v: %q", format, got)
		}
	}
}
