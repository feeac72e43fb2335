package httpx

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"aws/httpx/httpxtest"
)

// A response that takes its time does not pass for whole if its file has been
// written to in place meanwhile. What leaves the content alone does no harm.
func TestFilesWrittenToWhileTheyAreSent(t *testing.T) {
	size := 3 << 20
	if testing.Short() {
		size = 1 << 20
	}
	for _, c := range []struct {
		name           string
		write          func(path string) error
		cutsReads      bool // where the bytes go through buffers; the connection ends anyway
		logged, closes bool
	}{
		{"rewritten", func(path string) error { return overwrite(path, httpxtest.Content("new", size)) }, true, true, true},
		{"appended to", func(path string) error { return appendTo(path, "more") }, false, true, true},
		{"deleted", os.Remove, false, false, false},
		{"renamed", func(path string) error { return os.Rename(path, path+"~") }, false, false, false},
		{"made unreadable", func(path string) error { return os.Chmod(path, 0) }, false, false, false},
	} {
		for _, path := range []string{"/static/a", "/dynamic/a", "/dynamic/a ranges", "/static/a ranges", "/dynamic/a made"} {
			if strings.HasSuffix(path, "made") && !c.cutsReads {
				continue // takes a second of real time
			}
			t.Run(c.name+path, func(t *testing.T) {
				path, variant, _ := strings.Cut(path, " ")
				root := httpxtest.Tree(t, map[string]int{"static/a": size, "dynamic/a": size})
				log := &bytes.Buffer{}
				s := setup{root: root, adjust: func(c *Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) }}
				request, want := get(path), size
				switch variant {
				case "ranges":
					request = strings.Replace(request, "\r\n\r\n", fmt.Sprintf("\r\nRange: bytes=0-999,%d-%d\r\n\r\n", 10_000, size-1), 1)
					want = size - 9000
				case "made":
					quiet := s.adjust
					s.adjust = func(c *Config) { processed(root, repeater{times: 1}).adjust(c); quiet(c) }
				}
				h := s.open(t)
				client := h.dial(request)
				client.pace = 0
				start := h.sim.Now()
				h.until("some time", func() bool { return h.sim.Now() > start+time.Second })
				if err := c.write(root + path); err != nil {
					t.Fatal(err)
				}
				client.pace = everything
				if c.cutsReads { // where the page cache has lost a part of a static file, too
					h.until("the end", func() bool { return client.err != nil })
					if a, _, err := parseResponses(client.got, "GET"); err == nil && strings.HasPrefix(path, "/dynamic") {
						t.Errorf("status %d with %d bytes, whole", a[0].status, len(a[0].body))
					}
				} else if a := h.response(client); len(a.body) < want {
					t.Errorf("status %d with %d bytes, want %d", a.status, len(a.body), want)
				}
				if c.closes {
					h.until("the end", func() bool { return client.err != nil })
				} else {
					client.send(get("/none"))
					h.responses(client, 2)
				}
				if got := strings.Contains(log.String(), "a\" err=\"the file was written to while"); got != c.logged {
					t.Errorf("logged: %s", log)
				}
				h.end()
			})
		}
	}
}

// overwrite writes to a file in place.
func overwrite(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(b)
	return err
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}
