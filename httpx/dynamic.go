package httpx

import (
	"golang.org/x/sys/unix"

	"aws/backend"
)

// A stream reads a file into buffers and sends them, with at most two buffers
// at work: while one is being sent, the next is being read. Its memory is
// constant, however long the file.
//
//	ReadFile ─► filled ─► sending ─► done, and its buffer is free again
//	   └──────── while the one before is sending ────────┘
//
// A buffer starts with room for the head, which is put right before the
// file's first byte, so that both leave in one send.

const (
	headRoom   = maxAnswerHead
	streamSize = 128 << 10 // bytes of the file in one buffer
	bufferSize = headRoom + streamSize
)

// stream is a connection's share of a transfer through buffers.
type stream struct {
	readOff int64 // where the next read starts, a multiple of backend.Align
	skip    int32 // leading bytes of that read that are not wanted
	cold    bool  // the page cache did not hold what the last read asked for
	reading int32 // the buffer that ReadFile fills, or none
	filled  span  // read and not yet being sent
	sending span  // being sent, or being read by a maker
	made    span  // being sent for a maker, whose buffer it is
}

var noStream = stream{reading: none, filled: noSpan, sending: noSpan, made: noSpan}

// startStream starts to send the head, if that has not gone already, and
// c.left bytes of the file from c.off.
func (l *loop) startStream(c *conn) {
	c.state = sendDynamic
	c.stream = noStream
	l.seek(c, c.off)
	l.readNext(c)
}

// seek makes pos the position of the next byte to read. Reads start at
// multiples of backend.Align, so some bytes before it are read again.
func (l *loop) seek(c *conn, pos int64) {
	c.stream.readOff = pos &^ (backend.Align - 1)
	c.stream.skip = int32(pos - c.stream.readOff)
}

// readNext submits the next read if there is something to read, nothing is
// being read and no filled buffer waits. While something is being sent it
// takes no buffer that others may need more.
func (l *loop) readNext(c *conn) {
	s := &c.stream
	if c.left == 0 || s.reading != none || s.filled.buffer != none || c.has(wantsBuffer) {
		return
	}
	if s.sending.buffer != none && l.streams.Free() < l.readAhead {
		return
	}
	if s.reading = l.streams.Take(); s.reading == none {
		c.flags |= wantsBuffer
		l.waiting.pushBack(l.waitLinks, c.slot())
		return
	}
	want := min(c.left+int64(s.skip), streamSize)
	want = (want + backend.Align - 1) &^ (backend.Align - 1)
	b := l.streams.Bytes(s.reading)[headRoom : headRoom+want]
	c.flags |= fileBusy
	file := l.files.entries[c.file].file
	file.Cold = s.cold
	l.readers[s.reading] = c.slot()
	l.engine.ReadFile(s.reading, b, file, s.readOff)
}

// streamed takes a completion of the stream's.
func (l *loop) streamed(c *conn, done backend.Completion) {
	if done.Op == backend.OpReadFile {
		l.streamRead(c, done.N)
	} else {
		l.streamSent(c, done.N)
	}
}

// streamRead takes n bytes read, or an error.
func (l *loop) streamRead(c *conn, n int) {
	s := &c.stream
	buffer := s.reading
	s.reading = none
	wanted := min(int64(n)-int64(s.skip), c.left)
	if wanted <= 0 {
		l.giveStreamBuffer(buffer)
		l.streamFailed(c, n)
		return
	}
	l.progress(c)
	from := headRoom + s.skip
	s.filled = span{buffer: buffer, from: from, to: from + int32(wanted)}
	l.seek(c, s.readOff+int64(s.skip)+wanted)
	c.left -= wanted
	if s.sending.buffer == none {
		l.passOn(c)
	}
}

// passOn gives the filled buffer to who waits for it: the client, or who makes
// the body of it.
func (l *loop) passOn(c *conn) {
	if c.maker != none {
		l.handOver(c)
	} else {
		l.sendFilled(c)
	}
}

// pieceUsed takes back a buffer that has been passed on, and passes on the
// next. It is false when that was the last.
func (l *loop) pieceUsed(c *conn) (more bool) {
	s := &c.stream
	l.giveStreamBuffer(s.sending.buffer)
	s.sending = noSpan
	switch {
	case s.filled.buffer != none:
		l.passOn(c)
	case c.left > 0:
		l.readNext(c) // unless it is under way
	default:
		return false
	}
	return true
}

// sendFilled submits the filled buffer, the head before it if there is one,
// and the next read.
func (l *loop) sendFilled(c *conn) {
	s := &c.stream
	s.sending, s.filled = s.filled, noSpan
	if head := l.outBytes(c); len(head) > 0 {
		s.sending.from -= int32(len(head))
		copy(l.streams.Bytes(s.sending.buffer)[s.sending.from:], head)
		l.releaseOut(c)
	}
	l.sendStream(c)
	l.readNext(c)
}

func (l *loop) sendStream(c *conn) {
	s := &c.stream.sending
	c.flags |= socketBusy
	l.engine.Send(c.token, l.streams.Bytes(s.buffer)[s.from:s.to])
}

// streamSent takes n bytes sent, or an error.
func (l *loop) streamSent(c *conn, n int) {
	if n <= 0 {
		l.sendFailed(c, n)
		return
	}
	l.progress(c)
	s := &c.stream
	if s.sending.from += int32(n); s.sending.len() > 0 {
		l.sendStream(c)
		return
	}
	if !l.pieceUsed(c) {
		l.bodySent(c)
	}
}

// streamFailed ends a stream whose file could not be read, or ended early.
// Before the head is on its way there still is an answer.
func (l *loop) streamFailed(c *conn, n int) {
	if n >= 0 {
		l.warnFile(c, errShrunk)
	} else {
		l.warnFile(c, unix.Errno(-n))
	}
	l.unfinished(c)
}

// unfinished ends an answer whose body cannot be had: with another answer if
// there still can be one.
func (l *loop) unfinished(c *conn) {
	if c.unsent() {
		l.refuse(c, statusInternalError)
	} else {
		l.abandon(c)
	}
}

// giveStreamBuffer gives a buffer back, to the connection that has waited
// longest if any does.
func (l *loop) giveStreamBuffer(buffer int32) {
	l.streams.Give(buffer)
	if l.waiting.empty() {
		return
	}
	c := &l.conns[l.waiting.first]
	l.stopWaiting(c)
	l.readNext(c)
}

func (l *loop) stopWaiting(c *conn) {
	if c.has(wantsBuffer) {
		l.waiting.remove(l.waitLinks, c.slot())
		c.flags &^= wantsBuffer
	}
}

// leaveStream gives back what a stream holds. Nothing of it is in flight.
func (l *loop) leaveStream(c *conn) {
	l.stopWaiting(c)
	s := c.stream
	c.stream = noStream
	for _, buffer := range [...]int32{s.reading, s.filled.buffer, s.sending.buffer} {
		if buffer != none {
			l.giveStreamBuffer(buffer)
		}
	}
}
