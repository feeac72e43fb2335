package main_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// Files that the kernel makes while they are read have no size that counts. They are
// read to their end.
func TestFilesOfTheKernel(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		w.says = []string{"making the body of a response", "looking for a file"}
		s := start(t, w, fixture, "--mount=/static=static", "--mount=/proc=/proc", "--mount=/sys=/sys/devices/system/cpu",
			"--mount=/dynamic=/proc:dynamic", "--compress=gzip", "--precompressed=gzip", "--etag=content")
		for path, file := range map[string]string{
			"/proc/version": "/proc/version", "/dynamic/version": "/proc/version", "/proc/cmdline": "/proc/cmdline",
			"/proc/sys/kernel/ostype": "/proc/sys/kernel/ostype",
			"/sys/online":             "/sys/devices/system/cpu/online",
			"/proc/kallsyms":          "/proc/kallsyms", // longer than a buffer
		} {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Logf("%v", err)
				continue
			}
			for _, args := range [][]string{nil, {"--http1.0"}, {"--range", "1-2"}, {"--header", "If-None-Match: *"}, {"--compressed"}} {
				a := s.curl(t, path, args...)
				a.want(t, 200, string(content))
				for _, name := range []string{"ETag", "Last-Modified", "Accept-Ranges", "Content-Encoding"} {
					a.wantField(t, name, "")
				}
			}
			head := s.curl(t, path, "--head")
			if head.status != 200 {
				t.Errorf("HEAD: status %d", head.status)
			}
			head.wantField(t, "Content-Length", "")
		}
		status := s.curl(t, "/proc/self/status") // by a link
		if status.status != 200 || !strings.Contains(string(status.body), "\nVmHWM:") {
			t.Errorf("status %d, %.60q", status.status, status.body)
		}
		c := s.dial(t)
		c.send(get("/proc/self/mem")) // nothing is mapped at 0
		c.answer("GET", http.StatusInternalServerError)
		c.ends()
		c = s.dial(t)
		c.send(get("/proc/self/exe")) // a link that leads out
		c.refusal(http.StatusNotFound)
		c.send(get("/proc/none"))
		c.refusal(http.StatusNotFound)
		c.send(get("/static/empty.txt"))
		if answer, _ := c.answer("GET", 200); answer.ContentLength != 0 || answer.Header.Get("Last-Modified") == "" {
			t.Errorf("an empty file: %d bytes, %v", answer.ContentLength, answer.Header)
		}
	})
}
