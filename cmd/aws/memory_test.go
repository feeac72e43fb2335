// Memory: what unread answers cost a server that has little, and what is left of it
// afterwards.

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// confined is the way in a control group with at most limit bytes of memory. Where
// the test may not make one, of either version, the server is told the limit by
// --memory: it then shows that it keeps to it, though nothing would kill it.
func confined(t *testing.T, w way, limit int) way {
	t.Helper()
	group, err := memoryGroup(t, limit)
	if err != nil {
		t.Logf("no control group: %v", err)
		return w.with("told", fmt.Sprint("--memory=", limit/2))
	}
	w.wrap = []string{"sh", "-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(group, "cgroup.procs")}
	return w
}

// memoryGroup makes a control group below the test's own, which goes with the test.
func memoryGroup(t *testing.T, limit int) (string, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(own)) { // ID:controllers:path, cgroups(7)
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(f) < 3:
		case f[1] == "memory":
			return limitedGroup(t, filepath.Join("/sys/fs/cgroup/memory", f[2]), "memory.limit_in_bytes", limit)
		case f[1] == "":
			for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
				// A group with processes of its own gives its members no
				// controllers, unless it is the root: so the root's are tried too.
				for _, parent := range []string{filepath.Join(mount, f[2]), mount} {
					if _, err := os.Stat(filepath.Join(parent, "cgroup.subtree_control")); err != nil {
						continue
					}
					_ = os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+memory"), 0o644)
					if group, err := limitedGroup(t, parent, "memory.max", limit); err == nil {
						return group, nil
					}
				}
			}
		}
	}
	return "", fmt.Errorf("no memory controller that may be used, by %q", own)
}

// limitedGroup makes a group below parent, with a limit in the file of that name.
func limitedGroup(t *testing.T, parent, file string, limit int) (string, error) {
	group, err := os.MkdirTemp(parent, "aws-test-")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(group, file), strconv.AppendInt(nil, int64(limit), 10), 0o644); err != nil {
		_ = os.Remove(group)
		return "", err
	}
	t.Cleanup(func() { // it can go once its processes have
		children.Eventually(t, "the control group to go", func() bool {
			err := os.Remove(group)
			return err == nil || os.IsNotExist(err)
		})
	})
	return group, nil
}

// unread opens n connections that ask for path and read nothing, and waits until the
// server has answered as many of them as it will.
func (s *server) unread(t *testing.T, n int, path string) (all []*client) {
	t.Helper()
	for range n {
		c := s.dial(t)
		c.send(get(path))
		all = append(all, c)
	}
	const looks = 20 // 5 ms apart, in which nothing more has arrived
	last, same := 0, 0
	children.Eventually(t, "the server to have done what it can", func() bool {
		arrived := 0
		for _, c := range all {
			arrived += queued(c.TCPConn, unix.TIOCINQ)
		}
		if same++; arrived == 0 || arrived != last {
			same = 0
		}
		last = arrived
		return same == looks || s.hasExited()
	})
	return all
}

// crowdedRoot is a root with a file and a folder of many files in both trees.
func crowdedRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "ten.dat", make([]byte, 10<<20))
	for _, tree := range trees {
		dir := filepath.Join(root, tree, "many")
		must(t, os.MkdirAll(dir, 0o755))
		first := filepath.Join(dir, "first")
		must(t, os.WriteFile(first, nil, 0o644))
		for i := range 30_000 {
			must(t, os.Link(first, filepath.Join(dir, fmt.Sprintf("a-file-of-a-large-folder-%d.html", i))))
		}
	}
	return root
}

// Many clients that read nothing do not get a server killed that has little memory:
// they wait or get a 503, and one that reads is served. The kernel does not hold much
// for them either.
func TestUnreadAnswersFitIntoMemory(t *testing.T) {
	const limit, clients = 64 << 20, 500
	root := crowdedRoot(t)
	eachBackend(t, func(t *testing.T, w way) {
		w = confined(t, w, limit)
		w.says = append(w.says[:len(w.says):len(w.says)], "--memory")
		for _, path := range []string{"/static/ten.dat", "/dynamic/ten.dat", "/static/many/", "/dynamic/many/?sort=size"} {
			s := start(t, w, root, "--autoindex", "--workers=2", "--max-connections=2000")
			all := s.unread(t, clients, path)
			if s.hasExited() {
				t.Fatalf("%s: the server has been killed", path)
			}
			queued := queuedFor(t, all...)
			// Each holds one piece of the file, whatever its bound is.
			if most := limit/4 + clients*(128<<10); queued > most {
				t.Errorf("%s: %d bytes are queued for %d clients, want at most %d", path, queued, clients, most)
			}
			c := s.dial(t)
			c.send(get("/static/ten.dat"))
			if answer, body := c.answer("GET", http.StatusOK); len(body) != 10<<20 {
				t.Errorf("%s: a client that reads got %d bytes of %d", path, len(body), answer.ContentLength)
			}
			if peak := s.peakMemory(t); peak > limit {
				t.Errorf("%s: %d bytes were resident, want at most %d", path, peak, limit)
			}
			s.end(t)
		}
	})
}

// A server that nobody asks for anything gives back what a burst has left.
func TestIdleServerGivesMemoryBack(t *testing.T) {
	root := crowdedRoot(t)
	eachBackend(t, func(t *testing.T, w way) {
		w.says = append(w.says[:len(w.says):len(w.says)], "--memory")
		for _, path := range []string{"/dynamic/ten.dat", "/static/many/"} {
			s := start(t, w, root, "--autoindex", "--workers=1", "--max-connections=1000", "--memory=256MiB")
			before := s.memory(t, "RssAnon")
			all := s.unread(t, 300, path)
			children.Eventually(t, path+": the burst to take memory", func() bool {
				return s.memory(t, "RssAnon") > before+24<<20
			})
			for _, c := range all {
				c.reset()
			}
			s.wantNoConnections(t)
			// Up to 64 stream buffers, of 144 KiB, and a few megabytes of Go's heap stay.
			children.Eventually(t, path+": the memory to go back", func() bool {
				return s.memory(t, "RssAnon") < before+16<<20
			})
			s.end(t)
		}
	})
}
