package listing

import (
	"bytes"
	"encoding/json"
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
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
)

// oddNames are names that a careless page would lead astray.
var oddNames = []string{
	"a", "a b", " ", "  two  spaces ", "a:b", "javascript:alert(1)", "http:", "data:,x",
	"<script>alert(1)", "<td>", "-->", "a&b", "&amp;", "&lt;", "\"quoted\"", "it's", "`", "{{path}}",
	"100%", "%41", "%2e%2e", "%2F", "a?b=c", "a#b", "a\\b", "a;b", "a+b", "~a", "-rf", "*", "[a]", "a|b", "^",
	"new\nline", "\r\n", "tab\t", "\x01", "\x1b[31m", "\x7f", "...", "..a", "..;",
	"\u00e4\u00f6\u00fc", "\u6f22\u5b57", "\U0001f600", "\u0085", "\u202egpj.exe", "\u2066a", "\u2028", "\ufeff", "\ufffe", "\ufffd",
	"\xff", "\xc3", "a\xfe\xffb", "\xed\xa0\x80", "\xc0\xae\xc0\xae", strings.Repeat("n", 255), strings.Repeat("\xff", 255),
}

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
	return l.writeUpTo(limit, w, folder)
}

func render(t testing.TB, l *Listing, dir string) string {
	t.Helper()
	var b bytes.Buffer
	if err := listInto(&b, l, dir, maxListed); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var rowPattern = regexp.MustCompile(`<tr><td><a(?: class="([a-z ]*)")? href="([^"]*)">([^<]*)</a></td><td[^>]*>([^<]*)</td>`)

// rows takes classes, links, texts and sizes out of a page.
func rows(page string) (all [][]string) {
	for _, m := range rowPattern.FindAllStringSubmatch(page, -1) {
		all = append(all, m[1:])
	}
	return all
}

// follow resolves a reference of a page (RFC 3986 §5.2), as a browser does,
// and takes the folder's path off.
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

// names are the entries that a page has, as its links name them.
func names(t testing.TB, page string) (all []string) {
	for _, row := range rows(page) {
		if row[0] != "up" {
			all = append(all, follow(t, "/f/", row[1]))
		}
	}
	return all
}

func touch(t testing.TB, dir string, files ...string) {
	t.Helper()
	for _, name := range files {
		if err := os.WriteFile(dir+"/"+name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Every name leads back to its file, from the page and from JSON, and none
// writes markup.
func TestListingNames(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir, oddNames...)
	want := slices.Sorted(slices.Values(oddNames))
	l := &Listing{Dotfiles: true}
	page := render(t, l, dir)
	if got := slices.Sorted(slices.Values(names(t, page))); !slices.Equal(got, want) {
		t.Errorf("the page leads to %q, want %q", got, want)
	}
	if strings.Contains(page, "<script") || strings.Count(page, "<td") != 3*len(oddNames)+3 {
		t.Error("a name has written markup")
	}
	if i := strings.IndexFunc(page, func(r rune) bool { return r < ' ' && r != '\n' || misleads(r) && r >= 0x7f }); i >= 0 {
		t.Errorf("%q is in the page", page[i:i+8])
	}
	l.JSON = true
	var got []string
	for _, e := range decodeJSON(t, render(t, l, dir)).Entries {
		got = append(got, follow(t, "/f/", e.Href))
		if e.Name != strings.ToValidUTF8(e.Name, "") || !strings.ContainsRune(e.Name, '\ufffd') && e.Name != got[len(got)-1] {
			t.Errorf("%q is named %q", got[len(got)-1], e.Name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("JSON leads to %q, want %q", got, want)
	}
}

func TestAppendHref(t *testing.T) {
	for _, c := range []struct {
		name   string
		folder bool
		want   string
	}{
		{"a", false, "./a"},
		{"a", true, "./a/"},
		{"a:b", false, "./a:b"}, // RFC 3986 §4.2
		{"a b?#%", false, "./a%20b%3F%23%25"},
		{"&'\"<", false, "./%26%27%22%3C"},
		{"~-._!$()*+,;=@", false, "./~-._!$()*+,;=@"}, // pchar: RFC 3986 §3.3
		{"\xff\n", false, "./%FF%0A"},
	} {
		if got := string(appendHref(nil, []byte(c.name), c.folder)); got != c.want {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAppendText(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"a b":              "a b",
		"<&>\"'":           "&lt;&amp;&gt;&#34;&#39;",
		"\x00\n\x1f":       "\u2400\u240a\u241f",
		"\x7f\u0085":       "\u2421\ufffd",
		"\xff\xc3":         "\ufffd\ufffd",
		"a\u202eb":         "a\ufffdb",
		"\u05d0\u200d":     "\u05d0\u200d", // joiners are part of scripts
		"\ufffe\ufdd0":     "\ufffd\ufffd",
		"\U0001f600\u00e4": "\U0001f600\u00e4",
	} {
		if got := string(appendText(nil, []byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzListingName(f *testing.F) {
	for _, name := range oddNames {
		f.Add([]byte(name))
	}
	f.Fuzz(func(t *testing.T, name []byte) {
		if len(name) == 0 || bytes.ContainsAny(name, "/\x00") || string(name) == "." || string(name) == ".." {
			return // no name of a file
		}
		href := appendHref(nil, name, false)
		if got := follow(t, "/f/", string(href)); got != string(name) {
			t.Fatalf("%q leads to %q", href, got)
		}
		if bytes.ContainsAny(href, "\"'<>& ") {
			t.Fatalf("%q needs escaping", href)
		}
		text := appendText(nil, name)
		if bytes.ContainsAny(text, "<>\"'\n") || html.UnescapeString(string(text)) != strings.ToValidUTF8(html.UnescapeString(string(text)), "") {
			t.Fatalf("%q as text is %q", name, text)
		}
	})
}

// decoded is a listing as a program reads it.
type decoded struct {
	Path    string
	Entries []struct {
		Name, Type, Href string
		Link             bool
		Size             *int64
		Modified         time.Time
	}
	Truncated bool
}

func decodeJSON(t testing.TB, text string) (d decoded) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if d.Entries == nil {
		t.Errorf("entries are no array: %s", text)
	}
	return d
}

func TestListingJSON(t *testing.T) {
	dir := t.TempDir()
	if got, want := render(t, &Listing{JSON: true}, dir), "{\"path\":\"/f/\",\"entries\":[\n]}\n"; got != want {
		t.Errorf("an empty folder is %q, want %q", got, want)
	}
	modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := errors.Join(os.WriteFile(dir+"/b", []byte("12345"), 0o644), os.Mkdir(dir+"/d", 0o755),
		os.Symlink("b", dir+"/a"), os.Chtimes(dir+"/b", modified, modified), os.Chtimes(dir+"/d", modified, modified)); err != nil {
		t.Fatal(err)
	}
	want := `{"path":"/f/","entries":[
{"name":"d","type":"directory","modified":"2026-01-02T03:04:05Z","href":"./d/"},
{"name":"a","type":"file","link":true,"size":5,"modified":"2026-01-02T03:04:05Z","href":"./a"},
{"name":"b","type":"file","size":5,"modified":"2026-01-02T03:04:05Z","href":"./b"}
]}
`
	if got := render(t, &Listing{JSON: true}, dir); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Only what a request would be answered with is listed: RFC 8615 for
// .well-known.
func TestListingKinds(t *testing.T) {
	dir := httpxtest.LinkedTree(t)
	if err := errors.Join(unix.Mkfifo(dir+"/a/fifo", 0o644), unix.Mknod(dir+"/a/socket", unix.S_IFSOCK|0o644, 0),
		os.Symlink("fifo", dir+"/a/tofifo"), os.Mkdir(dir+"/a/.well-known", 0o755), os.Mkdir(dir+"/a/.git", 0o755)); err != nil {
		t.Fatal(err)
	}
	served := []string{".well-known/", "dir/", "top/", "far", "file", "near", "round"}
	for _, way := range []string{"openat2, if there is", "walk"} {
		r, err := files.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		if way == "walk" {
			if err := r.Walk(dir); err != nil {
				t.Fatal(err)
			}
		}
		got := names(t, render(t, &Listing{Root: r, Dir: "a"}, dir+"/a"))
		slices.Sort(got)
		want := slices.Sorted(slices.Values(served))
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", way, got, want)
		}
		page := render(t, &Listing{Root: r, Dir: "a", Dotfiles: true}, dir+"/a")
		if !slices.Contains(names(t, page), ".git/") || !strings.Contains(page, `class="folder link" href="./dir/"`) {
			t.Errorf("%s: no hidden folder, or no link, in\n%s", way, page)
		}
	}
	got := names(t, render(t, &Listing{}, dir+"/a")) // links may not leave the folder
	if want := []string{".well-known/", "file", "near"}; !slices.Equal(got, want) {
		t.Errorf("without a root: %q, want %q", got, want)
	}
}

// File systems that do not tell kinds (DT_UNKNOWN) are asked, name by name.
func TestListingUnknownKinds(t *testing.T) {
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
	if len(c.entries) != 2 || c.entries[0].has(isFolder) || !c.entries[1].has(isFolder) || string(c.names) != "filefolder" {
		t.Errorf("%+v of %q", c.entries, c.names)
	}
}

// Whatever a file system says, a time has a year of four digits (RFC 3339
// §5.6).
func TestListingTimes(t *testing.T) {
	for second, want := range map[int64]string{
		0:             "1970-01-01T00:00:00Z",
		-1:            "1969-12-31T23:59:59Z",
		math.MinInt64: "0001-01-01T00:00:00Z",
		math.MaxInt64: "9999-12-31T23:59:59Z",
	} {
		e := entry{}
		e.take(&unix.Statx_t{Mode: unix.S_IFREG, Mtime: unix.StatxTimestamp{Sec: second}})
		if got := time.Unix(e.modified, 0).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%d is %s, want %s", second, got, want)
		}
	}
}

func TestListingEntrySize(t *testing.T) {
	if n := unsafe.Sizeof(entry{}); n != 24 {
		t.Errorf("an entry takes %d bytes, want 24", n)
	}
}

// What comes and goes while a folder is listed.
func TestListingChanges(t *testing.T) {
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
		l := &Listing{Path: "/f/", Order: Order{by: by}}
		err := l.Write(writerFunc(func(p []byte) (int, error) {
			if b.Len() == 0 { // the head: the names are read, and nothing else
				if err := errors.Join(os.Remove(dir+"/gone"), os.Remove(dir+"/swapped"), os.Symlink("/etc/passwd", dir+"/swapped")); err != nil {
					return 0, err
				}
			}
			return b.Write(p)
		}), folder)
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
	if err := (&Listing{Path: "/f/"}).Write(&b, folder); !errors.Is(err, fs.ErrNotExist) || b.Len() > 0 {
		t.Errorf("a deleted folder: %v, with %d bytes written", err, b.Len())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A client that goes away ends its listing with the piece that fails.
func TestListingClientGone(t *testing.T) {
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

// A folder above the limit is cut off, and says so.
func TestListingLimit(t *testing.T) {
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

// manyFiles makes a folder with n empty files. Links to one are made faster
// than files.
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

// A large folder costs little memory, however long its page is, and the head
// of the page leaves in a piece of its own.
func TestListingMemory(t *testing.T) {
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
	}), &Listing{}, dir, maxListed)
	if err != nil {
		t.Fatal(err)
	}
	if written < 100*n {
		t.Errorf("%d bytes are no listing of %d entries", written, n)
	}
	if used := int64(most) - int64(before.HeapAlloc); used > bound {
		t.Errorf("%d bytes in use for %d entries, want at most %d", used, n, bound)
	}
}

func BenchmarkListing(b *testing.B) {
	dir := manyFiles(b, 100_000)
	for _, l := range []Listing{
		{}, {Order: Order{by: bySize}}, {Order: Order{by: byModified, descending: true}}, {JSON: true},
	} {
		name := "html/" + l.Order.String()
		if l.JSON {
			name = "json/" + l.Order.String()
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

func TestAppendSize(t *testing.T) {
	for size, want := range map[int64]string{
		0: "0 B", 1: "1 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1023 << 10: "1023.0 KiB",
		1<<20 - 1: "1.0 MiB", 1 << 20: "1.0 MiB", 1<<30 - 1: "1.0 GiB", 5 << 40: "5.0 TiB", math.MaxInt64: "8.0 EiB",
	} {
		if got := string(appendSize(nil, size)); got != want {
			t.Errorf("%d: %q, want %q", size, got, want)
		}
	}
}

func TestAppendGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567"} {
		if got := string(appendGrouped(nil, n)); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
