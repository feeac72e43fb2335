package main_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aws/backend/backendtest/children"
)

// fetchers are tools that fetch. Each command writes the body of a path to
// stdout; nc writes the whole answer.
var fetchers = map[string]func(t *testing.T, s *server, path string) *children.Cmd{
	"wget": func(t *testing.T, s *server, path string) *children.Cmd {
		return children.Command(t, "wget", "--no-proxy", "--quiet", "--tries=1", "--output-document=-", s.url(path))
	},
	"curl": func(t *testing.T, s *server, path string) *children.Cmd {
		return children.Command(t, "curl", "--noproxy", "*", "--silent", "--show-error", "--fail", s.url(path))
	},
	"nc": func(t *testing.T, s *server, path string) *children.Cmd {
		host, port, _ := net.SplitHostPort(s.addrs[0])
		cmd := children.Command(t, "nc", "-N", host, port) // -N: shuts its side down after the request
		cmd.Stdin = strings.NewReader("GET " + path + " HTTP/1.0\r\n\r\n")
		return cmd
	},
}

// fetch fetches a path with a tool.
func (s *server) fetch(t *testing.T, tool, path string) (digest, error) {
	cmd := fetchers[tool](t, s, path)
	var complaint children.Output
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return digest{}, err
	}
	if err := cmd.Start(); err != nil {
		return digest{}, err
	}
	body := bufio.NewReader(out)
	if tool == "nc" {
		err = skipHead(body)
	}
	d, readErr := digestOf(body)
	if exit := cmd.Wait(); exit != nil {
		err = errors.Join(exit, errors.New(complaint.String()))
	}
	return d, errors.Join(err, readErr)
}

func skipHead(r *bufio.Reader) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return err
		}
	}
}

// wantFile fetches a file with a tool.
func (s *server) wantFile(t *testing.T, tool, tree, name string) {
	t.Helper()
	got, err := s.fetch(t, tool, tree+name)
	if want := wanted(name); err != nil || got != want {
		t.Errorf("%s %s%s: %d bytes, hash %x, %v; want %d, %x", tool, tree, name,
			got.size, got.hash, err, want.size, want.hash)
	}
}

func TestFetch(t *testing.T) {
	needs(t, "wget", "curl", "nc")
	eachServer(t, func(t *testing.T, s *server) {
		for tool := range fetchers {
			for _, tree := range trees {
				for _, f := range files {
					s.wantFile(t, tool, tree, f.name)
				}
			}
		}
	})
}

func TestFetchFiftyAtOnce(t *testing.T) {
	needs(t, "wget", "curl")
	eachServer(t, func(t *testing.T, s *server) {
		var all sync.WaitGroup
		for i := range 50 {
			tool := []string{"wget", "curl"}[i%2]
			tree := trees[i/2%2]
			name := files[i/4%4].name // up to 2 MiB
			all.Go(func() { s.wantFile(t, tool, tree, name) })
		}
		all.Wait()
	})
}

// A file beyond 4 GiB is served whole, in constant memory.
func TestFetchBeyond4GiB(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture)
		s.wantFile(t, "curl", "/dynamic/", sparse)
		s.wantFile(t, "curl", "/static/", sparse)
		if peak := s.peakMemory(t); peak > 1<<30 {
			t.Errorf("%d bytes of memory in use at the peak", peak)
		}
	})
}

// The server serves what the file holds now, however it has changed.
func TestFetchChanged(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("first"))
		s := start(t, w, root)
		c := s.dial(t)
		file := filepath.Join(root, "static", "a")
		want := func(text string) {
			t.Helper()
			for _, tree := range trees {
				c.send(get(tree + "a"))
				if _, body := c.answer("GET", 200); string(body) != text {
					t.Errorf("%sa holds %q, want %q", tree, body, text)
				}
			}
		}
		want("first")
		write(t, file, "overwritten")
		want("overwritten")
		write(t, file+".new", "replaced")
		must(t, os.Rename(file+".new", file))
		want("replaced")
		must(t, os.Remove(file))
		for _, tree := range trees {
			c.send(get(tree + "a"))
			c.refusal(404)
		}
		write(t, file, "back")
		want("back")
	})
}

// If a file becomes shorter while it is sent, the connection ends: nothing else
// can tell the client.
func TestFetchTruncated(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		w.says = append(w.says, "the file has become shorter while it was being sent")
		for _, tree := range trees {
			root := rootWith(t, "a", contents[large])
			s := start(t, w, root)
			c := s.dial(t)
			c.send(get(tree + "a"))
			if _, err := io.CopyN(io.Discard, c.in, 64<<10); err != nil {
				t.Fatal(err)
			}
			must(t, os.Truncate(filepath.Join(root, "static", "a"), 4096))
			c.breaksOff(int64(len(contents[large])))
		}
	})
}
