// Entries: which of them are listed, and with what.

package listing

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/httpx/httpxtest"
)

// Only entries that the server would send are listed, .well-known among them
// (RFC 8615).
func TestOnlyServedEntriesAreListed(t *testing.T) {
	dir := httpxtest.LinkedTree(t)
	if err := errors.Join(unix.Mkfifo(dir+"/a/fifo", 0o644), unix.Mknod(dir+"/a/socket", unix.S_IFSOCK|0o644, 0),
		os.Symlink("fifo", dir+"/a/tofifo"), os.Mkdir(dir+"/a/.well-known", 0o755), os.Mkdir(dir+"/a/.git", 0o755)); err != nil {
		t.Fatal(err)
	}
	served := []string{".well-known/", "absdir/", "abstop/", "dir/", "top/", "abs", "abschain", "absround", "back", "far", "file", "near", "round"}
	got := names(t, render(t, &Listing{Root: dir, Dir: "a"}, dir+"/a"))
	slices.Sort(got)
	want := slices.Sorted(slices.Values(served))
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	page := render(t, &Listing{Root: dir, Dir: "a", Dotfiles: true}, dir+"/a")
	if !slices.Contains(names(t, page), ".git/") || !strings.Contains(page, `class="folder link" href="./dir/"`) {
		t.Errorf("no hidden folder, or no link, in\n%s", page)
	}
	got = names(t, render(t, &Listing{}, dir+"/a")) // links may not leave the folder
	if want := []string{".well-known/", "file", "near"}; !slices.Equal(got, want) {
		t.Errorf("without a root: %q, want %q", got, want)
	}
}

// On file systems that do not say what an entry is (DT_UNKNOWN), each is looked
// at.
func TestUnknownKindsAreLookedAt(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir, "file")
	if err := errors.Join(os.Mkdir(dir+"/folder", 0o755), unix.Mkfifo(dir+"/fifo", 0o644)); err != nil {
		t.Fatal(err)
	}
	folder, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	c := &contents{fd: int(folder.Fd())}
	for _, name := range []string{"file", "folder", "fifo", "none"} {
		if err := c.add([]byte(name), unix.DT_UNKNOWN); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.entries) != 2 || c.entries[0].has(isFolder) || !c.entries[1].has(isFolder) ||
		string(c.name(&c.entries[0])) != "file" || string(c.name(&c.entries[1])) != "folder" || c.named != len("filefolder") {
		t.Errorf("%+v of %q", c.entries, c.chunks)
	}
}

// Whatever the file system says, the year has four digits (RFC 3339 §5.6).
func TestTimesHaveYearsOfFourDigits(t *testing.T) {
	for second, want := range map[int64]string{
		0:             "1970-01-01T00:00:00Z",
		-1:            "1969-12-31T23:59:59Z",
		math.MinInt64: "0001-01-01T00:00:00Z",
		math.MaxInt64: "9999-12-31T23:59:59Z",
	} {
		var e entry
		var r row
		e.take(&unix.Statx_t{Mode: unix.S_IFREG, Mtime: unix.StatxTimestamp{Sec: second}}, &r)
		if got := time.Unix(r.modified, 0).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%d is %s, want %s", second, got, want)
		}
	}
}

func TestEntryIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(entry{}); n != 8 {
		t.Errorf("an entry takes %d bytes, want 8", n)
	}
}
