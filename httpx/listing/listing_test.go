// Whole listings: how they are written while the folder changes, grows, or the
// client leaves. The other tests write listings with the functions here.

package listing

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/httpx/message"
)

// listInto writes a listing of dir to w.
func listInto(w io.Writer, l *Listing, dir string, limit int) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	if l.Path == "" {
		l.Path = "/f/"
	}
	return l.writeUpTo(limit, w, int(folder.Fd()))
}

// render returns a listing of dir.
func render(t testing.TB, l *Listing, dir string) string {
	t.Helper()
	var b bytes.Buffer
	if err := listInto(&b, l, dir, maxListed); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var rowPattern = regexp.MustCompile(`<tr><td><a(?: class="([a-z ]*)")? href="([^"]*)">([^<]*)</a></td><td[^>]*>([^<]*)</td>`)

// rows returns the class, link, text and size of each row of a page.
func rows(page string) (all [][]string) {
	for _, m := range rowPattern.FindAllStringSubmatch(page, -1) {
		all = append(all, m[1:])
	}
	return all
}

// follow resolves a reference as a browser does (RFC 3986 §5.2), and returns the
// path from the folder.
func follow(t testing.TB, page, href string) string {
	t.Helper()
	base := &url.URL{Scheme: "http", Host: "a", Path: page}
	ref, err := base.Parse(html.UnescapeString(href))
	if err != nil {
		t.Fatalf("%q: %v", href, err)
	}
	clean, status := message.CleanPath(make([]byte, len(ref.EscapedPath())), []byte(ref.EscapedPath()))
	name, below := strings.CutPrefix(string(clean), page)
	if ref.Host != "a" || ref.Scheme != "http" || status != 0 || !below || ref.Path != string(clean) {
		t.Fatalf("%q leads to %q, %q", href, ref, clean)
	}
	return name
}

// names returns the names of the entries that a page links to.
func names(t testing.TB, page string) (all []string) {
	for _, row := range rows(page) {
		if row[0] != "up" {
			all = append(all, follow(t, "/f/", row[1]))
		}
	}
	return all
}

// touch makes empty files in dir.
func touch(t testing.TB, dir string, files ...string) {
	t.Helper()
	for _, name := range files {
		if err := os.WriteFile(dir+"/"+name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Files may vanish or turn into links while their folder is listed.
func TestFolderChangesMeanwhile(t *testing.T) {
	dir := t.TempDir() + "/f"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	touch(t, dir, "gone", "stays", "swapped")
	folder, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for _, by := range []sortKey{byName, bySize, byModified} {
		touch(t, dir, "gone", "swapped")
		var b bytes.Buffer
		l := &Listing{Path: "/f/", Query: Query{Order: Order{by: by}}}
		err := l.Write(writerFunc(func(p []byte) (int, error) {
			if b.Len() == 0 { // the head: the names are read, and nothing else
				if err := errors.Join(os.Remove(dir+"/gone"), os.Remove(dir+"/swapped"), os.Symlink("/etc/passwd", dir+"/swapped")); err != nil {
					return 0, err
				}
			}
			return b.Write(p)
		}), int(folder.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		if got := names(t, b.String()); !slices.Equal(got, []string{"stays"}) {
			t.Errorf("by %s: %q", sortNames[by], got)
		}
		_ = os.Remove(dir + "/swapped")
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (&Listing{Path: "/f/"}).Write(&b, int(folder.Fd())); !errors.Is(err, fs.ErrNotExist) || b.Len() > 0 {
		t.Errorf("a deleted folder: %v, with %d bytes written", err, b.Len())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A client that has gone ends its listing with the first piece that fails.
func TestListingEndsWithItsClient(t *testing.T) {
	dir := manyFiles(t, 2000)
	for _, asJSON := range []bool{false, true} {
		for good := range 4 {
			calls := 0
			err := listInto(writerFunc(func(p []byte) (int, error) {
				if calls++; calls > good {
					return 0, unix.EPIPE
				}
				if len(p) > pieceSize {
					t.Errorf("a piece of %d bytes", len(p))
				}
				return len(p), nil
			}), &Listing{JSON: asJSON}, dir, maxListed)
			if !errors.Is(err, unix.EPIPE) || calls != good+1 {
				t.Errorf("JSON %v: %v after %d calls, want EPIPE after %d", asJSON, err, calls, good+1)
			}
		}
	}
}

// A listing above the limit is cut off, and says so.
func TestLongListingIsCutOff(t *testing.T) {
	dir := manyFiles(t, 12)
	for _, c := range []struct {
		limit, listed int
		truncated     bool
	}{{0, 0, true}, {11, 11, true}, {12, 12, false}, {13, 12, false}} {
		var page, text bytes.Buffer
		if err := errors.Join(listInto(&page, &Listing{}, dir, c.limit), listInto(&text, &Listing{JSON: true}, dir, c.limit)); err != nil {
			t.Fatal(err)
		}
		d := decodeJSON(t, text.String())
		if n := len(names(t, page.String())); n != c.listed || len(d.Entries) != c.listed {
			t.Errorf("limit %d: %d and %d entries, want %d", c.limit, n, len(d.Entries), c.listed)
		}
		if says := strings.Contains(page.String(), "This folder holds more."); says != c.truncated || d.Truncated != c.truncated {
			t.Errorf("limit %d: truncated %v and %v, want %v", c.limit, says, d.Truncated, c.truncated)
		}
	}
}

// manyFiles makes a folder with n empty files: hard links, which are faster to
// make than files.
func manyFiles(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	const perInode = 30000 // ext4 allows 65000
	first := ""
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("file-%d.dat", i))
		if i%perInode == 0 {
			first = path
			touch(t, dir, filepath.Base(path))
		} else if err := os.Link(first, path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A large folder takes little memory, however long its listing is, and the head of
// that is a piece of its own.
func TestLargeFolderTakesLittleMemory(t *testing.T) {
	const n, bound = 100_000, 16 << 20
	dir := manyFiles(t, n)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	written, pieces, most := 0, 0, uint64(0)
	err := listInto(writerFunc(func(p []byte) (int, error) {
		if pieces == 0 && bytes.Contains(p, []byte("file-0.dat")) {
			t.Error("the first piece waited for the entries")
		}
		written += len(p)
		if pieces++; pieces%100 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		return len(p), nil
	}), &Listing{JSON: true}, dir, maxListed)
	if err != nil {
		t.Fatal(err)
	}
	if written < 100*n {
		t.Errorf("%d bytes are too few for a listing of %d entries", written, n)
	}
	if used := int64(most) - int64(before.HeapAlloc); used > bound {
		t.Errorf("%d bytes in use for %d entries, want at most %d", used, n, bound)
	}
}

// A listing asks for all the memory that it takes of a large folder, which is
// little, before it writes anything, and ends with the error that it gets.
func TestReserve(t *testing.T) {
	const n = 100_000
	dir := manyFiles(t, n)
	for _, c := range []struct {
		query    string
		perEntry int
	}{{"", 48}, {"sort=size", 64}} {
		refused := errors.New("no memory")
		asked, limit, written := 0, math.MaxInt, 0
		l := &Listing{Query: ParseQuery([]byte(c.query)), Reserve: func(n int) error {
			if written > 0 {
				t.Error("memory is asked for after something was written")
			}
			if asked += n; asked > limit {
				return refused
			}
			return nil
		}}
		w := writerFunc(func(p []byte) (int, error) { written += len(p); return len(p), nil })
		if err := listInto(w, l, dir, maxListed); err != nil {
			t.Fatal(err)
		}
		t.Logf("%q: %d bytes an entry", c.query, asked/n)
		if asked < 16*n || asked > c.perEntry*n {
			t.Errorf("%q: asked for %d bytes, want at most %d an entry", c.query, asked, c.perEntry)
		}
		asked, limit, written = 0, asked/2, 0
		if err := listInto(w, l, dir, maxListed); !errors.Is(err, refused) || written > 0 {
			t.Errorf("%q: %v after %d bytes, want what Reserve says", c.query, err, written)
		}
	}
}

func BenchmarkListing(b *testing.B) {
	dir := manyFiles(b, 100_000)
	for _, l := range []Listing{
		{}, {Query: Query{Order: Order{by: bySize}}}, {Query: Query{Order: Order{by: byModified, descending: true}}}, {JSON: true},
	} {
		name := "html/" + l.Query.String()
		if l.JSON {
			name = "json/" + l.Query.String()
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := listInto(io.Discard, &l, dir, maxListed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
