package main_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"aws/backend/backendtest/children"
)

// A file that is written to in place while it is sent does not pass for whole:
// through buffers the answer is cut short, and by sendfile the connection ends
// after it. A line of the log says so.
func TestRewrittenWhileItIsSent(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, large, contents[large])
		file := filepath.Join(root, "static", large)
		other := bytes.Repeat([]byte("other"), len(contents[large])/5+1)[:len(contents[large])]
		w.says = []string{large + `" err="the file was written to while it was being sent"`}
		s := start(t, w, root, "--workers=1")
		for i, tree := range trees {
			c := s.dial(t)
			c.send(get(tree + large))
			head := c.head("GET")
			standstill(c.TCPConn, children.Deadline(t))
			f, err := os.OpenFile(file, os.O_WRONLY, 0)
			must(t, err)
			_, err = f.Write([][]byte{other, contents[large]}[i])
			must(t, err)
			must(t, f.Close())
			got, err := io.Copy(io.Discard, head.Body)
			if err == nil && tree == "/dynamic/" {
				t.Errorf("%s: %d bytes, all of them", tree, got)
			}
			if err == nil { // otherwise the page cache has lost a part, which went through a buffer
				c.ends()
			}
			d := s.dial(t)
			d.send(get(tree + large))
			if _, body := d.answer("GET", http.StatusOK); !bytes.Equal(body, [][]byte{other, contents[large]}[i]) {
				t.Errorf("%s: the next answer is not what the file holds now", tree)
			}
		}
	})
}
