package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// What the machine cannot do is no absence: the status says so, and a line of the
// log names the file and the reason. built.refuse stands for a disk that fails,
// or a file server that does not answer.
func TestRefusedLookUps(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for errno, status := range map[unix.Errno]int{
			unix.ENOENT: http.StatusNotFound, unix.ENODEV: http.StatusNotFound, unix.EACCES: http.StatusForbidden,
			unix.EIO: http.StatusInternalServerError, unix.ESTALE: http.StatusInternalServerError,
			unix.ENOTCONN: http.StatusInternalServerError, unix.ETIMEDOUT: http.StatusInternalServerError,
			unix.EBUSY:  http.StatusInternalServerError,
			unix.EMFILE: http.StatusServiceUnavailable, unix.ENFILE: http.StatusServiceUnavailable,
			unix.ENOMEM: http.StatusServiceUnavailable, unix.EAGAIN: http.StatusServiceUnavailable,
		} {
			t.Run(unix.ErrnoName(errno), func(t *testing.T) {
				t.Parallel()
				root := rootWith(t, "a", []byte("a"))
				w := w
				w.wrap = refusing(errno, "openat2")
				line := fmt.Sprintf(`msg="looking for a file" err="open %s/static/a: %s"`, root, errno)
				if status >= http.StatusInternalServerError {
					w.says = []string{line, "looking for a file"}
				}
				s := start(t, w, root, "--autoindex", "--index=", "--workers=1")
				c := s.dial(t)
				for _, path := range []string{"/static/a", "/dynamic/a", "/static/"} {
					c.send(get(path))
					c.refusal(status)
				}
				if len(w.says) > 0 {
					children.Eventually(t, "a line about the file", func() bool { return strings.Contains(s.stderr.String(), line) })
				}
			})
		}
	})
}

// Without statx(2) nothing can be served. The server says so at start.
func TestRefusedStatx(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, errno := range []unix.Errno{unix.EPERM, unix.ENOSYS} {
			wrap := refusing(errno, "statx")
			args := append(wrap[1:], built.aws, "--backend="+w.backend(), "--root="+fixture, "--listen=127.0.0.1:0")
			runProgram(t, wrap[0], "", args...).wantError(t, 1, "document root: statx: "+errno.Error()+".*seccomp.*4.11")
		}
	})
}
