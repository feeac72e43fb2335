// Clients that take next to nothing: what they may hold, and for how long.

package main_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// crawl dials n clients with small buffers that ask for the same file. Segments are
// small, too: from their size the server's kernel derives that of its own buffer.
func (s *server) crawl(t *testing.T, n int, request string) (all []*client) {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		_ = raw.Control(func(fd uintptr) {
			err = errors.Join(
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 16<<10),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1400),
			)
		})
		return err
	}}
	for range n {
		c := s.dialBy(t, dialer)
		c.send(request)
		all = append(all, c)
	}
	return all
}

// More clients than a loop has stream buffers ask for a file and take nothing of it.
// Others are served all the same, and so are they as soon as they read.
func TestCrawlersDoNotHoldStreamBuffers(t *testing.T) {
	const buffers = 512
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--workers=1", "--max-connections=1000")
		crawlers := s.crawl(t, buffers+8, get("/dynamic/"+large))
		for _, c := range crawlers { // each has its turn
			c.head("GET")
		}
		for range 3 {
			c := s.dial(t)
			c.send(get("/dynamic/" + medium))
			c.file(medium)
			c.send(get("/dynamic/" + large))
			c.file(large)
		}
		got := make([]byte, 1<<20)
		for _, c := range []*client{crawlers[0], crawlers[1], crawlers[buffers-1], crawlers[buffers+7]} {
			if n, err := io.ReadFull(c.in, got); err != nil || !bytes.Equal(got, contents[large][:len(got)]) {
				t.Errorf("a crawler that reads on has %d bytes, not those of the file: %v", n, err)
			}
		}
	})
}

// A client below the minimum rate is cut off, whatever way its file goes. One above it
// is not.
func TestMinRate(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--min-rate=64KiB")
		steady := s.dial(t)
		steady.send(get("/dynamic/" + sparse))
		steady.head("GET")
		for _, tree := range trees {
			c := s.crawl(t, 1, get(tree+sparse))[0]
			c.head("GET")
			go func() {
				for {
					if _, err := io.CopyN(io.Discard, c, 1<<10); err != nil {
						return
					}
					time.Sleep(200 * time.Millisecond)
				}
			}()
		}
		for s.openSockets() > s.sockets+1 {
			if _, err := io.CopyN(io.Discard, steady.in, 4<<20); err != nil {
				t.Fatalf("a client above the rate is cut off: %v", err)
			}
			time.Sleep(200 * time.Millisecond)
		}
		if _, err := io.CopyN(io.Discard, steady.in, 4<<20); err != nil {
			t.Errorf("the client that is left is cut off: %v", err)
		}
	})
}
