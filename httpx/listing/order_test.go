package listing

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCompareNames(t *testing.T) {
	sorted := []string{
		"", " a", "-", "0", "00", "01", "1", "2", "10", "99999999999999999998", "99999999999999999999",
		"1000000000000000000000", "A", "a", "a b", "a-1", "a.b", "a1", "a1b", "a01b1", "a2", "A10", "a10",
		"B", "b", "file 9.txt", "file 10.txt", "Z", "z", "\u00c4", "\u00e4", "\xff",
	}
	for i, a := range sorted {
		for j, b := range sorted {
			got := compareNames([]byte(a), []byte(b))
			if i < j && got >= 0 || i == j && got != 0 || i > j && got <= 0 {
				t.Errorf("%q and %q compare as %d", a, b, got)
			}
		}
	}
}

// Sorting needs a total order: antisymmetric, transitive, and equal only for
// equal names.
func FuzzCompareNames(f *testing.F) {
	f.Add([]byte("a1"), []byte("a01"), []byte("A1b"))
	f.Add([]byte("9"), []byte("10"), []byte("/"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		all := [][]byte{a, b, c}
		slices.SortFunc(all, compareNames)
		for i, x := range all {
			for j, y := range all {
				xy, yx := compareNames(x, y), compareNames(y, x)
				if xy != -yx || (xy == 0) != (string(x) == string(y)) || i < j && xy > 0 {
					t.Fatalf("%q and %q compare as %d, and %d", x, y, xy, yx)
				}
			}
		}
	})
}

// orderedFolder makes files and folders whose orders by name, size and time
// differ.
func orderedFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, c := range map[string]struct{ size, age int }{
		"b": {1, 2}, "C": {3, 3}, "a10": {2, 1}, "a9": {2, 1}, "x/": {0, 2}, "Y/": {0, 1},
	} {
		path := dir + "/" + strings.TrimSuffix(name, "/")
		err := os.Mkdir(path, 0o755)
		if path == dir+"/"+name {
			err = errors.Join(os.Remove(path), os.WriteFile(path, make([]byte, c.size), 0o644))
		}
		modified := time.Unix(int64(1e9-c.age), 0)
		if err = errors.Join(err, os.Chtimes(path, modified, modified)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Folders come first in every order, and equal keys are ordered by name.
func TestFoldersComeFirst(t *testing.T) {
	dir := orderedFolder(t)
	for query, want := range map[string]string{
		"sort=name&order=asc":      "x/ Y/ a9 a10 b C",
		"sort=name&order=desc":     "Y/ x/ C b a10 a9",
		"sort=size&order=asc":      "x/ Y/ b a9 a10 C",
		"sort=size&order=desc":     "x/ Y/ C a9 a10 b",
		"sort=modified&order=asc":  "x/ Y/ C b a9 a10",
		"sort=modified&order=desc": "Y/ x/ a9 a10 b C",
	} {
		l := &Listing{Query: ParseQuery([]byte(query))}
		page := render(t, l, dir)
		if got := strings.Join(names(t, page), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
		l.JSON = true
		var hrefs []string
		for _, e := range decodeJSON(t, render(t, l, dir)).Entries {
			hrefs = append(hrefs, strings.TrimPrefix(e.Href, "./"))
		}
		if got := strings.Join(hrefs, " "); got != want {
			t.Errorf("%s in JSON: %s, want %s", query, got, want)
		}
	}
}
