// Listings in JSON, as a program reads them.

package listing

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// decoded is a listing in JSON.
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

func TestJSONOfAFolder(t *testing.T) {
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
