// What happens to a body while its response is under way: a read has completed, a maker
// has left a note, or there will never be more.
//
//	loop.go, conn.go ─► bodies.readDone, noteReceived ─► bodyEvent ─► proceed (http1response.go)
//	                                                        └─► unfinished: another response, or the end

package httpx

import (
	"errors"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
	"aws/httpx/message"
)

// collectNotes acts on the notes of the makers.
func (l *loop) collectNotes() {
	for _, n := range l.bodies.made.pool.Collect() {
		if n.kind == leftOut {
			l.warn("making the body of a response", n.err)
			continue
		}
		i, e := l.bodies.made.noteReceived(&n)
		if e == failed {
			l.notMade(i, &n)
			continue
		}
		l.bodyEvent(i, e, 0)
	}
}

// bodyEvent acts on an event of a body. If a read caused it, n is the read's
// result.
func (l *loop) bodyEvent(i int32, e event, n int) {
	if e == nothing {
		return
	}
	c := l.connOf(i)
	if n > 0 && e != failed && l.bodies.at(i).left == 0 && !l.allRead(i) {
		return
	}
	switch e {
	case failed:
		l.readFailed(i, n)
	case moved:
		l.progress(c)
	case ready:
		if n > 0 {
			l.progress(c)
		}
		if !c.has(sending) {
			l.proceed(c)
		} else {
			l.bodies.sendBegins(i, l.now())
		}
	}
}

// sourceOf says where a read for exchange i got its bytes from.
func (l *loop) sourceOf(i int32, cold bool) Source {
	switch file := l.bodies.at(i).file; {
	case file != none && l.files.At(file).Remote():
		return FromRemote
	case cold:
		return FromDisk
	}
	return FromCache
}

// readFailed ends a response after a read that failed or found the file too
// short.
func (l *loop) readFailed(i int32, n int) {
	file := l.bodies.at(i).file
	if n >= 0 {
		l.warnFile(file, errShrunk)
		l.unfinished(i, Shrunk, message.StatusInternalError)
	} else {
		l.warnFile(file, unix.Errno(-n))
		l.unfinished(i, Failed, message.StatusInternalError)
	}
}

// notMade ends a response whose body could not be made. A folder may be gone
// since it was opened.
func (l *loop) notMade(i int32, n *note) {
	status := message.StatusInternalError
	if errno := unix.Errno(0); l.bodies.made.makers[n.maker].folder >= 0 && errors.As(n.err, &errno) {
		status = files.StatusOf(errno)
	}
	if status != message.StatusNotFound {
		l.warn("making the body of a response", n.err)
	}
	l.unfinished(i, Failed, status)
}

// unsent says that no byte of the current response has been sent, so another
// response can still take its place.
func (l *loop) unsent(c *conn) bool {
	return c.out.len() > 0 && !c.has(sending) && l.current(c).sent == 0
}

// unfinished ends a response when its body cannot be completed. Another response,
// of this status, takes its place if that is still possible.
func (l *loop) unfinished(i int32, o Outcome, status int) {
	c := l.connOf(i)
	if l.unsent(c) {
		l.refuse(c, status, unmade(status))
	} else {
		l.abandon(c, o)
	}
}
