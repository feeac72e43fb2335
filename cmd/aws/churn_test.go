package main_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// Connections open and close at random, 20,000 of them: some are read to the
// end, some are broken off, some ask for nothing. Every word that arrives tells
// its file and its place, which must be the ones asked for. In the end nothing
// is left. There are more clients than places, so one that pauses between two
// requests may lose its place to another.
func TestChurn(t *testing.T) {
	const connections, atOnce = 20_000, 100
	root := rootWith(t, "0", marked(0, churnSizes[0]))
	for i, size := range churnSizes {
		if err := publish(root, fmt.Sprint(i), marked(i, size)); err != nil {
			t.Fatal(err)
		}
	}
	for _, backend := range backends {
		t.Run(backend, func(t *testing.T) {
			s := start(t, raw(backend), root, "--workers=2", "--max-connections=80")
			var remaining atomic.Int64
			remaining.Store(connections)
			var clients sync.WaitGroup
			for i := range atOnce {
				clients.Go(func() {
					random := rand.New(rand.NewPCG(7, uint64(i)))
					for remaining.Add(-1) >= 0 && !t.Failed() {
						if err := s.churn(random, children.Deadline(t)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			clients.Wait()
			s.wantNoConnections(t)
		})
	}
}

// churnSizes are file sizes on both sides of every threshold.
var churnSizes = []int{8, 4 << 10, 64 << 10, 64<<10 + 8, 300 << 10, 2 << 20}

// marked is a file in which each word is the file's number and the word's
// offset.
func marked(file, size int) []byte {
	b := make([]byte, size)
	for off := 0; off < size; off += 8 {
		binary.LittleEndian.PutUint64(b[off:], uint64(file)<<48|uint64(off))
	}
	return b
}

// churn is the life of one connection.
func (s *server) churn(random *rand.Rand, deadline time.Time) error {
	conn, err := net.Dial("tcp", s.addrs[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(deadline)
	in := bufio.NewReader(conn)
	for i := range random.IntN(4) {
		file := min(random.IntN(3*len(churnSizes))/3, random.IntN(len(churnSizes)))
		if _, err := io.WriteString(conn, get(trees[random.IntN(2)]+fmt.Sprint(file))); err != nil {
			return unlessClosed(i, err)
		}
		if random.IntN(10) == 0 {
			_ = conn.(*net.TCPConn).SetLinger(0) // a reset, with the answer on its way
			return nil
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return unlessClosed(i, err)
		}
		most := int64(churnSizes[file])
		if random.IntN(10) == 0 {
			most = random.Int64N(most)
		}
		if err := checkMarks(io.LimitReader(answer.Body, most), file); err != nil {
			return err
		}
		if most < int64(churnSizes[file]) {
			return nil
		}
		if n, _ := io.Copy(io.Discard, answer.Body); n != 0 || answer.ContentLength != int64(churnSizes[file]) {
			return fmt.Errorf("file %d: Content-Length %d, and %d bytes too many", file, answer.ContentLength, n)
		}
	}
	return nil
}

// unlessClosed returns err, unless it shows that the server closed the connection
// between two requests.
func unlessClosed(earlier int, err error) error {
	for _, closed := range []error{io.ErrUnexpectedEOF, unix.ECONNRESET, unix.EPIPE} {
		if earlier > 0 && errors.Is(err, closed) {
			return nil
		}
	}
	return err
}

// checkMarks reads r, the beginning of a marked file.
func checkMarks(r io.Reader, file int) error {
	b := make([]byte, 32<<10)
	for off := 0; ; {
		n, err := io.ReadFull(r, b)
		for i := 0; i+8 <= n; i += 8 {
			if got, want := binary.LittleEndian.Uint64(b[i:]), uint64(file)<<48|uint64(off+i); got != want {
				return fmt.Errorf("file %d at %d: got file %d at %d", file, off+i, got>>48, got&(1<<48-1))
			}
		}
		off += n
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("file %d at %d: %w", file, off, err)
		}
	}
}
