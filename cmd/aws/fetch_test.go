package main_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fetchers are tools that fetch, each with the command that writes the body of
// a path, or with nc the whole answer, to stdout.
var fetchers = map[string]func(s *server, path string) *exec.Cmd{
	"wget": func(s *server, path string) *exec.Cmd {
		return exec.Command("wget", "--no-proxy", "--quiet", "--tries=1", "--output-document=-", s.url(path))
	},
	"curl": func(s *server, path string) *exec.Cmd {
		return exec.Command("curl", "--noproxy", "*", "--silent", "--show-error", "--fail", s.url(path))
	},
	"nc": func(s *server, path string) *exec.Cmd {
		host, port, _ := net.SplitHostPort(s.addrs[0])
		cmd := exec.Command("nc", "-N", host, port) // -N: shuts its side down after the request
		cmd.Stdin = strings.NewReader("GET " + path + " HTTP/1.0\r\n\r\n")
		return cmd
	},
}

// fetch fetches a path with a tool.
func (s *server) fetch(tool, path string) (digest, error) {
	cmd := fetchers[tool](s, path)
	var complaint output
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
	got, err := s.fetch(tool, tree+name)
	if want := wanted(name); err != nil || got != want {
		t.Errorf("%s %s%s: %d bytes, hash %x, %v; want %d, %x", tool, tree, name,
			got.size, got.hash[:4], err, want.size, want.hash[:4])
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

// More bytes than 32 bits count, in constant memory.
func TestFetchSparse(t *testing.T) {
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

// What is served is what the file holds now, however it came to change.
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

// A file that becomes shorter while it is sent ends the connection: nothing
// else can tell the client.
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
