package files

import (
	"os"
	"testing"
	"time"

	"aws/httpx/httpxtest"
)

// What changes the content of an open file is noticed, once a turn, and what
// leaves it alone is not.
func TestChangesOfAnOpenFile(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(path string) error
		want   Change
	}{
		{"nothing", func(string) error { return nil }, Same},
		{"delete", os.Remove, Same},
		{"replace", func(path string) error {
			httpxtest.Write(t, path+"~", httpxtest.Content("b", 100))
			return os.Rename(path+"~", path)
		}, Same},
		{"permissions", func(path string) error { return os.Chmod(path, 0o600) }, Same},
		{"rewrite", func(path string) error {
			httpxtest.Write(t, path, httpxtest.Content("b", 100))
			return os.Chtimes(path, time.Time{}, httpxtest.Epoch)
		}, Rewritten},
		{"truncate", func(path string) error { return os.Truncate(path, 99) }, Rewritten},
		{"append", func(path string) error { return os.Truncate(path, 101) }, Grown},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTable(t, 4, 0, map[string]int{"static/a": 100})
			i := f.take("/static/a")
			defer f.Release(i)
			if got := f.Changed(i, Moment{Turn: 1}); got != Same {
				t.Errorf("change %d before there was one", got)
			}
			if err := c.change(f.root + "/static/a"); err != nil {
				t.Fatal(err)
			}
			if got := f.Changed(i, Moment{Turn: 1}); got != Same {
				t.Errorf("change %d, another look in the same turn", got)
			}
			for range 2 {
				if got := f.Changed(i, Moment{Turn: 2}); got != c.want {
					t.Errorf("change %d, want %d", got, c.want)
				}
			}
		})
	}
}
