package backendtest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"aws/backend"
)

var churnTests = []test{
	{"Churn", testChurn},
}

// testChurn has a few hundred clients come and go at random, more at a time
// than there are slots. Each sends a body that tells who it is and expects
// the answer that is its own; some leave early, and some are thrown out.
func testChurn(t *testing.T, s *suite) {
	const seed, total, atOnce = 1, 300, 24
	r := &restaurant{
		harness: s.start(t, 8),
		random:  rand.New(rand.NewPCG(seed, seed)),
		guests:  map[backend.Token]*guest{},
		thrown:  map[int]bool{},
	}
	for i := range 4 {
		r.menu = append(r.menu, r.file(i, 64<<10+int64(i)*1000))
	}
	r.seen = r.serve
	var clients []*client
	for served := 0; served < total; {
		r.checkDeadline(fmt.Sprintf("client %d of %d (seed %d)", served, total, seed))
		if next := served + len(clients); next < total && len(clients) < atOnce {
			clients = append(clients, r.newClient(next))
		}
		for i := 0; i < len(clients); i++ {
			if clients[i].step(r) {
				clients = append(clients[:i], clients[i+1:]...)
				served++
				i--
			}
		}
		if r.random.IntN(20) == 0 {
			r.throwOut()
		}
		r.turn(tick)
	}
	r.until("the last guests to leave", func() bool { return len(r.guests) == 0 })
}

// restaurant is the server's side.
type restaurant struct {
	*harness
	random *rand.Rand
	menu   []*file
	guests map[backend.Token]*guest
	order  []*guest // for choosing by chance, repeatably
	thrown map[int]bool
}

// guest is a connection as the server sees it.
type guest struct {
	*conn
	id      int // -1 until known
	heard   []byte
	rest    []byte   // of an answer by Send
	file    delivery // what is left of one by SendFile
	leaving bool
}

// The three kinds of answers to a client: its own body, a head and a file,
// and a piece of a file by way of memory.
const (
	echoed = iota
	sentFile
	readFile
	kinds
)

// answer is what client id, who sends body, has to get.
func (r *restaurant) answer(id int, body []byte) []byte {
	f := r.menu[id%len(r.menu)]
	switch id % kinds {
	case sentFile:
		return append(content(id, 0, 100), content(f.id, int64(id), f.size-int64(id))...)
	case readFile:
		return content(f.id, 2*backend.Align, 4*backend.Align)
	}
	return body
}

// serve follows each completion, within its batch.
func (r *restaurant) serve(c *conn, done backend.Completion) {
	delete(c.done, done.Op)
	g := r.guests[c.token]
	switch {
	case done.Op == backend.OpAccept:
		g = &guest{conn: c, id: -1}
		r.guests[c.token] = g
		r.order = append(r.order, g)
		r.accepted = nil
		r.recv(c)
	case g.leaving || done.N < 0:
		r.leave(g)
	case done.Op == backend.OpRecv:
		r.heard(g, done)
	case done.Op == backend.OpReadFile:
		g.rest = g.rest[:done.N] // a multiple of Align: the piece is not the file's last
		r.send(c, g.rest)
	case done.Op == backend.OpSend:
		if g.rest = g.rest[done.N:]; len(g.rest) > 0 {
			r.send(c, g.rest)
		} else {
			r.leave(g)
		}
	case done.Op == backend.OpSendFile:
		if g.file.advance(done.N); !g.file.over() {
			r.sendFile(c, g.file.head, g.file.file, g.file.off, g.file.n)
		} else {
			r.leave(g)
		}
	}
}

// heard takes a piece of a client's body; at its end the answer begins.
func (r *restaurant) heard(g *guest, done backend.Completion) {
	before := len(g.heard)
	g.heard = append(g.heard, done.Data...)
	if g.id < 0 && len(g.heard) >= 8 {
		g.id, before = idOf(g.heard), 0
	}
	if g.id >= 0 {
		check(r.t, "recv", g.heard[before:], g.id, int64(before))
	}
	if done.N > 0 {
		r.recv(g.conn)
		return
	}
	if g.id < 0 { // gone before it said who it was
		r.leave(g)
		return
	}
	f := r.menu[g.id%len(r.menu)]
	switch g.id % kinds {
	case echoed:
		g.rest = g.heard
		r.send(g.conn, g.rest)
	case sentFile:
		g.file = delivery{content(g.id, 0, 100), f, int64(g.id), f.size - int64(g.id)}
		r.sendFile(g.conn, g.file.head, f, g.file.off, g.file.n)
	case readFile:
		g.rest = pages(4 * backend.Align)
		r.readFile(g.conn, g.rest, f, 2*backend.Align)
	}
}

// leave closes the connection, as soon as nothing is in flight.
func (r *restaurant) leave(g *guest) {
	g.leaving = true
	if len(g.asked) > 0 {
		r.cancel(g.conn)
		return
	}
	r.close(g.conn)
	delete(r.guests, g.token)
	for i, other := range r.order {
		if other == g {
			r.order = append(r.order[:i], r.order[i+1:]...)
			return
		}
	}
}

// throwOut ends a connection whose client has said who it is.
func (r *restaurant) throwOut() {
	if len(r.order) == 0 {
		return
	}
	if g := r.order[r.random.IntN(len(r.order))]; g.id >= 0 && !g.leaving {
		r.thrown[g.id] = true
		r.leave(g)
	}
}

// client is a connection as the peer sees it.
type client struct {
	id       int
	intake   intake
	body     []byte
	rest     []byte
	want     []byte
	patience int // the steps until it leaves early; below 0, never
}

func (r *restaurant) newClient(id int) *client {
	body := content(id, 0, 8+int64(r.random.IntN(8<<10)))
	c := &client{id: id, intake: intake{peer: r.Dial()}, body: body, rest: body, want: r.answer(id, body), patience: -1}
	if r.random.IntN(4) == 0 {
		c.patience = r.random.IntN(30)
	}
	return c
}

// step plays the client's part and returns whether it is over.
func (c *client) step(r *restaurant) bool {
	r.t.Helper()
	peer := c.intake.peer
	if len(c.rest) > 0 {
		n, err := peer.Write(c.rest[:1+r.random.IntN(len(c.rest))])
		if c.rest = c.rest[n:]; err != nil {
			c.rest = nil // thrown out: what it has got shows in Read
		} else if len(c.rest) == 0 {
			peer.CloseWrite()
		}
	}
	c.intake.step(1 + r.random.IntN(16<<10))
	got, err := c.intake.got, c.intake.err
	left := c.patience == 0
	if c.patience--; err == nil && !left {
		return false
	}
	switch {
	case r.thrown[c.id] || left:
		if !bytes.HasPrefix(c.want, got) {
			equal(r.t, fmt.Sprint("client ", c.id, ", which left early"), got, c.want)
		}
	case err != io.EOF:
		r.t.Fatalf("client %d: %v after %d of %d bytes", c.id, err, len(got), len(c.want))
	default:
		equal(r.t, fmt.Sprint("client ", c.id), got, c.want)
	}
	if left && c.id%2 == 0 {
		peer.Reset()
	} else {
		peer.Close()
	}
	return true
}
