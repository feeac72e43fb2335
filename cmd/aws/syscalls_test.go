package main_test

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"testing"
)

// counted are the system calls to count: all that serving may take.
const counted = "recvfrom,sendto,sendfile,statx,preadv2,ioctl,accept4,epoll_ctl,epoll_wait,epoll_pwait," +
	"io_uring_enter,io_submit,shutdown,setsockopt"

// startCalls is how many of each kind a server's start and end may take.
const startCalls = 24

// The table in docs/engines.md: how many system calls of each kind a request
// takes at most, and how many more a connection takes. A kind without a number
// is not used at all. Requests arrive in volleys, so that they can share calls:
// the server is halted while a volley is sent. Only the loop's thread counts; the
// Go runtime has others, which poll by the clock.
func TestSystemCalls(t *testing.T) {
	t.Parallel()
	const connections, volleys = 64, 16
	type perUnit map[string]float64
	perConnection := map[string]perUnit{
		"epoll-aio": {"accept4": 2, "epoll_ctl": 1, "recvfrom": 2, "epoll_pwait": 4, "ioctl": 2, "shutdown": 1},
		"uring":     {"accept4": 1, "io_uring_enter": 4, "epoll_pwait": 1, "ioctl": 4, "shutdown": 1},
	}
	for _, c := range []struct {
		engine, path string
		size         int
		args         []string
		perRequest   perUnit
	}{
		{"epoll-aio", "/static/1k", 1 << 10, nil,
			perUnit{"recvfrom": 1, "sendto": 1, "sendfile": 1, "epoll_pwait": 1, "statx": 0.5}},
		{"epoll-aio", "/static/64k", 64 << 10, nil,
			perUnit{"recvfrom": 1, "sendto": 1, "sendfile": 2, "epoll_pwait": 2, "statx": 0.5}},
		{"epoll-aio", "/static/1k", 1 << 10, []string{"--copy-below=16KiB"},
			perUnit{"recvfrom": 1, "sendto": 1, "epoll_pwait": 1, "statx": 0.5, "preadv2": 0.5}},
		{"epoll-aio", "/dynamic/1k", 1 << 10, nil,
			perUnit{"recvfrom": 1, "sendto": 1, "epoll_pwait": 1, "statx": 0.5, "io_submit": 0.5}},
		{"uring", "/static/1k", 1 << 10, nil,
			perUnit{"io_uring_enter": 0.99, "statx": 0.5, "preadv2": 0.5}},
		{"uring", "/static/64k", 64 << 10, nil,
			perUnit{"recvfrom": 1, "sendto": 1, "sendfile": 2, "io_uring_enter": 2, "statx": 0.5}},
		{"uring", "/dynamic/1k", 1 << 10, nil,
			perUnit{"io_uring_enter": 0.99, "statx": 0.5}},
	} {
		t.Run(fmt.Sprint(c.engine, c.path, c.args), func(t *testing.T) {
			t.Parallel()
			content := bytes.Repeat([]byte("0123456789abcdef"), c.size/16)
			s := start(t, traced(t, raw(c.engine), counted), rootWith(t, path.Base(c.path), content),
				append(c.args, "--workers=1")...)
			var clients []*client
			for range connections {
				clients = append(clients, s.dial(t))
			}
			for range volleys {
				s.whileHalted(t, func() {
					for _, client := range clients {
						client.send(get(c.path))
					}
				})
				for _, client := range clients {
					if _, body := client.answer("GET", 200); !bytes.Equal(body, content) {
						t.Fatalf("%d bytes, not those of the file", len(body))
					}
				}
			}
			checkCalls(t, s.trace(t), connections*volleys, "requests", func(name string) float64 {
				return connections * (volleys*c.perRequest[name] + perConnection[c.engine][name])
			})
		})
	}
}

// A connection for each request, one after the other: one call accepts it and one
// learns that there is no other; none shuts it down, and one asks, before it is
// closed, whether anything is unread.
func TestSystemCallsOfConnections(t *testing.T) {
	t.Parallel()
	const connections = 200
	for _, c := range []struct {
		engine string
		most   map[string]float64 // of a connection
	}{
		{"epoll-aio", map[string]float64{"accept4": 2, "epoll_ctl": 1, "recvfrom": 2, "sendto": 1, "sendfile": 1,
			"setsockopt": 1, "ioctl": 1, "epoll_pwait": 6, "statx": 1}},
		{"uring", map[string]float64{"sendto": 1, "ioctl": 1, "io_uring_enter": 6, "statx": 1, "preadv2": 1}},
	} {
		t.Run(c.engine, func(t *testing.T) {
			t.Parallel()
			content := bytes.Repeat([]byte("0123456789abcdef"), 64)
			s := start(t, traced(t, raw(c.engine), counted), rootWith(t, "1k", content), "--workers=1")
			for range connections {
				client := s.dial(t)
				client.send("GET /static/1k HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
				if _, body := client.answer("GET", 200); !bytes.Equal(body, content) {
					t.Fatalf("%d bytes, not those of the file", len(body))
				}
				client.ends()
			}
			checkCalls(t, s.trace(t), connections, "connections", func(name string) float64 {
				return connections * c.most[name]
			})
		})
	}
}

// checkCalls compares how often the loop made each call for n units with its
// limit, plus some for the start.
func checkCalls(t *testing.T, all calls, n int, units string, most func(name string) float64) {
	t.Helper()
	made := madeBy(all)
	for _, name := range slices.Sorted(maps.Keys(made)) {
		t.Logf("%s: %d for %d %s", name, made[name], n, units)
		if limit := startCalls + most(name); float64(made[name]) > limit {
			t.Errorf("%d %s for %d %s, want at most %v", made[name], name, n, units, limit)
		}
	}
}

// madeBy counts the calls of the thread that made most of them, the only loop's.
func madeBy(all calls) (made map[string]int) {
	byThread := map[string]map[string]int{}
	total := map[string]int{}
	var loop string
	for _, call := range all {
		if byThread[call.thread] == nil {
			byThread[call.thread] = map[string]int{}
		}
		byThread[call.thread][call.name]++
		if total[call.thread]++; total[call.thread] > total[loop] {
			loop = call.thread
		}
	}
	return byThread[loop]
}
