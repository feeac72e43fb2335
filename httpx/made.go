// Sends a body that a goroutine makes; see maker.go for the other half.

package httpx

import (
	"aws/backend"
	"aws/httpx/files"
	"strconv"
)

// startMade has the body made and reads what it is made of.
func (l *loop) startMade(c *conn) {
	c.state = sendMade
	c.stream = noStream
	m := &l.makers[c.maker]
	m.start()
	switch {
	case m.listing != nil:
	case c.left == 0:
		close(m.input)
	default:
		l.seek(c, c.off)
		l.readNext(c)
	}
}

// handOver gives the goroutine the piece of the file that was read last, and
// reads the next.
func (l *loop) handOver(c *conn) {
	s := &c.stream
	s.sending, s.filled = s.filled, noSpan
	m := &l.makers[c.maker]
	m.input <- s.sending
	if c.left == 0 {
		close(m.input)
		return
	}
	l.readNext(c)
}

// takeNotes acts on what the goroutines have to say.
func (l *loop) takeNotes() {
	for _, n := range l.mailbox.collect() {
		m := &l.makers[n.maker]
		if n.kind == made {
			m.running = false
		}
		if m.slot == backend.None { // nobody wants it any more
			if n.kind == made {
				m.release()
			}
			continue
		}
		c := &l.conns[m.slot]
		switch {
		case c.state != sendMade: // it is being given up, as soon as nothing is in flight
		case n.kind == inputTaken:
			l.pieceUsed(c)
		case n.err != nil:
			l.warn("making the body of an answer", n.err)
			if m.failed = c.has(fileBusy); !m.failed { // else when that is over
				l.unfinished(c)
			}
		default:
			m.queue[m.queued] = n
			if m.queued++; m.queued == 1 {
				l.sendMade(c, m)
			}
		}
	}
}

// sendMade frames the first buffer of the queue and submits it, with the head
// before it if that has not gone yet. A body that is whole by then is sent as
// one with a length; of others, clients older than HTTP/1.1 find the end in
// the connection's.
func (l *loop) sendMade(c *conn, m *maker) {
	n := &m.queue[0]
	whole := n.kind == made && !m.framed && m.answer.Trailer == ""
	chunked := !whole && !c.has(http10)
	if !m.framed {
		m.framed = true
		length := -1
		if whole {
			length = n.n
		}
		l.endMadeHead(c, m, length)
	}
	b := l.streams.Bytes(n.buffer)
	from, to := int32(madeFrom), int32(madeFrom+n.n)
	if chunked && n.n > 0 {
		var size [chunkRoom]byte
		line := append(strconv.AppendInt(size[:0], int64(n.n), 16), "\r\n"...)
		from -= int32(len(line))
		copy(b[from:], line)
		to += int32(copy(b[to:], "\r\n"))
	}
	if chunked && n.kind == made {
		to += int32(copy(b[to:], "0\r\n"))
		if n.trailer != "" {
			to += int32(copy(b[to:], m.answer.Trailer))
			to += int32(copy(b[to:], ": "))
			to += int32(copy(b[to:], n.trailer))
			to += int32(copy(b[to:], "\r\n"))
		}
		to += int32(copy(b[to:], "\r\n"))
	}
	if head := l.outBytes(c); len(head) > 0 {
		from -= int32(len(head))
		copy(b[from:], head)
		l.releaseOut(c)
	}
	c.stream.made = span{buffer: n.buffer, from: from, to: to}
	if from == to { // the empty end of a body that the connection's end delimits
		l.madeSent(c, m)
		return
	}
	c.flags |= socketBusy
	l.engine.Send(c.token, b[from:to])
}

// endMadeHead ends the head with how the end of the body is found: by its
// length, or where that is below 0 by chunks, for clients who know them.
func (l *loop) endMadeHead(c *conn, m *maker, length int) {
	b := l.out(c)
	switch {
	case length >= 0:
		b = files.AppendContentLength(b, int64(length))
	case c.has(http10):
	case m.answer.Trailer != "":
		b = append(b, "Trailer: "...)
		b = append(b, m.answer.Trailer...)
		b = append(b, "\r\n"...)
		fallthrough
	default:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	c.out.to = int32(len(append(b, "\r\n"...)))
}

// madeMoved takes a completion of an answer that is being made.
func (l *loop) madeMoved(c *conn, done backend.Completion) {
	if done.Op == backend.OpReadFile {
		if l.makers[c.maker].failed {
			l.unfinished(c)
		} else {
			l.streamRead(c, done.N)
		}
		return
	}
	if done.N <= 0 {
		l.sendFailed(c, done.N)
		return
	}
	l.progress(c)
	s := &c.stream.made
	if s.from += int32(done.N); s.len() > 0 {
		c.flags |= socketBusy
		l.engine.Send(c.token, l.streams.Bytes(s.buffer)[s.from:s.to])
		return
	}
	l.madeSent(c, &l.makers[c.maker])
}

// madeSent goes on with the next buffer when the first of the queue is sent.
func (l *loop) madeSent(c *conn, m *maker) {
	sent := m.queue[0]
	c.stream.made = noSpan
	m.queue[0] = m.queue[1]
	m.queued--
	if sent.kind == made {
		l.bodySent(c)
		return
	}
	m.space <- sent.buffer
	if m.queued > 0 {
		l.sendMade(c, m)
	}
}

// leaveMaker parts the connection from its maker, which ends by itself if it
// runs.
func (l *loop) leaveMaker(c *conn) {
	if c.maker == backend.None {
		return
	}
	m := &l.makers[c.maker]
	c.maker = backend.None
	m.slot = backend.None
	if !m.running {
		m.release()
		return
	}
	m.holds, c.stream.sending = c.stream.sending.buffer, noSpan
	close(m.gone)
}
