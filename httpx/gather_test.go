package httpx

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
)

// Pipelined requests get whole responses in order, whatever their kinds. Small
// ones leave together.
func TestPipelinedResponsesLeaveTogether(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{
		"static/small": 1000, "static/large": 200_000, "dynamic/small": 900, "dynamic/large": 300_000, "static/full": MaxCopy,
		"dynamic/made": 3000,
	})
	const small, none = "/static/small", "/static/none"
	for _, c := range []struct {
		name  string
		paths []string
		sends uint64 // at most
	}{
		{"alike", []string{small, small, small, small, small, small, small, small}, 1},
		{"errors", []string{none, none, small, none}, 1},
		{"then sendfile", []string{small, none, "/static/large"}, 2},
		{"then a stream", []string{small, none, "/dynamic/large", small}, 0},
		{"then a small stream", []string{small, "/dynamic/small", small}, 3},
		{"then a listing", []string{small, "/static/", small}, 3},
		{"more than fits", []string{"/static/full", "/static/full", "/static/full"}, 3},
		{"many", strings.Split(strings.Repeat(none+",", 300)+small, ","), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := setup{root: root, adjust: func(config *Config) {
				config.CopyBelow, config.Sites[0].Autoindex = MaxCopy, true
			}}.open(t)
			var request strings.Builder
			for _, path := range c.paths {
				request.WriteString(get(path))
			}
			client := h.dial(request.String())
			all := h.responses(client, len(c.paths))
			for i, path := range c.paths {
				checkContent(t, all[i], path)
			}
			if n := h.sim.Counters().Sends; c.sends > 0 && len(request.String()) < 16<<10 && n > c.sends {
				t.Errorf("%d sends, want at most %d", n, c.sends)
			}
			h.end()
		})
	}
}

func checkContent(t *testing.T, a parsedResponse, path string) {
	t.Helper()
	want := 200
	if strings.HasSuffix(path, "none") {
		want = 404
	}
	if a.status != want {
		t.Errorf("%s: status %d", path, a.status)
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	if want == 200 && name != "" && !bytes.Equal(a.body, httpxtest.Content(name, len(a.body))) {
		t.Errorf("%s: not its content", path)
	}
}

// Gathered responses are sent whatever follows them, and at once if it would make
// them wait.
func TestGatheredResponsesDoNotWait(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/small": 1000})
	two := get("/static/small") + get("/static/small")
	for _, c := range []struct {
		name, then string
		status     int // of the third response, or 0
	}{
		{"half a request", "GET /static/sm", 0},
		{"a body that does not come", "GET /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", 0},
		{"no request", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
		{"too long a target", "GET /" + strings.Repeat("x", message.MaxTarget) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
		{"a body that nobody waits for", "POST /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", 405},
		{"a bad body", "OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx", 400},
		{"a close", "GET /static/none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/static/small"), 404},
	} {
		for seed, trouble := range []simio.Probabilities{{}, unkind} {
			t.Run(fmt.Sprint(c.name, seed), func(t *testing.T) {
				h := setup{root: root, trouble: trouble, adjust: func(config *Config) { config.CopyBelow = MaxCopy }}.open(t)
				n := 2
				if c.status != 0 {
					n = 3
				}
				all := h.responses(h.dial(two+c.then), n)
				for i := range 2 {
					checkContent(t, all[i], "/static/small")
				}
				if n == 3 && all[2].status != c.status {
					t.Errorf("status %d, want %d", all[2].status, c.status)
				}
				h.end()
			})
		}
	}
}
