package simio

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// state is how far an operation has progressed:
//
//	idle ── start ──► waiting ── possible ──► held (if late) ──► queued ── Next ──► idle
type state uint8

const (
	idle state = iota
	waiting
	held
	queued
)

// operation is what a caller has submitted, with what its guards need.
type operation struct {
	token     backend.Token // 0 for a ReadFile
	read      int32         // the number of a ReadFile
	op        backend.Op
	state     state
	cancelled bool
	cold      bool          // ReadFile goes past the page cache
	due       time.Duration // not before then
	buf       []byte        // Send's and ReadFile's buffer, SendFile's head
	hash      uint64        // of buf at submission
	fd        int
	file      identity // of fd at submission
	off, n    int64
}

// possible says that the operation has a result now. A refused attempt is made
// again at the next tick.
func (e *Engine) possible(op *operation) bool {
	if op.cancelled {
		return true
	}
	if e.now < op.due {
		return false
	}
	if op.op == backend.OpReadFile {
		return true
	}
	l := e.conns[op.token.Slot()].link
	if (op.op == backend.OpRecv && !l.canRecv()) || (op.op != backend.OpRecv && !l.canSend()) {
		return false
	}
	if e.faults.Interrupted() || e.faults.WouldBlock() {
		e.counters.WouldBlock++
		op.due = e.now + tick
		return false
	}
	return true
}

// place is where the operation of a result is kept while it is in flight.
func (e *Engine) place(r result) *operation {
	switch r.op {
	case backend.OpReadFile:
		return &e.reads[r.index]
	case backend.OpRecv:
		return &e.conns[r.token.Slot()].recv
	}
	return &e.conns[r.token.Slot()].send
}

// perform makes an operation happen and takes it out of flight.
func (e *Engine) perform(r result) backend.Completion {
	place := e.place(r)
	op := *place
	*place = operation{}
	e.checkUntouched(&op)

	c := backend.Completion{Token: op.token, Read: op.read, Op: op.op, Cold: op.cold}
	if op.op == backend.OpReadFile {
		e.counters.ReadsInFlight--
		c.N = e.readFile(&op)
		return c
	}
	if op.cancelled {
		c.N = -int(syscall.ECANCELED)
		return c
	}
	l := e.conns[op.token.Slot()].link
	if e.chance(e.p.Reset) {
		l.abort()
	}
	switch op.op {
	case backend.OpRecv:
		c.N = e.receive(l)
		if c.N > 0 {
			e.lent = c.N
			c.Data = e.recv[:c.N:c.N]
		}
	case backend.OpSend:
		c.N = e.send(l, op.buf)
	case backend.OpSendFile:
		c.N = e.sendFile(l, &op)
	}
	return c
}

func (e *Engine) receive(l *link) int {
	e.counters.Recvs++
	n := min(max(l.up.unread(), 1), len(e.recv))
	n = e.faults.Limit(backend.OpRecv, e.shorten(n, e.p.ShortRecv))
	return l.recv(e.recv[:n])
}

func (e *Engine) send(l *link, b []byte) int {
	e.counters.Sends++
	if errno := l.sendError(); errno != 0 {
		return -int(errno)
	}
	n := e.shorten(min(len(b), l.down.room()), e.p.ShortSend)
	n = l.down.write(b[:e.faults.Limit(backend.OpSend, n)])
	l.sent()
	if n < len(b) {
		e.counters.Short++
	}
	return n
}

// sendFile sends as much as fits into the socket buffer.
func (e *Engine) sendFile(l *link, op *operation) int {
	e.counters.Sendfiles++
	if errno := l.sendError(); errno != 0 {
		return -int(errno)
	}
	if e.chance(e.p.FailRead) {
		return -int(syscall.EIO)
	}
	all := int64(len(op.buf)) + op.n
	room := e.shorten(int(min(int64(l.down.room()), all)), e.p.ShortSend)
	room = e.faults.Limit(backend.OpSendFile, room)
	n := l.down.write(op.buf[:min(len(op.buf), room)])
	if room > n {
		m, errno := pread(op.fd, l.down.free(room-n), op.off)
		if errno != 0 && n == 0 {
			return -int(errno)
		}
		l.down.grow(m)
		n += m
	}
	l.sent()
	if int64(n) < all {
		e.counters.Short++
	}
	return n
}

func (e *Engine) readFile(op *operation) int {
	if op.cold {
		e.counters.DirectReads++
	} else {
		e.counters.CachedReads++
	}
	if e.chance(e.p.FailRead) {
		return -int(syscall.EIO)
	}
	blocks := len(op.buf) / backend.Align
	b := op.buf[:e.shorten(blocks, e.p.ShortRead)*backend.Align]
	n, errno := pread(op.fd, b, op.off)
	if errno != 0 {
		return -int(errno)
	}
	return e.faults.Limit(backend.OpReadFile, n)
}

func pread(fd int, b []byte, off int64) (int, syscall.Errno) {
	for {
		n, err := unix.Pread(fd, b, off)
		switch err {
		case nil:
			return n, 0
		case unix.EINTR:
			continue
		}
		return 0, err.(syscall.Errno)
	}
}
