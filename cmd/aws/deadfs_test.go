package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
	"aws/httpx/httpxtest"
	"aws/httpx/httpxtest/slowfs"
)

// beside makes a document root with a file of its own, and a file system mounted in
// both trees, as mnt.
func beside(t *testing.T, remembered time.Duration) (root string, remote *slowfs.FS) {
	t.Helper()
	root = rootWith(t, small, contents[small])
	for _, tree := range trees {
		must(t, os.Mkdir(filepath.Join(root, tree, "mnt"), 0o755))
	}
	static, dynamic := filepath.Join(root, "static/mnt"), filepath.Join(root, "dynamic/mnt")
	many := map[string][]byte{medium: contents[medium], "folder/" + small: contents[small]}
	for i := range 100 {
		many[fmt.Sprint("many/", i)] = contents[small]
	}
	remote = slowfs.Mount(t, static, remembered, many)
	must(t, unix.Mount(static, dynamic, "", unix.MS_BIND, ""))
	t.Cleanup(func() { _ = unix.Unmount(dynamic, unix.MNT_DETACH) })
	must(t, os.Symlink("mnt/folder/"+small, filepath.Join(root, "static/link")))
	must(t, os.Symlink(static+"/folder/"+small, filepath.Join(root, "static/absolute")))
	return root, remote
}

// checkLocal fails unless all that is not on the other file system is served.
func checkLocal(t *testing.T, s *server) {
	t.Helper()
	c := s.dial(t)
	for range 4 {
		for _, tree := range trees {
			c.send(get(tree + small))
			c.file(small)
		}
	}
	for i := range 4 {
		c.send(get(fmt.Sprint("/static/none", i)))
		c.refusal(http.StatusNotFound)
	}
	for _, tree := range trees { // they have the mount in them, and a link into it
		c.send(request("GET", tree, "Accept: application/json", "Connection: close"))
		if body := listingOf(c); !strings.Contains(body, `"mnt"`) || !strings.Contains(body, small) {
			t.Errorf("%s lists %q", tree, body)
		}
		c = s.dial(t)
	}
}

// listingOf receives a listing, which ends with its connection.
func listingOf(c *client) string {
	c.t.Helper()
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		c.t.Fatalf("%s, %v", answer.Status, err)
	}
	return body.String()
}

// checkRemote fails unless the other file system is served.
func checkRemote(t *testing.T, s *server) {
	t.Helper()
	c := s.dial(t)
	for _, tree := range trees {
		for range 2 {
			c.send(get(tree + "mnt/" + medium))
			c.file(medium)
		}
		c.send(get(tree+"mnt/"+medium, "Range: bytes=100001-400000"))
		if _, body := c.answer("GET", http.StatusPartialContent); !bytes.Equal(body, contents[medium][100001:400001]) {
			t.Errorf("%d bytes, not those of the range", len(body))
		}
		c.send(get(tree + "mnt/none"))
		c.refusal(http.StatusNotFound)
		c.send(get(tree + "mnt/folder"))
		c.answer("GET", http.StatusMovedPermanently)
	}
	for _, link := range []string{"/static/link", "/static/absolute"} {
		c.send(get(link))
		c.file(small)
	}
	c.send(request("GET", "/static/mnt/", "Accept: application/json", "Connection: close"))
	if body := listingOf(c); !strings.Contains(body, medium) || !strings.Contains(body, `"folder"`) {
		t.Errorf("listed: %q", body)
	}
}

// askedRemotely are requests that the other file system has to answer, with the
// statuses that they get.
func askedRemotely(i int) map[string]int {
	return map[string]int{
		fmt.Sprint("/static/mnt/none", i): 404, fmt.Sprint("/static/mnt/many/", i): 200, fmt.Sprint("/dynamic/mnt/many/", i): 200,
		"/static/mnt/" + medium: 200, "/dynamic/mnt/" + medium: 200, "/static/link": 200, "/static/absolute": 200, "/static/mnt/": 200, "/dynamic/mnt/folder/": 200,
	}
}

// While a file system does not answer, nobody else notices. When it does, those who
// have waited get their answers.
func TestDeadFileSystem(t *testing.T) {
	eachMounted(t, func(t *testing.T, w way) {
		for _, remembered := range []time.Duration{0, 24 * time.Hour} {
			t.Run(fmt.Sprint("remembered for ", remembered), func(t *testing.T) {
				root, remote := beside(t, remembered)
				s := start(t, w, root, "--autoindex", "--workers=1")
				checkLocal(t, s)
				checkRemote(t, s)
				remote.Stall(slowfs.All...)
				stuck := map[*client]int{}
				for i := range 40 {
					for path, status := range askedRemotely(i) {
						c := s.dial(t)
						c.send(request("GET", path, "Connection: close"))
						stuck[c] = status
					}
				}
				checkLocal(t, s)
				remote.Resume()
				for c, status := range stuck {
					answer, err := http.ReadResponse(c.in, nil)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, answer.Body); answer.StatusCode != status && answer.StatusCode != 503 || err != nil {
						t.Errorf("status %d, want %d; %v", answer.StatusCode, status, err)
					}
				}
				checkRemote(t, s)
				checkLocal(t, s)
			})
		}
	})
}

// eachMounted runs a test on every engine, in a process with mounts of its own.
func eachMounted(t *testing.T, test func(*testing.T, way)) {
	if !httpxtest.OwnMounts(t) {
		return
	}
	eachBackend(t, func(t *testing.T, w way) {
		w.says = append(slices.Clone(w.says), "looking for", "sending", "making the body", "cut off")
		test(t, w)
	})
}

// Who asks a file system that does not answer gets 503 after a while. What the kernel
// remembers of a file may be sent, whole or until the response is cut off. When the
// file system answers again, it is served again.
func TestFileSystemAnswersTooLate(t *testing.T) {
	eachMounted(t, func(t *testing.T, w way) {
		for _, remembered := range []time.Duration{0, 24 * time.Hour} {
			t.Run(fmt.Sprint("remembered for ", remembered), func(t *testing.T) {
				root, remote := beside(t, remembered)
				s := start(t, w, root, "--lookup-timeout=100ms", "--stall-timeout=200ms", "--autoindex", "--workers=1")
				answers := func(path string) (whole bool) {
					c := s.dial(t)
					c.send(request("GET", path, "Connection: close"))
					answer, err := http.ReadResponse(c.in, nil)
					if err != nil {
						t.Fatal(err)
					}
					_, err = io.Copy(io.Discard, answer.Body)
					if answer.StatusCode != http.StatusServiceUnavailable && (answer.StatusCode != http.StatusOK || remembered == 0) {
						t.Errorf("%s: status %d", path, answer.StatusCode)
					}
					return answer.StatusCode == http.StatusOK && err == nil
				}
				remote.Stall(slowfs.All...)
				for i := range 3 {
					for path := range askedRemotely(i) {
						answers(path)
					}
				}
				remembered = time.Hour // and is 200 again
				remote.Resume()
				for _, path := range []string{"/static/mnt/" + medium, "/dynamic/mnt/" + medium, "/static/mnt/", "/static/link"} {
					children.Eventually(t, path, func() bool { return answers(path) })
				}
			})
		}
	})
}

// One operation of a file system without an answer is as bad as all of them.
func TestHalfDeadFileSystem(t *testing.T) {
	eachMounted(t, func(t *testing.T, w way) {
		for _, operation := range slowfs.All {
			t.Run(operation, func(t *testing.T) {
				root, remote := beside(t, 0)
				s := start(t, w, root, "--open-file-idle=0", "--autoindex", "--workers=1")
				checkRemote(t, s)
				remote.Stall(operation)
				for i := range 40 {
					for _, path := range []string{fmt.Sprint("/static/mnt/many/", i), fmt.Sprint("/dynamic/mnt/many/", i), "/static/mnt/"} {
						s.dial(t).send(get(path))
					}
				}
				children.Eventually(t, "the operation", func() bool { return remote.Waiting() > 0 })
				checkLocal(t, s)
				remote.Resume()
			})
		}
	})
}

// An archive that comes to a file system which does not answer waits, and is cut off if
// that takes too long. Nobody else notices. Once it answers, the archive is whole.
func TestDeadFileSystemInAnArchive(t *testing.T) {
	eachMounted(t, func(t *testing.T, w way) {
		root, remote := beside(t, 0)
		mustPublish(t, root, "a.dat", string(contents[medium])) // becomes no smaller, so it is sent first
		mustPublish(t, root, "local/"+small, string(contents[small]))
		flags := []string{"--autoindex", "--archive=tar.gz", "--workers=1"}
		patient, strict := start(t, w, root, flags...), start(t, w, root, append(flags, "--stall-timeout=500ms")...)
		begin := func(s *server, path string) (status int, whole func() bool) {
			c := s.dial(t)
			c.send(request("GET", path+"?archive=tar.gz", "Connection: close"))
			answer, err := http.ReadResponse(c.in, nil)
			must(t, err)
			return answer.StatusCode, func() bool {
				_, err := io.Copy(io.Discard, answer.Body)
				return err == nil && answer.StatusCode == http.StatusOK
			}
		}
		whole := func(s *server, path string) bool { _, whole := begin(s, path); return whole() }
		remote.Stall(slowfs.Open, slowfs.Opendir)
		status, waiting := begin(patient, "/static/")
		if status != http.StatusOK {
			t.Errorf("status %d", status)
		}
		children.Eventually(t, "the operation", func() bool { return remote.Waiting() > 0 })
		checkLocal(t, patient)
		if !whole(patient, "/static/local/") {
			t.Error("the archive of a local folder is not whole")
		}
		if whole(strict, "/static/") {
			t.Error("an archive is whole, though nobody could read all that is in it")
		}
		children.Eventually(t, "the archive of a local folder", func() bool { return whole(strict, "/static/local/") })
		remote.Resume()
		if !waiting() {
			t.Error("the archive that has waited is cut off")
		}
		children.Eventually(t, "a whole archive", func() bool { return whole(strict, "/static/") })
		checkRemote(t, patient)
	})
}

// A file system that does not answer does not keep the server from closing
// everything. Its process ends when the kernel lets it: a thread that waits for a
// FUSE process which has taken its question cannot be killed (request_wait_answer,
// fs/fuse/dev.c).
func TestEndWithDeadFileSystem(t *testing.T) {
	eachMounted(t, func(t *testing.T, w way) {
		root, remote := beside(t, 0)
		s := start(t, w, root, "--drain-timeout=300ms", "--autoindex")
		checkRemote(t, s)
		remote.Stall(slowfs.All...)
		var stuck []*client
		for range 20 {
			for _, path := range []string{"/static/mnt/none", "/dynamic/mnt/" + medium, "/static/mnt/"} {
				c := s.dial(t)
				c.send(get(path))
				stuck = append(stuck, c)
			}
		}
		children.Eventually(t, "an operation", func() bool { return remote.Waiting() > 0 })
		s.signal(unix.SIGTERM)
		for _, c := range stuck {
			if n, err := c.Read(make([]byte, 1)); err == nil {
				t.Errorf("%d bytes", n)
			}
		}
		s.wantRefused(t)
		remote.Resume()
		if code := s.wait(t); code != 1 {
			t.Errorf("exit code %d, want 1: responses have been cut off", code)
		}
	})
}

// A file system that is mounted over files which are open may not answer either.
func TestDeadFileSystemMountedOver(t *testing.T) {
	eachMounted(t, func(t *testing.T, w way) {
		root := rootWith(t, small, contents[small])
		for _, name := range []string{"over/a", "over/b"} {
			mustPublish(t, root, name, "local")
		}
		s := start(t, w, root, "--autoindex", "--workers=1")
		text := func(path string) string {
			c := s.dial(t)
			c.send(request("GET", path, "Connection: close"))
			_, body := c.answer("GET", http.StatusOK)
			return string(body)
		}
		for _, path := range []string{"/static/over/a", "/static/over/b", "/dynamic/over/b"} {
			if body := text(path); body != "local" {
				t.Errorf("%s: %q", path, body)
			}
		}
		remote := slowfs.Mount(t, filepath.Join(root, "static/over"), 0, map[string][]byte{"a": []byte("remote"), "b": []byte("remote")})
		children.Eventually(t, "the other file", func() bool { return text("/static/over/a") == "remote" })
		for range 50 { // the kernel has told the server of the mount long since
			text("/static/over/a")
		}
		remote.Stall(slowfs.All...)
		var stuck []*client
		for _, path := range []string{"/static/over/b", "/dynamic/over/b"} {
			c := s.dial(t)
			c.send(get(path))
			stuck = append(stuck, c)
		}
		for range 4 {
			if body := text("/static/" + small); body != string(contents[small]) {
				t.Errorf("%d bytes", len(body))
			}
		}
		remote.Resume()
		for _, c := range stuck {
			if _, body := c.answer("GET", http.StatusOK); string(body) != "remote" {
				t.Errorf("%q", body)
			}
		}
	})
}

// A document root on such a file system is served like any other, and does not hold
// up other mounts.
func TestDeadRoot(t *testing.T) {
	eachMounted(t, func(t *testing.T, w way) {
		root := t.TempDir()
		remote := slowfs.Mount(t, root, 0, map[string][]byte{"static/a": contents[small], "dynamic/a": contents[medium]})
		local := rootWith(t, small, contents[small])
		s := start(t, w, root, "--mount=/static=static", "--mount=/dynamic=dynamic:dynamic", "--mount=/local="+local+"/static", "--lookup-timeout=500ms", "--autoindex")
		c := s.dial(t)
		for range 2 {
			c.send(get("/static/a"))
			if _, body := c.answer("GET", http.StatusOK); !bytes.Equal(body, contents[small]) {
				t.Errorf("%d bytes", len(body))
			}
			c.send(get("/dynamic/a"))
			c.file(medium)
		}
		remote.Stall(slowfs.All...)
		for range 20 {
			s.dial(t).send(get("/static/b"))
		}
		stuck := s.dial(t)
		stuck.send(get("/static/a"))
		c.send(get("/local/" + small))
		c.file(small)
		remote.Resume()
		if _, body := stuck.answer("GET", http.StatusOK); !bytes.Equal(body, contents[small]) {
			t.Errorf("%d bytes", len(body))
		}
	})
}
