// HTTP/1: from responses and pieces of bodies to bytes.
//
//	response ─► writeHead ─► respond ─► proceed ─► next (bodies.go) ─► frame ─► transmit (wire.go)
//	                            │           ▲                                      │
//	                            └─ gather   └─────────── sendDone ─────────────────┘

package httpx

import (
	"errors"
	"strconv"
	"time"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/site"
)

const (
	// outSize is the size of the buffers that heads are composed in, with what
	// leaves together with them.
	outSize = 32 << 10
	// MaxCopy is the maximum of Config.CopyBelow: what a buffer holds after the
	// longest head.
	MaxCopy = outSize - maxHead
)

// writeHead composes the head of a response after those gathered. endHead ends
// it. The exchange takes over the body.
func (l *loop) writeHead(c *conn, x *exchange, r *response) {
	if c.out.buffer == none {
		l.takeOut(c)
	}
	x.status = uint16(r.status)
	if r.body.kind == madeBody {
		x.flags |= headOpen
		if x.has(http10) { // only the end of the connection ends the body
			x.flags &^= keepAlive
		}
	}
	b := l.starts.appendTo(l.composed(c), r, &l.clock.date)
	for i := range r.fields[:r.n] {
		b = r.appendField(b, &r.fields[i])
	}
	if r.pinned != none && r.body.file == none {
		l.files.Release(r.pinned)
	}
	l.setComposed(c, b)
}

// setComposed sets what has been composed: see composed.
func (l *loop) setComposed(c *conn, b []byte) {
	backend.Assert(len(b)-int(c.gathered) <= maxHead && len(b) <= outSize, "httpx: head longer than its buffer")
	l.setOut(c, int32(len(b)))
}

// respond ends the composed head and begins to send it and the body. If the next
// request has arrived and there is room for its response, the response is
// gathered instead, and respond returns true.
func (l *loop) respond(c *conn) (gathered bool) {
	x := l.current(c)
	if l.draining || l.limits != nil && l.limits.isLast(c.slot()) {
		x.flags &^= keepAlive
	}
	l.endHead(c, x)
	l.copyBody(c)
	if l.gather(c, x) {
		return true
	}
	l.progress(c)
	c.state = responding
	if l.bodies.at(c.exchange).left > muchSent {
		l.mayQueue(c)
	}
	l.proceed(c)
	return false
}

// endHead ends the head, now that the fate of the connection is known, and adds a
// body that is a text. The head of a made body stays open: see frame.
func (l *loop) endHead(c *conn, x *exchange) {
	b := l.composed(c)
	switch {
	case !x.has(keepAlive):
		b = append(b, "Connection: close\r\n"...)
	case x.has(http10): // its default is to close (RFC 9112 §9.3)
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	if !x.has(headOpen) {
		b = append(b, "\r\n"...)
	}
	if l.bodies.at(c.exchange).isText() {
		_, text, _ := l.bodies.next(c.exchange)
		b = append(b, text...)
	}
	l.setComposed(c, b)
}

// copyBody copies a small static file after its head, if the operator prefers
// that to sendfile(2) and the page cache holds the file.
func (l *loop) copyBody(c *conn) {
	body := l.bodies.at(c.exchange)
	room := outSize - int64(c.out.to)
	if body.kind != fileBody || l.held.short || body.left > min(int64(l.config.CopyBelow), room) || l.files.At(body.file).Mount.Kind != site.Static {
		return
	}
	b := l.outs.Bytes(c.out.buffer)[c.out.to : int64(c.out.to)+body.left]
	if l.files.CopyCached(b, body.file, body.off, l.lookOf(c)) {
		l.exchanges.comesFrom(c.exchange, FromCache)
		l.setOut(c, c.out.to+int32(body.left))
		l.bodies.leave(c.exchange)
	}
}

// gather keeps a response that is composed whole, to send it together with the
// response to the next request. Clients may send requests without waiting for
// responses (pipelining, RFC 9112 §9.3.2); one buffer, and so one send, takes all
// of these. gather returns false if the response has to be sent now.
func (l *loop) gather(c *conn, x *exchange) bool {
	if l.bodies.at(c.exchange).kind != noBody || !x.has(keepAlive) || c.in.buffer == none ||
		outSize-c.out.to < maxHead || !l.exchanges.canTake(c.token.Slot()) {
		return false
	}
	if l.limits != nil && !l.limits.gathers(c.slot(), c.gathered == 0) {
		return false
	}
	x.outEnd = uint16(c.out.to)
	c.gathered = c.out.to
	return true
}

// proceed asks the body for pieces and sends what there is. At the end of the
// body it finishes the exchange. Nothing is being sent.
func (l *loop) proceed(c *conn) {
	i := c.exchange
	b := l.bodies.at(i)
	if l.limits != nil && l.awaitsTurn(c) {
		return
	}
	for c.piece.empty() || c.piece.inFile && !l.takesFiles(c) {
		if !c.piece.empty() {
			l.files.Missed(b.file)
			l.bodies.putBack(i, &c.piece)
		}
		if b.needsBuffers() && c.out.from < c.gathered {
			l.transmitGathered(c)
			return
		}
		p, text, s := l.bodies.next(i)
		switch s {
		case hasPiece:
			c.piece = p
			if b.kind == madeBody {
				x := l.current(c)
				if l.frame(c, x, &l.bodies.made.makers[b.source]); x.has(headOnly) {
					l.dropPage(c)
				}
			}
		case hasText:
			l.appendText(c, text)
		case notYet:
			return
		case over:
			l.sendRest(c)
			return
		}
	}
	l.cork(c)
	l.transmit(c)
	if !l.paces(c) {
		l.bodies.readNext(i)
	}
}

// appendText composes a few bytes of a body after what has been composed.
func (l *loop) appendText(c *conn, text []byte) {
	if c.out.buffer == none {
		l.takeOut(c)
	}
	l.setComposed(c, append(l.composed(c), text...))
}

// sendRest sends what has been composed after the last piece of a body. If there
// is nothing, the response is finished.
func (l *loop) sendRest(c *conn) {
	if c.out.len() == 0 {
		l.finished(c)
		return
	}
	l.cork(c)
	l.transmit(c)
}

// frame frames a piece of a made body (RFC 9112 §7.1), in the room that its buffer
// has around it. The first piece also ends the head. If it is the whole body, the
// head gives its length. Otherwise the body is sent in chunks, or ends with the
// connection for clients older than HTTP/1.1.
func (l *loop) frame(c *conn, x *exchange, m *maker) {
	p := &c.piece
	if x.has(headOpen) {
		x.flags &^= headOpen
		l.setStatus(c, x, m)
		length := -1
		switch {
		case p.last && m.processed.Trailer == "":
			length = int(p.length)
		case !x.has(http10):
			x.flags |= inChunks
		}
		l.closeHead(c, x, m, length)
	}
	b := l.bodies.buffers.arena.Bytes(p.buffer)
	b = b[:p.off+p.length]
	if x.has(inChunks) && p.length > 0 {
		var line [chunkRoom]byte
		head := append(strconv.AppendInt(line[:0], p.length, 16), "\r\n"...)
		p.off -= int64(len(head))
		copy(b[p.off:], head)
		b = append(b, "\r\n"...)
	}
	if x.has(inChunks) && p.last {
		b = append(b, "0\r\n"...)
		if trailer := m.trailer(); trailer != "" {
			b = appendLine(append(append(b, m.processed.Trailer...), ": "...), "", trailer)
		}
		b = append(b, "\r\n"...)
	}
	p.length = int64(len(b)) - p.off
	if p.empty() { // the body is empty, or ends with the connection
		l.bodies.recycle(c.exchange, p)
	}
}

// closeHead ends the head of a made body with how the end of the body is found: by
// its length, or if that is below 0 by chunks or the end of the connection.
func (l *loop) closeHead(c *conn, x *exchange, m *maker, length int) {
	b := l.composed(c)
	switch {
	case length >= 0:
		b = message.AppendContentLength(b, int64(length))
	case x.has(inChunks):
		if m.processed.Trailer != "" {
			b = appendLine(b, "Trailer: ", m.processed.Trailer)
		}
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	l.setComposed(c, append(b, "\r\n"...))
}

// setStatus changes the status of the head that is still open, if the maker of the page
// has set another.
func (l *loop) setStatus(c *conn, x *exchange, m *maker) {
	status := m.queue[0].status
	if status == 0 || uint16(status) == x.status {
		return
	}
	x.status = uint16(status)
	b := l.composed(c)
	line := message.RequestLine(b[c.gathered:]) // a status line ends as a request line does
	fields := string(b[int(c.gathered)+len(line)+len("\r\n"):])
	l.setComposed(c, append(appendStatusLine(b[:c.gathered], status), fields...))
}

// dropPage drops the body of a page of which only the head is sent, now that its first
// piece has told the status.
func (l *loop) dropPage(c *conn) {
	if !c.piece.empty() {
		l.bodies.recycle(c.exchange, &c.piece)
	}
	l.bodies.leave(c.exchange)
}

// finished ends the current exchange: the kernel has taken all of its response.
// Then it goes on with the next request, or ends the connection.
func (l *loop) finished(c *conn) {
	x := l.current(c)
	ended, outcome := x.flags, Whole
	if c.stall.ended(x.sent); c.owesMuch() && !c.has(large) {
		l.mayQueue(c)
	}
	if l.bodies.at(c.exchange).sentAsFile() {
		change := l.changed(c.exchange)
		if change != files.Same {
			ended &^= keepAlive
		}
		if change == files.Rewritten { // too late to say so to the client
			outcome = Failed
		}
	}
	l.bodies.leave(c.exchange)
	backend.Assert(c.oldest == c.exchange, "httpx: an older response has not been sent")
	l.endOldest(c, outcome)
	switch {
	case ended&keepAlive != 0 && c.in.buffer != none:
		c.headAt = l.now()
		l.serve(c, l.inputs.saved(&c.in))
	case ended&keepAlive != 0 && !l.draining && (l.limits == nil || !l.limits.isOld(c.slot(), l.now())):
		l.idle(c)
	case ended&(unread|keepAlive) != 0 || c.in.buffer != none ||
		!c.has(corked) && l.engine.Unacked(c.token) > 0 || l.engine.Unread(c.token) > 0:
		l.startLinger(c)
	default:
		l.abandon(c, Whole)
	}
}

// How long after the start of an exchange its file is looked at once more, in
// nanoseconds. A look that comes sooner may see nothing new: file times advance
// with the kernel's ticks, of up to 10 ms (CONFIG_HZ). A small file is read by one
// call or two, right after it was confirmed, unless something holds that up.
const (
	watchedAfter      = int64(10 * time.Millisecond)
	smallWatchedAfter = int64(time.Second)
)

var errChanged = errors.New("the file was written to while it was being sent")

// changed says what has become of the file of a response that has taken longer
// than that. Whatever it finds is logged.
func (l *loop) changed(i int32) (change files.Change) {
	file := l.bodies.at(i).file
	took := l.now() - l.exchanges.at(i).start
	if took <= watchedAfter || took <= smallWatchedAfter && l.files.At(file).ID.Size <= streamSize {
		return files.Same
	}
	if change = l.files.Changed(file, l.clock.moment); change != files.Same {
		l.warnFile(file, errChanged)
	}
	return change
}

// allRead looks whether what has been read of a file is of one version. If not,
// it ends the response before the last of it is sent, and returns false. A file
// that has grown may be as it was up to there, so only the connection ends.
func (l *loop) allRead(i int32) bool {
	switch l.changed(i) {
	case files.Rewritten:
		l.unfinished(i, Failed, message.StatusInternalError)
		return false
	case files.Grown:
		l.exchanges.at(i).flags &^= keepAlive
	}
	return true
}
