package backendtest

import (
	"io"
	"testing"
)

// intake collects what a peer receives.
type intake struct {
	peer Peer
	got  []byte
	err  error
	b    [64 << 10]byte // to read into
}

// step reads what has arrived, up to most bytes.
func (in *intake) step(most int) {
	for most > 0 && in.err == nil {
		n, err := in.peer.Read(in.b[:min(most, len(in.b))])
		in.got, in.err = append(in.got, in.b[:n]...), err
		if n == 0 {
			return
		}
		most -= n
	}
}

// slowly returns the step of a peer that reads little at a time.
func (in *intake) slowly() func() { return func() { in.step(32 << 10) } }

// quickly returns the step of a peer that reads all there is.
func (in *intake) quickly() func() { return func() { in.step(1 << 20) } }

// output is what a peer has yet to send.
type output struct {
	t    *testing.T
	peer Peer
	rest []byte
}

// step writes what fits.
func (out *output) step() {
	out.t.Helper()
	for len(out.rest) > 0 {
		n, err := out.peer.Write(out.rest)
		if err != nil {
			out.t.Fatalf("peer: write: %v", err)
		}
		if n == 0 {
			return
		}
		out.rest = out.rest[n:]
	}
}

// write sends a little, which fits at once.
func (h *harness) write(p Peer, b []byte) {
	h.t.Helper()
	out := output{h.t, p, b}
	out.step()
	if len(out.rest) > 0 {
		h.t.Fatalf("peer: write: %d of %d bytes do not fit", len(out.rest), len(b))
	}
}

// expect has the peer read until it has n bytes in all.
func (h *harness) expect(in *intake, n int64) {
	h.t.Helper()
	h.until("the peer to have all", func() bool {
		in.step(1 << 20)
		if in.err != nil && int64(len(in.got)) < n {
			h.t.Fatalf("peer: read: %v after %d of %d bytes", in.err, len(in.got), n)
		}
		return int64(len(in.got)) >= n
	})
}

// expectEnd has the peer read until the connection has ended.
func (h *harness) expectEnd(in *intake) {
	h.t.Helper()
	h.until("the peer to see the end", func() bool {
		in.step(1 << 20)
		return in.err != nil
	})
}

// expectEOF is expectEnd for an orderly end.
func (h *harness) expectEOF(in *intake) {
	h.t.Helper()
	h.expectEnd(in)
	if in.err != io.EOF {
		h.t.Fatalf("peer: read: %v, want the end of the stream", in.err)
	}
}

// echo proves that the connection works in both directions.
func (h *harness) echo(c *conn) {
	h.t.Helper()
	word := []byte("are you there?")
	h.write(c.peer, word)
	got := h.receiveAll(c, len(word), func() {})
	equal(h.t, "recv", got, word)
	in := &intake{peer: c.peer}
	h.sendAll(c, got, in.quickly())
	h.expect(in, int64(len(word)))
	equal(h.t, "peer", in.got, word)
}
