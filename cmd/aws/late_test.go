// Late readers of parts and of made bodies. TestLateReader reads whole files.

package main_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"aws/backend/backendtest/children"
)

// lateAnswers are requests for parts of files, and for bodies made on the way.
// Each is longer than what socket buffers hold, or much shorter.
var lateAnswers = []string{
	get("/static/"+large, "Range: bytes=1000000-"),
	get("/dynamic/"+large, "Range: bytes=1000000-"),
	get("/static/"+large, "Range: bytes=0-7999999,9000000-"),
	get("/dynamic/"+large, "Range: bytes=0-7999999,9000000-"),
	get("/static/"+large, "Range: bytes=-1"),
	get("/dynamic/long.csv", "Accept-Encoding: zstd"),
	get("/dynamic/long.csv", "Accept-Encoding: gzip", "TE: trailers"),
	get("/static/many/"),
	get("/static/many/", "Accept: application/json"),
	get("/nowhere"),
}

// A client that reads late, or that shuts its side down after the request, gets
// the same answer as one that reads at once.
func TestLateReaderOfParts(t *testing.T) {
	root := rootWith(t, large, contents[large])
	var long strings.Builder
	for i := range int64(400_000) { // it compresses well, yet stays longer than the buffers
		long.WriteString(strings.ToUpper(string(contents[large][i*8%(16<<20) : i*8%(16<<20)+8])))
		long.WriteString(",same\n")
	}
	mustPublish(t, root, "long.csv", long.String())
	for i := range 3000 {
		mustPublish(t, root, "many/"+strings.Repeat("long name ", 15)+string(rune(0x4e00+i)), "")
	}
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, root, "--autoindex", "--compress=zstd,gzip", "--digest", "--error-page=404=/static/"+large)
		var late sync.WaitGroup
		for _, ask := range lateAnswers {
			late.Go(func() {
				closes := strings.Replace(ask, "\r\n", "\r\nConnection: close\r\n", 1)
				want, err := s.hearLate(t, closes, false, false)
				if err != nil || len(want) == 0 {
					t.Errorf("%.80q: %d bytes and %v", ask, len(want), err)
				}
				for _, halfClose := range []bool{false, true} {
					got, err := s.hearLate(t, closes, halfClose, true)
					if err != nil || !bytes.Equal(got, want) {
						t.Errorf("%.80q, half-closed: %v: %d bytes and %v, want %d", ask, halfClose, len(got), err, len(want))
					}
				}
			})
		}
		late.Wait()
	})
}

// hearLate sends a request and reads all that arrives: at once, or only when the
// server can do no more without a reader.
func (s *server) hearLate(t *testing.T, text string, halfClose, late bool) ([]byte, error) {
	conn, err := net.Dial("tcp", s.addrs[0])
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(children.Deadline(t))
	if _, err = io.WriteString(conn, text); err == nil && halfClose {
		err = conn.(*net.TCPConn).CloseWrite()
	}
	if err != nil {
		return nil, err
	}
	if late {
		standstill(conn, children.Deadline(t))
	}
	heard, err := io.ReadAll(conn)
	return normalized(heard), err
}
