package httpx

import (
	"os"
	"strings"
	"testing"
	"time"

	"aws/httpx/httpxtest"
)

// A file that has been deleted is not kept open for long: it holds its space,
// and its file system. The loop wakes up to close it, and then no more.
func TestDeletedFilesAreClosed(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/a": 1000, "dynamic/b": 1000, "static/long": 3 << 20})
	h := setup{root: root}.open(t)
	deleted := func() (n int) {
		for _, path := range httpxtest.DeletedDescriptors(t, os.Getpid()) {
			if strings.HasPrefix(path, root) {
				n++
			}
		}
		return n
	}
	slow := h.dial(get("/static/long"))
	slow.pace = 0
	h.until("the start of a long response", func() bool { return h.open > 0 && len(h.files.Pinned()) > 0 })
	for _, path := range []string{"/static/a", "/dynamic/b"} {
		c := h.dial(get(path))
		if a := h.response(c); a.status != 200 {
			t.Errorf("%s: status %d", path, a.status)
		}
		c.peer.Close()
		c.over = true
	}
	for _, name := range []string{"/static/a", "/dynamic/b", "/static/long"} {
		if err := os.Remove(root + name); err != nil {
			t.Fatal(err)
		}
	}
	if n := deleted(); n < 3 {
		t.Errorf("%d deleted files are open, want 3 or more", n)
	}
	h.until("the end of those that nobody uses", func() bool { return deleted() == 1 })
	if now := h.sim.Now(); now > 25*time.Second {
		t.Errorf("that took until %v", now)
	}
	slow.pace = everything
	if a := h.response(slow); len(a.body) != 3<<20 {
		t.Errorf("%d bytes of the file that was deleted while it was sent", len(a.body))
	}
	h.end()
	h.until("the end of the last", func() bool { return deleted() == 0 })
	if due := h.timeout(); due >= 0 {
		t.Errorf("the loop wakes up in %v, with nothing left to do", due)
	}
}
