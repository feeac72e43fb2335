// The wire: between the engine's bytes and HTTP's. It sends what has been composed
// and one piece of a body after it, until nothing is left. There is one wire:
// plain, over TCP or a unix socket. What a proxy says before HTTP begins is prologue.go's.
//
//	out + piece ─► transmit ─► Send | SendFile ─► sendDone: advance over what was sent
//	                  ▲                               │
//	                  └────────── the rest ───────────┘

package httpx

import (
	"errors"

	"golang.org/x/sys/unix"

	"aws/backend"
)

var errShrunk = errors.New("the file has become shorter while it was being sent")

// corkMax is the most that is left to the kernel to deliver after the connection
// has been closed: a little more than TCP sends at once, ten segments (RFC 6928).
const corkMax = 17 << 10

// outBytes is what has been composed and not yet sent.
func (l *loop) outBytes(c *conn) []byte {
	if c.out.buffer == none {
		return nil
	}
	return l.outs.Bytes(c.out.buffer)[c.out.from:c.out.to]
}

// composed is all that has been composed in the buffer, including what has been
// sent of it.
func (l *loop) composed(c *conn) []byte { return l.outs.Bytes(c.out.buffer)[:c.out.to] }

// takeOut gives the connection an empty buffer to compose in.
func (l *loop) takeOut(c *conn) {
	backend.Assert(c.out.buffer == none, "httpx: a second buffer to compose in")
	buffer := l.outs.Take()
	backend.Assert(buffer != none, "httpx: more composed responses than connections")
	c.out = span{buffer: buffer}
	l.held.outPages += pages(0)
}

// setOut sets the end of what has been composed.
func (l *loop) setOut(c *conn, to int32) {
	l.held.outPages += pages(to) - pages(c.out.to)
	c.out.to = to
}

// giveOut gives that buffer back, if there is one.
func (l *loop) giveOut(c *conn) {
	if c.out.buffer != none {
		l.outs.Give(c.out.buffer)
		l.held.outPages -= pages(c.out.to)
		c.out, c.gathered = noSpan, 0
	}
}

// transmit submits what has been composed and the piece after it. Nothing is
// being sent.
func (l *loop) transmit(c *conn) {
	p := &c.piece
	l.sends(c)
	switch {
	case p.inFile:
		l.copyToPage(c)
		l.exchanges.comesFrom(c.exchange, FromCache) // takesFiles has asked it
		f := l.files.At(l.bodies.at(c.exchange).file).File
		l.engine.SendFile(c.token, l.outBytes(c), f, p.off, l.bounded(c, p.length))
	case p.empty():
		l.engine.Send(c.token, l.outBytes(c))
	default:
		b := l.bodies.buffers.arena.Bytes(p.buffer)
		if head := l.outBytes(c); len(head) > 0 { // right before the piece, so that both leave together
			p.advance(-int64(len(head)))
			copy(b[p.off:], head)
			l.giveOut(c)
		}
		l.bodies.sendBegins(c.exchange, l.now())
		l.engine.Send(c.token, b[p.off:p.off+l.bounded(c, p.length)])
	}
}

// bounded is how many of n bytes of a piece are sent now.
func (l *loop) bounded(c *conn, n int64) int64 {
	if l.limits == nil {
		return n
	}
	return l.limits.most(c.slot(), n)
}

// sends notes that a send begins, and that the server waits for the client.
func (l *loop) sends(c *conn) {
	c.flags |= sending
	c.pace.wait(l.now())
}

// transmitGathered sends the gathered responses alone. What comes after them may
// have to wait: for the rest of a request, a buffer, or a maker.
func (l *loop) transmitGathered(c *conn) {
	c.state = responding
	l.sendGathered(c)
}

// sendGathered is transmitGathered without going on after it.
func (l *loop) sendGathered(c *conn) {
	l.sends(c)
	l.engine.Send(c.token, l.outs.Bytes(c.out.buffer)[c.out.from:c.gathered])
}

// copyToPage copies the bytes of a file up to the next page after the head, so that
// sendfile(2) starts with a page. The kernel's unit of sending holds 17 fragments
// (MAX_SKB_FRAGS): the head and 16 pages. 64 KiB spread over 17 pages would take a
// second unit, nearly empty, and twice the work (docs/engines.md). Fewer pages
// gain nothing.
func (l *loop) copyToPage(c *conn) {
	const page, pages = backend.Align, 16
	p := &c.piece
	into := p.off % page
	if into == 0 || into+p.length <= pages*page || c.out.buffer == none {
		return
	}
	n := int32(page - into)
	if c.out.to-c.gathered+n > headRoom {
		return // if stream buffers take over, the head has to fit before the file
	}
	if b := l.outs.Bytes(c.out.buffer)[c.out.to:]; len(b) >= int(n) {
		f := l.files.At(l.bodies.at(c.exchange).file).File
		n := max(backend.ReadCached(f.FD, b[:n], p.off), 0)
		l.setOut(c, c.out.to+int32(n))
		p.advance(int64(n))
	}
}

// takesFiles says that the file can go to the socket as it is: the page cache
// holds what is sent next. Otherwise sendfile(2) would wait for the disk, and all
// other connections with it.
func (l *loop) takesFiles(c *conn) bool {
	p := &c.piece
	return l.files.Resident(l.bodies.at(c.exchange).file, p.off, min(p.length, backend.SendFileMax), l.now())
}

// sendDone takes the result of a send, a count or an error, and goes on with the
// rest.
func (l *loop) sendDone(c *conn, n int) {
	c.pace.count(l.now(), int64(l.deadlines.after[stallDeadline]))
	c.sent += int64(max(n, 0))
	l.counters.sent += uint64(max(n, 0))
	if l.limits != nil {
		l.limits.spend(c.slot(), int64(max(n, 0)))
	}
	wanted := l.sendEnds(c)
	switch {
	case c.state == closing:
		if n > 0 { // the send was cancelled too late
			l.advance(c, n)
			if c.out.len() == 0 && c.piece.empty() && l.bodies.over(c.exchange) {
				c.outcome = Whole
			}
		}
		l.closeWhenIdle(c)
	case wanted && n == -int(unix.ECANCELED):
		l.takeBack(c)
	case n <= 0:
		l.notSent(c, n)
	default:
		c.flags |= responded
		l.progress(c)
		l.advance(c, n)
		switch {
		case c.state == lookingUp:
			l.sentGathered(c)
			return
		case !c.has(large) && l.current(c).sent > muchSent: // of a length that was not known
			l.mayQueue(c)
		}
		if wanted {
			l.takeBack(c)
		} else {
			l.proceed(c)
		}
	}
}

// recall asks for stream buffers back if others wait for them.
func (l *loop) recall() {
	for l.bodies.untilRecall(l.now()) == 0 {
		if i := l.bodies.recall(l.now()); i != none {
			c := l.connOf(i)
			c.flags |= recalled
			l.engine.CancelSend(c.token)
		}
	}
}

// sendEnds notes the end of a send, and reports whether its buffer was recalled.
func (l *loop) sendEnds(c *conn) (wanted bool) {
	if c.exchange != none {
		l.bodies.sends.end(c.exchange)
	}
	if wanted = c.has(recalled); wanted {
		c.flags &^= recalled
		l.bodies.sends.recallEnds()
	}
	return wanted
}

// takeBack gives a stream buffer that was recalled to who waits for it. What the kernel
// has not taken is read again, but for its start. That goes on alone, in a buffer that
// every connection may have: it holds the head, if that has not gone, and when the
// client has taken it, there is room for more.
func (l *loop) takeBack(c *conn) {
	p := &c.piece
	if p.empty() || l.bodies.buffers.missing() == 0 {
		l.proceed(c)
		return
	}
	b := l.bodies.buffers.arena.Bytes(p.buffer)[p.off : p.off+p.length]
	l.takeOut(c)
	n := int64(copy(l.outs.Bytes(c.out.buffer)[:headRoom], b))
	l.setOut(c, int32(n))
	p.advance(n)
	l.bodies.putBack(c.exchange, p)
	l.transmit(c)
}

// advance moves over n sent bytes of what was composed and of the piece.
func (l *loop) advance(c *conn, n int) {
	head := min(int32(n), c.out.len())
	if head > 0 {
		l.creditOut(c, head)
		if c.out.from += head; c.out.len() == 0 {
			l.giveOut(c)
		}
	}
	rest := int64(n) - int64(head)
	if rest == 0 {
		return
	}
	l.exchanges.credit(c.exchange, rest)
	p := &c.piece
	if p.advance(rest); p.empty() {
		l.bodies.recycle(c.exchange, p)
	}
}

// creditOut credits the exchanges with n sent bytes of what was composed, and ends
// those with gathered responses that are now sent whole.
func (l *loop) creditOut(c *conn, n int32) {
	at := c.out.from
	for n > 0 && c.oldest != c.exchange {
		end := int32(l.exchanges.at(c.oldest).outEnd)
		taken := min(n, end-at)
		l.exchanges.credit(c.oldest, int64(taken))
		at += taken
		n -= taken
		if at < end {
			return
		}
		l.endOldest(c, Whole)
	}
	l.exchanges.credit(c.exchange, int64(n))
}

// notSent acts on a send that took nothing: n is 0 or an error.
func (l *loop) notSent(c *conn, n int) {
	switch {
	case n == 0:
		// The file has become shorter than Content-Length promised. Only closing
		// the connection early can tell the client.
		l.warnFile(l.bodies.at(c.exchange).file, errShrunk)
		l.abandon(c, Shrunk)
	case c.piece.inFile && (unix.Errno(-n) == unix.EINVAL || unix.Errno(-n) == unix.ENOSYS):
		l.bodies.putBack(c.exchange, &c.piece) // a file system without sendfile: sendfile(2), NOTES
		l.proceed(c)
	default:
		l.sendFailed(c, n)
	}
}

// cork lets the connection's last response, if it is small, leave in one segment
// with the end of the connection. It is safe to close before the client has
// acknowledged it: the client sends no more, so nothing causes a reset, and the
// kernel delivers so little by itself, unless earlier responses are still on
// their way.
func (l *loop) cork(c *conn) {
	x, b := l.current(c), l.bodies.at(c.exchange)
	if !x.has(sendsNoMore) || x.sent > 0 || c.has(corked) || x.has(unread) || c.in.buffer != none ||
		b.kind == partsBody || b.kind == madeBody {
		return
	}
	if int64(c.out.len())+c.piece.length+b.left <= corkMax && (!c.has(responded) || l.engine.Unacked(c.token) == 0) {
		c.flags |= corked
		l.engine.Cork(c.token)
	}
}

// progress records that a transfer has moved. If it is to be looked at, the deadline
// stays as it is.
func (l *loop) progress(c *conn) {
	c.stall.progress()
	if l.deadlines.kind[c.slot()] != stallDeadline || l.minRate == 0 || !c.pace.due() {
		l.deadlines.arm(c.slot(), stallDeadline, l.now())
	}
}

// look takes a look at a transfer, and says how it is to end: Stalled if nothing has
// moved for the stall timeout, TooSlow if the client crawls. What the client has
// acknowledged counts as progress. It is asked for only here, off the hot path, as
// that takes a system call.
func (l *loop) look(c *conn) Outcome {
	unacked, acknowledged := 0, false
	if c.has(sending) {
		unacked = l.engine.Unacked(c.token)
		acknowledged = c.stall.acknowledged(unacked)
	}
	switch {
	case !acknowledged && c.stall.stalled(l.stallLooks):
		return Stalled
	case c.has(sending) && l.minRate > 0:
		c.pace.count(l.now(), int64(l.deadlines.after[stallDeadline]))
		if c.pace.crawls(c.sent, int64(unacked), l.minRate) {
			return TooSlow
		}
	}
	if c.has(large) {
		l.boundQueue(c)
	}
	l.deadlines.arm(c.slot(), stallDeadline, l.now())
	return UnderWay
}
