package backendtest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"aws/backend"
)

var churnTests = []test{
	{"Churn", testChurn},
}

// testChurn has a few hundred clients come and go at random, more at a time
// than there are slots. Each sends a body that identifies it and expects its own
// answer, which may begin while it still sends; some leave early, and the server
// cuts some off.
func testChurn(t *testing.T, s *suite) {
	const seed, total, atOnce = 1, 300, 24
	srv := &server{
		harness:   s.start(t, 8),
		random:    rand.New(rand.NewPCG(seed, seed)),
		exchanges: map[backend.Token]*exchange{},
		readers:   make([]*exchange, reads),
		aborted:   map[int]bool{},
	}
	for i := range 4 {
		srv.file(i, 64<<10+int64(i)*1000)
	}
	srv.seen = srv.serve
	var clients []*client
	for served := 0; served < total; {
		srv.checkDeadline(fmt.Sprintf("client %d of %d (seed %d)", served, total, seed))
		if next := served + len(clients); next < total && len(clients) < atOnce {
			clients = append(clients, srv.newClient(next))
		}
		for i := 0; i < len(clients); i++ {
			if clients[i].step(srv) {
				clients = append(clients[:i], clients[i+1:]...)
				served++
				i--
			}
		}
		if srv.random.IntN(20) == 0 {
			srv.abort()
		}
		srv.turn(tick)
	}
	srv.until("the last exchanges to end", func() bool { return len(srv.exchanges) == 0 })
	srv.until("the last reads to end", srv.idle)
}

// server answers; its files are the harness's.
type server struct {
	*harness
	random    *rand.Rand
	exchanges map[backend.Token]*exchange
	order     []*exchange // for choosing at random, repeatably
	readers   []*exchange // by the number of their read
	hungry    []*exchange // wait for a number
	aborted   map[int]bool
}

// exchange is the server's view of a connection.
type exchange struct {
	*conn
	id     int // -1 until known
	heard  []byte
	rest   []byte   // of an answer by Send
	have   int      // bytes of it that have been read
	file   delivery // what is left of one by SendFile
	begun  bool     // the answer has
	ended  bool     // the client's body has
	ending bool
}

// The kinds of answers to a client: its own body, a head and a file, begun when
// the client is known, and a piece of a file by way of memory.
const (
	echoed = iota
	sentFile
	readFile
	kinds
)

// answer is what client id, which sends body, must receive.
func (srv *server) answer(id int, body []byte) []byte {
	f := srv.files[id%len(srv.files)]
	switch id % kinds {
	case sentFile:
		return append(content(id, 0, 100), content(f.id, int64(id), f.size-int64(id))...)
	case readFile:
		return content(f.id, 2*backend.Align, 4*backend.Align)
	}
	return body
}

// serve follows each completion, within its batch.
func (srv *server) serve(c *conn, done backend.Completion) {
	if c == nil {
		srv.hasRead(done)
		return
	}
	delete(c.done, done.Op)
	x := srv.exchanges[c.token]
	switch {
	case done.Op == backend.OpAccept:
		x = &exchange{conn: c, id: -1}
		srv.exchanges[c.token] = x
		srv.order = append(srv.order, x)
		srv.accepted = nil
		srv.recv(c)
	case x.ending || done.N < 0:
		srv.end(x)
	case done.Op == backend.OpRecv:
		srv.heard(x, done)
	case done.Op == backend.OpSend:
		if x.rest = x.rest[done.N:]; len(x.rest) > 0 {
			srv.send(c, x.rest)
		} else {
			srv.endWhenBoth(x)
		}
	case done.Op == backend.OpSendFile:
		if x.file.advance(done.N); !x.file.over() {
			srv.sendFile(c, x.file.head, x.file.file, x.file.off, x.file.n)
		} else {
			srv.endWhenBoth(x)
		}
	}
}

// hasRead takes a completed read, whose exchange may have ended meanwhile.
func (srv *server) hasRead(done backend.Completion) {
	srv.reads[done.Read].done = false
	x := srv.readers[done.Read]
	srv.readers[done.Read] = nil
	for len(srv.hungry) > 0 {
		next := srv.hungry[0]
		srv.hungry = srv.hungry[1:]
		if !next.ending {
			srv.readOrSend(next)
			break
		}
	}
	switch {
	case x.ending:
	case done.N < 0:
		srv.end(x)
	default:
		x.have = (x.have + done.N) / backend.Align * backend.Align
		srv.readOrSend(x)
	}
}

// heard takes a piece of a client's body. An echo begins at the body's end, any
// other answer as soon as the client is known.
func (srv *server) heard(x *exchange, done backend.Completion) {
	before := len(x.heard)
	x.heard = append(x.heard, done.Data...)
	if x.id < 0 && len(x.heard) >= 8 {
		x.id, before = idOf(x.heard), 0
	}
	if x.id >= 0 {
		check(srv.t, "recv", x.heard[before:], x.id, int64(before))
	}
	switch {
	case done.N > 0:
		srv.recv(x.conn)
		if x.begun || x.id < 0 || x.id%kinds == echoed {
			return
		}
	case x.id < 0: // gone before it was known
		srv.end(x)
		return
	case x.begun:
		x.ended = true
		if _, sending := x.asked[backend.OpSendFile]; !sending && x.file.over() && len(x.rest) == 0 {
			srv.end(x)
		}
		return
	default:
		x.ended = true
	}
	x.begun = true
	f := srv.files[x.id%len(srv.files)]
	switch x.id % kinds {
	case echoed:
		x.rest = x.heard
		srv.send(x.conn, x.rest)
	case sentFile:
		x.file = delivery{content(x.id, 0, 100), f, int64(x.id), f.size - int64(x.id)}
		srv.sendFile(x.conn, x.file.head, f, x.file.off, x.file.n)
	case readFile:
		x.rest = pages(4 * backend.Align)
		srv.readOrSend(x)
	}
}

// readOrSend sends the piece of a file, once all of it has been read.
func (srv *server) readOrSend(x *exchange) {
	if x.have == len(x.rest) {
		srv.send(x.conn, x.rest)
		return
	}
	number := slices.Index(srv.readers, nil)
	if number < 0 {
		srv.hungry = append(srv.hungry, x)
		return
	}
	srv.readers[number] = x
	srv.readFile(int32(number), x.rest[x.have:], srv.files[x.id%len(srv.files)], 2*backend.Align+int64(x.have))
}

// endWhenBoth ends an exchange whose answer has been sent, unless the client
// still sends: to close then would be a reset.
func (srv *server) endWhenBoth(x *exchange) {
	if x.ended {
		srv.end(x)
	}
}

// end closes the connection once nothing is in flight; a file read may be.
func (srv *server) end(x *exchange) {
	x.ending = true
	if len(x.asked) > 0 {
		srv.cancel(x.conn)
		return
	}
	srv.close(x.conn)
	delete(srv.exchanges, x.token)
	for i, other := range srv.order {
		if other == x {
			srv.order = append(srv.order[:i], srv.order[i+1:]...)
			return
		}
	}
}

// abort ends the connection of a client that is known.
func (srv *server) abort() {
	if len(srv.order) == 0 {
		return
	}
	if x := srv.order[srv.random.IntN(len(srv.order))]; x.id >= 0 && !x.ending {
		srv.aborted[x.id] = true
		srv.end(x)
	}
}

// client is the peer's view of a connection.
type client struct {
	id     int
	intake intake
	rest   []byte
	want   []byte
	stay   int // the steps until it leaves early; below 0, never
}

func (srv *server) newClient(id int) *client {
	body := content(id, 0, 8+int64(srv.random.IntN(8<<10)))
	c := &client{id: id, intake: intake{peer: srv.dial()}, rest: body, want: srv.answer(id, body), stay: -1}
	if srv.random.IntN(4) == 0 {
		c.stay = srv.random.IntN(30)
	}
	return c
}

// step plays the client's part and returns whether it is over.
func (c *client) step(srv *server) bool {
	srv.t.Helper()
	peer := c.intake.peer
	if len(c.rest) > 0 {
		n, err := peer.Write(c.rest[:1+srv.random.IntN(len(c.rest))])
		if c.rest = c.rest[n:]; err != nil {
			c.rest = nil // cut off: what it has got shows in Read
		} else if len(c.rest) == 0 {
			peer.CloseWrite()
		}
	}
	c.intake.step(1 + srv.random.IntN(16<<10))
	got, err := c.intake.got, c.intake.err
	left := c.stay == 0
	if c.stay--; err == nil && !left {
		return false
	}
	switch {
	case srv.aborted[c.id] || left:
		if !bytes.HasPrefix(c.want, got) {
			equal(srv.t, fmt.Sprint("client ", c.id, ", which left early"), got, c.want)
		}
	case err != io.EOF:
		srv.t.Fatalf("client %d: %v after %d of %d bytes", c.id, err, len(got), len(c.want))
	default:
		equal(srv.t, fmt.Sprint("client ", c.id), got, c.want)
	}
	if left && c.id%2 == 0 {
		peer.Reset()
	} else {
		peer.Close()
	}
	return true
}
