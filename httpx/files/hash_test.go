package files

import (
	"crypto/sha256"
	"encoding/base64"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
	"aws/httpx/site"
)

// taggedTable is a table whose entity tags are made of this.
func taggedTable(t *testing.T, etags site.ETags, sizes map[string]int) *table {
	t.Helper()
	f := newTable(t, 16, 0, sizes)
	f.site.ETags = etags
	return f
}

// contentTag is the entity tag of this content.
func contentTag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
}

// tag is the entity tag of a path, once it is known.
func (f *table) tag(path string) string {
	f.t.Helper()
	i := f.take(path)
	defer f.Release(i)
	return string(f.entries[i].Fields.Tag())
}

func TestTagOfMtime(t *testing.T) {
	f := taggedTable(t, site.ETagOfMtime, map[string]int{"static/a": 10, "static/b": 10, "static/a.gz": 10})
	for _, name := range []string{"a", "b", "a.gz"} {
		if err := os.Chtimes(f.root+"/static/"+name, time.Time{}, time.Unix(1, 5)); err != nil {
			t.Fatal(err)
		}
	}
	a := f.tag("/static/a")
	if want := `"a.` + strconv.FormatInt(1e9+5, 36) + `"`; a != want {
		t.Errorf("tag %s, want size and time: %s", a, want)
	}
	if b := f.tag("/static/b"); b != a {
		t.Errorf("tags %s and %s for equal size and time", a, b)
	}
	i := f.take("/static/a")
	gzip, _ := message.CodingOf([]byte("gzip"))
	k := f.look()
	j, status := f.Sidecar(i, gzip, k)
	if status != 0 || string(f.entries[j].Fields.Tag()) == a {
		t.Errorf("the sidecar's tag is that of the original: status %d", status)
	}
	f.Release(i)
	f.Release(j)
	if err := os.Chtimes(f.root+"/static/a", time.Time{}, time.Unix(1, 6)); err != nil {
		t.Fatal(err)
	}
	if next := f.tag("/static/a"); next == a {
		t.Errorf("the tag of another time is %s as well", a)
	}
}

func TestTagOfContent(t *testing.T) {
	f := taggedTable(t, site.ETagOfContent, map[string]int{"static/a": 10, "dynamic/a": 10, "static/empty": 0, "static/none/x": 1})
	want := contentTag(httpxtest.Content("a", 10))
	for _, path := range []string{"/static/a", "/static/a", "/dynamic/a"} {
		if got := f.tag(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := f.tag("/static/empty"); got != contentTag(nil) {
		t.Errorf("empty: %s", got)
	}
	if err := os.Chtimes(f.root+"/static/a", time.Time{}, time.Unix(1, 5)); err != nil {
		t.Fatal(err)
	}
	if got := f.tag("/static/a"); got != want {
		t.Errorf("at another time: %s, want %s", got, want)
	}
	httpxtest.Write(t, f.root+"/static/a", []byte("0123456789"))
	if got := f.tag("/static/a"); got != contentTag([]byte("0123456789")) {
		t.Errorf("rewritten: %s", got)
	}
	for path, want := range map[string]int{"/static/nothing": 404, "/static/none": 301} {
		if _, status := f.try(path); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
}

// A large file has no tag until it is hashed, and keeps its hash in an attribute.
func TestTagOfLargeContent(t *testing.T) {
	const size = smallHashed + 1
	f := taggedTable(t, site.ETagOfContent, map[string]int{"static/a": size})
	want := contentTag(httpxtest.Content("a", size))
	i := f.take("/static/a")
	if e := &f.entries[i]; e.Fields.Tag() != nil || !e.untagged {
		t.Errorf("tag %s at once", e.Fields.Tag())
	}
	f.Release(i)
	f.touch("/static/a") // starts it
	f.quiet()
	if got := f.tag("/static/a"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	fd, err := unix.Open(f.root+"/static/a", unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	id, _ := StatxOpen(fd, new(unix.Statx_t))
	hash := attributeOf(fd, id)
	if !hash.known() {
		backendtest.Missing(t, "this file system has no attributes of users")
	}
	fresh := NewHashes()
	if got := fresh.of(fd, id, direct); got != hash || fresh.get(id) != hash {
		t.Error("the attribute is not used")
	}
	for name, other := range map[string]Identity{
		"size":    {device: id.device, Inode: id.Inode, Size: id.Size + 1, Mtime: id.Mtime, Ctime: id.Ctime},
		"time":    {device: id.device, Inode: id.Inode, Size: id.Size, Mtime: unix.StatxTimestamp{Sec: 1}, Ctime: id.Ctime},
		"change":  {device: id.device, Inode: id.Inode, Size: id.Size, Mtime: id.Mtime, Ctime: unix.StatxTimestamp{Sec: id.Ctime.Sec + 2}},
		"earlier": {device: id.device, Inode: id.Inode, Size: id.Size, Mtime: id.Mtime, Ctime: unix.StatxTimestamp{Sec: id.Ctime.Sec - 1}},
	} {
		if hash := attributeOf(fd, other); hash.known() {
			t.Errorf("the attribute counts for another %s", name)
		}
	}
	for _, text := range []string{"", "1", "2 1 1 1 x", "1 1 1 1 !", strings.Repeat("1 ", 200)} {
		if err := unix.Fsetxattr(fd, attribute, []byte(text), 0); err != nil {
			t.Fatal(err)
		}
		id, _ := StatxOpen(fd, new(unix.Statx_t))
		if hash := attributeOf(fd, id); hash.known() {
			t.Errorf("the attribute %q counts", text)
		}
	}
	if got := f.tag("/static/a"); got != "" && got != want { // another version by now
		t.Errorf("%s, want %s", got, want)
	}
	f.quiet()
}

// A hash is that of one version, or none; and it is given up when nobody wants it.
func TestHashesAreOfOneVersion(t *testing.T) {
	path := httpxtest.Tree(t, map[string]int{"a": 1000}) + "/a"
	fd, err := unix.Open(path, unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	id, _ := StatxOpen(fd, new(unix.Statx_t))
	if hash := read(fd, id, nil); !hash.known() {
		t.Error("no hash")
	}
	stop := &atomic.Bool{}
	stop.Store(true)
	if hash := read(fd, id, stop); hash.known() {
		t.Error("a hash though nobody wants it")
	}
	other := id
	other.Size++
	if hash := read(fd, other, nil); hash.known() {
		t.Error("a hash of a file that has become shorter")
	}
	other = id
	other.Ctime.Nsec++
	if hash := read(fd, other, nil); hash.known() {
		t.Error("a hash of another version")
	}
}

func TestHashesInMemoryAreBounded(t *testing.T) {
	h := NewHashes()
	for n := range maxHashes + 10 {
		h.put(Identity{Inode: uint64(n)}, Hash{1})
		h.put(Identity{Inode: uint64(n)}, Hash{2})
	}
	if len(h.byID) != maxHashes || len(h.ids) != maxHashes || h.get(Identity{Inode: 9}) != (Hash{}) || h.get(Identity{Inode: 10}) != (Hash{2}) {
		t.Errorf("%d hashes by %d keys", len(h.byID), len(h.ids))
	}
}
