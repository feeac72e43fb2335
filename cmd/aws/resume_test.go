// Transfers that are cut off in the middle and then resumed.

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"aws/backend/backendtest/children"
)

// resumers are tools that continue a file where they stopped, with their
// arguments.
var resumers = map[string][]string{
	"wget": {"--no-proxy", "--quiet", "--tries=1", "--continue", "--output-document"},
	"curl": {"--noproxy", "*", "--silent", "--show-error", "--fail", "--continue-at", "-", "--output"},
}

// A client that is cut off in the middle gets the rest later, and then has the
// file: no matter whether the client was killed or the server.
func TestResume(t *testing.T) {
	needs(t, "wget", "curl")
	eachBackend(t, func(t *testing.T, w way) {
		for tool := range resumers {
			t.Run(tool, func(t *testing.T) {
				t.Parallel()
				s := start(t, w, fixture)
				for _, tree := range trees {
					s.wantResumed(t, tool, tree, func(client *children.Cmd) { _ = client.Kill() })
				}
				for _, tree := range trees {
					s.wantResumed(t, tool, tree, func(*children.Cmd) {
						addr := s.addrs[0]
						s.kill()
						s = start(t, w, fixture, "--listen="+addr)
					})
				}
			})
		}
	})
}

// wantResumed lets a tool fetch the large file, cuts it off on the way, and lets
// the tool continue.
func (s *server) wantResumed(t *testing.T, tool, tree string, cutOff func(client *children.Cmd)) {
	t.Helper()
	url := s.url(tree + large) // it stays the same when another server serves it
	var args []string
	var file string
	for rate := 8 << 20; ; rate /= 4 { // until the tool is slow enough to be cut off in time
		file = filepath.Join(t.TempDir(), large)
		args = slices.Concat(resumers[tool], []string{file, url})
		size, err := cutShort(t, file, cutOff, tool, append(args, "--limit-rate", fmt.Sprint(rate))...)
		if err != nil && size < len(contents[large]) {
			break
		}
		t.Logf("%s %s at %d bytes/s was too fast to be cut off", tool, url, rate)
	}
	outputOf(t, tool, args...)
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	if got, err := digestOf(f); err != nil || got != wanted(large) {
		t.Errorf("%s %s: %d bytes, hash %x, %v; not the file", tool, url, got.size, got.hash, err)
	}
}

// cutShort runs a tool that writes a file and cuts it off once the file has a
// megabyte. It returns the file's size, and how the tool ended.
func cutShort(t *testing.T, file string, cutOff func(client *children.Cmd), tool string, args ...string) (int, error) {
	t.Helper()
	client := children.Command(t, tool, args...)
	must(t, client.Start())
	size := func() int {
		info, err := os.Stat(file)
		if err != nil {
			return 0
		}
		return int(info.Size())
	}
	children.Eventually(t, "the file's first megabyte", func() bool { return size() > 1<<20 })
	cutOff(client)
	err := client.Wait()
	return size(), err
}
