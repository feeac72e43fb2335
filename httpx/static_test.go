package httpx

import (
	"bytes"
	"fmt"
	"testing"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// firstSendFile is an engine that notes where its first SendFile started.
type firstSendFile struct {
	backend.Backend
	off *int64
}

func (e firstSendFile) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	if *e.off < 0 {
		*e.off = off
	}
	e.Backend.SendFile(t, head, f, off, n)
}

// sendfile(2) of a range that would lie across 17 pages starts at a page: the bytes
// before it go with the head. Shorter ranges are left alone.
func TestRangeStartsWithPage(t *testing.T) {
	const size = 1 << 20
	root := httpxtest.Tree(t, map[string]int{"static/a": size})
	for _, c := range []struct{ off, n, want int64 }{
		{0, size, 0},
		{1, 100, 1},
		{1, 16*4096 - 1, 1},
		{1, 16 * 4096, 4096},
		{4095, 16 * 4096, 4096},
		{4096, 16 * 4096, 4096},
		{4096 + 4095, 15*4096 + 1, 4096 + 4095},
		{4096 + 4095, 15*4096 + 2, 2 * 4096},
		{size - 16*4096 - 1, 16*4096 + 1, size - 16*4096},
		{12345, size - 12345, 4 * 4096},
	} {
		t.Run(fmt.Sprintf("%d+%d", c.off, c.n), func(t *testing.T) {
			first := int64(-1)
			h := setup{root: root, wrap: func(e *simio.Engine) backend.Backend {
				return firstSendFile{e, &first}
			}}.open(t)
			client := h.dial(fmt.Sprintf("GET /static/a HTTP/1.1\r\nHost: a\r\nRange: bytes=%d-%d\r\n\r\n", c.off, c.off+c.n-1))
			a := h.responses(client, 1)[0]
			if want := httpxtest.Content("a", size)[c.off : c.off+c.n]; !bytes.Equal(a.body, want) {
				t.Errorf("status %d, and not its content", a.status)
			}
			if first != c.want {
				t.Errorf("sendfile from %d, want %d", first, c.want)
			}
			h.end()
		})
	}
}
