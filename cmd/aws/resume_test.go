// Transfers that are cut off in the middle, and gone on with by wget and curl.

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// resumers are tools that go on with a file where they have stopped: at once,
// or so slowly that they can be stopped on the way.
var resumers = map[string]struct{ fast, slow []string }{
	"wget": {
		[]string{"--no-proxy", "--quiet", "--tries=1", "--continue", "--output-document"},
		[]string{"--limit-rate=8m"},
	},
	"curl": {
		[]string{"--noproxy", "*", "--silent", "--show-error", "--fail", "--continue-at", "-", "--output"},
		[]string{"--limit-rate", "8M"},
	},
}

// Who is cut off in the middle gets the rest, and the whole is the file:
// whether the client was killed or the server.
func TestResume(t *testing.T) {
	needs(t, "wget", "curl")
	eachBackend(t, func(t *testing.T, w way) {
		for tool := range resumers {
			t.Run(tool, func(t *testing.T) {
				t.Parallel()
				s := start(t, w, fixture)
				s.wantResumed(t, tool, "/static/", func(client *exec.Cmd) { _ = client.Process.Kill() })
				s.wantResumed(t, tool, "/dynamic/", func(client *exec.Cmd) { _ = client.Process.Kill() })
				for _, tree := range trees {
					s.wantResumed(t, tool, tree, func(*exec.Cmd) {
						addr := s.addrs[0]
						s.kill()
						s = start(t, w, fixture, "--listen="+addr)
					})
				}
			})
		}
	})
}

// wantResumed has a tool fetch the large file, does something to cut it off on
// the way, and has the tool go on.
func (s *server) wantResumed(t *testing.T, tool, tree string, cutOff func(client *exec.Cmd)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), large)
	url := s.url(tree + large) // it stays the same when another server serves it
	args := slices.Concat(resumers[tool].fast, []string{file, url})
	client := exec.Command(tool, slices.Concat(resumers[tool].slow, args)...)
	must(t, client.Start())
	size := func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	eventually(t, "the file's first megabyte", func() bool { return size() > 1<<20 })
	cutOff(client)
	if err := client.Wait(); err == nil || size() == int64(len(contents[large])) {
		t.Fatalf("%s %s was to be cut off, and has %d bytes", tool, url, size())
	}
	outputOf(t, tool, args...)
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	if got, err := digestOf(f); err != nil || got != wanted(large) {
		t.Errorf("%s %s: %d bytes, hash %x, %v; not the file", tool, url, got.size, got.hash[:4], err)
	}
}
