package httpx

import (
	"bytes"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
)

// FuzzConn makes up clients from a seed and serves them three times. Without
// faults they must get the right responses. With everything that a kernel and a
// network may do, they must get the same bytes. With broken connections and
// disks, they must get the same bytes up to the break.
func FuzzConn(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	root := httpxtest.Tree(f, scriptTree())
	f.Fuzz(func(t *testing.T, seed uint64) { checkSeed(t, root, seed) })
}

// TestConnSeeds is FuzzConn with fixed seeds.
func TestConnSeeds(t *testing.T) {
	root := httpxtest.Tree(t, scriptTree())
	seeds := uint64(200)
	if testing.Short() {
		seeds = 30
	}
	before := httpxtest.OpenDescriptors(t)
	for seed := range seeds {
		checkSeed(t, root, seed)
	}
	wantDescriptors(t, before)
}

func checkSeed(t *testing.T, root string, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	made := r.IntN(6) == 0
	most, connections, streams := 12, 6, 1+r.IntN(6)
	if made { // few clients and many buffers, so that no body is refused a maker
		most, connections, streams = 6, 64, 64
	}
	scripts := make([]*script, 1+r.IntN(most))
	for i := range scripts {
		scripts[i] = newScript(r, made)
	}
	kind, faults := kindTrouble(r)
	rude := kind
	rude.FailRead, rude.Reset = r.Float64()*0.2, r.Float64()*0.02

	plain := play(t, setup{root: root, seed: seed}, connections, streams, scripts)
	bounds := make([][]int, len(scripts))
	for i, s := range scripts {
		bounds[i] = checkResponses(t, seed, i, s, plain[i])
	}
	paced := setup{root: root, seed: seed, trouble: kind, faults: faults}
	if seed%2 == 1 { // it takes longer, and nothing else changes
		paced.adjust = func(c *Config) {
			c.Limits = Limits{ConnectionBandwidth: bandwidth(1 << 22), ClientBandwidth: bandwidth(1 << 22), Bandwidth: bandwidth(1 << 23), Pipelined: int(seed % 5)}
		}
	}
	for i, c := range play(t, paced, connections, streams, scripts) {
		same := bytes.Equal(c.got, plain[i].got) && c.err == plain[i].err
		if scripts[i].breakAt != never {
			same = isPrefix(c.got, plain[i].got) || isPrefix(plain[i].got, c.got)
		}
		if !same {
			t.Fatalf("seed %d, client %d: with faults %d bytes, %v, without %d, %v; they differ from %d on",
				seed, i, len(c.got), c.err, len(plain[i].got), plain[i].err, common(c.got, plain[i].got))
		}
	}
	for i, c := range play(t, setup{root: root, seed: seed, trouble: rude, faults: faults}, connections, streams, scripts) {
		if !isPrefix(c.got, plain[i].got) && !isPrefix(plain[i].got, c.got) && !endsInRefusal(c.got, plain[i].got, bounds[i]) {
			t.Fatalf("seed %d, client %d: broken after %d bytes, without faults %d; they differ from %d on",
				seed, i, len(c.got), len(plain[i].got), common(c.got, plain[i].got))
		}
	}
}

// kindTrouble makes up faults that no client can notice.
func kindTrouble(r *rand.Rand) (p simio.Probabilities, f *backend.Faults) {
	for _, field := range []*float64{
		&p.Park, &p.Late, &p.ShortRecv, &p.ShortSend, &p.LateAccept, &p.CutBatch,
		&p.EmptyWait, &p.Early, &p.ShortRead, &p.SlowRead, &p.ColdLookUp, &p.SlowLookUp,
	} {
		if r.IntN(2) == 0 {
			*field = r.Float64() * 0.6
		}
	}
	if r.IntN(2) == 0 {
		f = &backend.Faults{Seed: r.Uint64(), Split: r.IntN(4) == 0, Eagain: r.Float64() / 2, Short: r.Float64() / 2}
	}
	return p, f
}

// play plays all scripts at the same time, until the last connection has ended. It
// returns the clients, with the dates blanked out in what they got.
func play(t *testing.T, s setup, connections, streams int, scripts []*script) []*client {
	t.Helper()
	passed := false
	defer func() {
		if !passed { // or panicked
			t.Errorf("seed %d has failed", s.seed)
		}
	}()
	h := playOut(t, s, connections, streams, scripts)
	defer h.destroy()
	passed = !t.Failed()
	for i, c := range h.clients {
		undate(c.got)
		if scripts[i].maybe() {
			c.got = unclose(c.got)
		}
		c.told = h.told.begun[c.peer.Address()]
	}
	return h.clients
}

// playOut is play, and leaves the harness as it is then.
func playOut(t *testing.T, s setup, connections, streams int, scripts []*script) *harness {
	t.Helper()
	adjust := s.adjust
	s.adjust = func(c *Config) {
		serveMade(c)
		c.Connections, c.OpenFiles = connections, 12
		if adjust != nil {
			adjust(c)
		}
	}
	h := s.open(t)
	h.resizeStreams(streams, scriptBuffer)
	if n := s.seed % 5; n > 0 {
		h.bodies.sends.after = int64(n-1) * int64(50*time.Microsecond)
	}
	for _, s := range scripts {
		s.client(h)
	}
	for i, c := range h.clients {
		if n := s.addresses; n > 0 {
			c.peer.SetAddress(backend.AddressFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i % n)}), uint16(1000+i))))
		}
	}
	h.until("all clients to be done", func() bool {
		for _, c := range h.clients {
			if !c.over {
				return false
			}
		}
		return true
	})
	h.settle()
	return h
}

// checkResponses checks what a client got without faults against its script. It
// returns where the responses end.
func checkResponses(t *testing.T, seed uint64, number int, s *script, c *client) (bounds []int) {
	t.Helper()
	var methods []string
	for _, e := range s.exchanges {
		if e.status != 0 && !(e.status == 408 && s.halfClose) {
			methods = append(methods, e.method)
		}
	}
	got, rest, err := parseResponses(c.got, methods...)
	bounds = []int{0}
	for i, a := range got {
		bounds = append(bounds, a.end)
		e := s.exchanges[i]
		if a.status != e.status || a.status < 300 && !e.fits(a, s.breakAt != never) || a.close != e.last && !e.maybe {
			t.Fatalf("seed %d, client %d: %.200q\ngot %d with %d bytes, close %v; want %d, %d, %v",
				seed, number, e.request, a.status, len(a.body), a.close, e.status, len(e.body), e.last)
		}
	}
	var told []int
	for _, o := range c.told {
		if o.sent > 0 {
			told = append(told, o.status)
		}
	}
	var statuses []int
	for _, a := range got {
		statuses = append(statuses, a.status)
	}
	if s.breakAt == never && !slices.Equal(told, statuses) {
		t.Fatalf("seed %d, client %d: got %v, but %v was told of", seed, number, statuses, told)
	}
	if s.breakAt == never && (err != nil || len(rest) > 0 || c.err != io.EOF) {
		t.Fatalf("seed %d, client %d: %d responses to %d requests, then %d bytes, %v; the connection ended with %v",
			seed, number, len(got), len(methods), len(rest), err, c.err)
	}
	return bounds
}

// fits says that a response has the body that the script expects. A client that
// breaks off may have only the start of a body that ends with the connection.
func (e *scripted) fits(a parsedResponse, broken bool) bool {
	broken = broken && a.header.Get("Content-Length") == "" && a.close
	switch {
	case e.lists:
		return broken || namesAll(a.body)
	case broken:
		return isPrefix(a.body, e.body)
	}
	return bytes.Equal(a.joined(), e.body)
}

// endsInRefusal says that got is some of the responses in want, and then one
// saying that a file could not be read.
func endsInRefusal(got, want []byte, bounds []int) bool {
	for _, end := range bounds {
		const refusal = "HTTP/1.1 500 "
		if end <= common(got, want) && isPrefix(got[end:min(len(got), end+len(refusal))], []byte(refusal)) {
			return true
		}
	}
	return false
}

func isPrefix(prefix, b []byte) bool { return bytes.HasPrefix(b, prefix) }

// common is the length of the longest common prefix of a and b.
func common(a, b []byte) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// undate blanks out what differs from run to run: dates and the delimiters of
// parts. The last one may be cut short.
func undate(got []byte) {
	for mark, n := range map[string]int{
		"\r\nDate: ": len(http.TimeFormat), "boundary=": len(message.Boundary{}), "\r\n--": len(message.Boundary{}),
	} {
		b, mark := got, []byte(mark)
		for i := bytes.Index(b, mark); i >= 0; i = bytes.Index(b, mark) {
			b = b[i+len(mark):]
			for j := range b[:min(len(b), n)] {
				b[j] = '0'
			}
		}
	}
}

// unclose removes what says that the connection ends. The last of it may be cut
// short.
func unclose(got []byte) []byte {
	field := []byte("Connection: close\r\n")
	got = bytes.ReplaceAll(got, field, nil)
	for n := len(field) - 1; n > 0; n-- {
		if cut, found := bytes.CutSuffix(got, field[:n]); found {
			return cut
		}
	}
	return got
}

// joined is the body, or the contents of its parts joined together.
func (a parsedResponse) joined() []byte {
	kind, parameters, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "multipart/byteranges" {
		return a.body
	}
	var all []byte
	for parts := multipart.NewReader(bytes.NewReader(a.body), parameters["boundary"]); ; {
		part, err := parts.NextPart()
		if err != nil {
			return all
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return all
		}
		all = append(all, b...)
	}
}
