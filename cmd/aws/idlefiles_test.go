package main_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"aws/backend/backendtest/children"
	"aws/httpx/httpxtest"
)

// What has been deleted does not stay open once no answer uses it, so that its
// space is free and its file system can be unmounted.
func TestDeletedFilesAreClosed(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, idle := range []string{"0", "50ms"} {
			t.Run(idle, func(t *testing.T) {
				root := rootWith(t, large, contents[large])
				for _, name := range []string{"a", "b"} {
					mustPublish(t, root, name, name)
				}
				s := start(t, w, root, "--open-file-idle="+idle, "--workers=1")
				slow := s.dial(t)
				slow.send(get("/dynamic/" + large))
				head := slow.head("GET")
				c := s.dial(t)
				for _, path := range []string{"/static/a", "/dynamic/a", "/static/b"} {
					c.send(get(path))
					c.answer("GET", http.StatusOK)
				}
				must(t, os.RemoveAll(filepath.Join(root, "static")))
				children.Eventually(t, "the end of all but the file in use", func() bool {
					for _, path := range httpxtest.DeletedDescriptors(t, s.pid) {
						if filepath.Base(path) != large {
							return false
						}
					}
					return true
				})
				var body bytes.Buffer
				if _, err := body.ReadFrom(head.Body); err != nil || !bytes.Equal(body.Bytes(), contents[large]) {
					t.Errorf("%d bytes and %v of the file that was deleted while it was sent", body.Len(), err)
				}
				children.Eventually(t, "the end of all deleted files", func() bool {
					return len(httpxtest.DeletedDescriptors(t, s.pid)) == 0
				})
			})
		}
	})
}
