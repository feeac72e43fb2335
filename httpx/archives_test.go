package httpx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aws/httpx/httpxtest"
	"aws/httpx/httpxtest/slowfs"
	"aws/httpx/site"
)

// An archive that gets on is not ended, although for many stall timeouts nothing of it
// is ready to be sent: so it is with small files on a slow file system. If that
// does not answer for one stall timeout, the archive is refused.
func TestArchiveOfSlowFileSystem(t *testing.T) {
	if !httpxtest.OwnMounts(t) {
		return
	}
	const files = 12
	for _, dead := range []bool{false, true} {
		t.Run(fmt.Sprint("dead ", dead), func(t *testing.T) {
			root := httpxtest.Tree(t, map[string]int{"static/a": 1})
			mnt := filepath.Join(root, "static/mnt")
			if err := os.Mkdir(mnt, 0o755); err != nil {
				t.Fatal(err)
			}
			content := map[string][]byte{}
			for i := range files {
				content[fmt.Sprint(i)] = httpxtest.Content(fmt.Sprint(i), 100)
			}
			remote := slowfs.Mount(t, mnt, 0, content)
			h := setup{root: root, adjust: func(c *Config) {
				c.StallTimeout = time.Second
				c.Sites[0].Autoindex, c.Sites[0].Archives = true, []site.Archive{site.Zip}
			}}.open(t)
			remote.Stall(slowfs.Open)
			begun := h.sim.Now()
			c := h.dial(get("/static/?archive=zip"))
			for range files {
				h.until("the next file to be opened", func() bool { return remote.Waiting() > 0 })
				asked := h.sim.Now()
				if dead {
					if a := h.response(c); a.status != 503 {
						t.Errorf("status %d", a.status)
					}
					break
				}
				h.until("most of a stall timeout to pass", func() bool { return h.sim.Now()-asked > 700*time.Millisecond })
				remote.Pass()
			}
			if !dead {
				wantZip(t, h.response(c), "static/a", content)
				if took := h.sim.Now() - begun; took < 5*time.Second {
					t.Errorf("the archive took %v", took)
				}
			}
			remote.Resume()
			h.end()
		})
	}
}

// wantZip wants an archive of a file, and of the folder mnt with these beside it.
func wantZip(t *testing.T, a parsedResponse, file string, mnt map[string][]byte) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil || a.status != 200 {
		t.Fatalf("status %d, %d bytes: %v", a.status, len(a.body), err)
	}
	if _, err := r.Open(file); err != nil {
		t.Error(err)
	}
	for name, want := range mnt {
		got, err := r.Open("static/mnt/" + name)
		if err != nil {
			t.Error(err)
			continue
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(got); err != nil || !bytes.Equal(text.Bytes(), want) {
			t.Errorf("%s: %d bytes, %v", name, text.Len(), err)
		}
	}
}
