// Requests that wait for a file system, or for a password to be checked: what the
// kernel does not know is looked up on a goroutine (files/calls.go, guard.go), and the
// response is decided on again when the answer is there.
//
//	decide ─► awaitLookUp ─► takeFileEvents, takeVerdicts ─► decideAgain ─► decide
//	              └─ too late ─► notLookedUp: 503
//	refusal.go ─► awaitPage ─► the same, with the page of an error

package httpx

import (
	"errors"

	"aws/backend"
	"aws/httpx/message"
)

// awaitLookUp saves the request, which is at the start of b. Gathered responses do
// not wait: they are sent first.
func (l *loop) awaitLookUp(c *conn, b []byte) {
	if l.held.short && c.in.buffer == none {
		l.forget(c.exchange)
		l.counters.refuse(noMemoryLeft)
		l.respondError(c, message.StatusUnavailable, plainPage)
		return
	}
	l.inputs.keep(&c.in, b)
	l.awaitAnswer(c)
}

// awaitPage waits for the page of a refusal, whose status the exchange has. Its
// request is gone.
func (l *loop) awaitPage(c *conn) {
	c.flags |= refusing
	l.awaitAnswer(c)
}

// awaitAnswer waits for a look-up, and sends the gathered responses meanwhile.
func (l *loop) awaitAnswer(c *conn) {
	c.state = lookingUp
	c.flags &^= lookedUp
	if c.out.len() > 0 && !c.has(sending) {
		l.sendGathered(c)
	}
	if !c.has(sending) && l.deadlines.kind[c.slot()] != lookUpDeadline { // one for all look-ups of a request
		l.deadlines.arm(c.slot(), lookUpDeadline, l.now())
	}
}

// takeFileEvents acts on what goroutines have found out about files, or read.
func (l *loop) takeFileEvents() {
	for {
		e, ok := l.files.NextEvent()
		if !ok {
			return
		}
		if e.Asker == none {
			l.step(backend.Completion{Op: backend.OpReadFile, Read: e.Buffer, N: e.N})
			continue
		}
		if c := l.connOf(e.Asker); c.state == lookingUp {
			c.flags |= lookedUp
			l.decideAgain(c)
		} else {
			l.bodies.mayRead(e.Asker)
		}
	}
}

// takeVerdicts acts on what goroutines have found out about passwords.
func (l *loop) takeVerdicts() {
	l.guard.collect()
	for i, ok := l.guard.next(); ok; i, ok = l.guard.next() {
		c := l.connOf(i)
		c.flags |= lookedUp
		l.decideAgain(c)
	}
}

// forget makes an exchange wait for no look-up.
func (l *loop) forget(i int32) {
	l.files.Forget(i)
	if l.guard != nil {
		l.guard.forget(i)
	}
}

// decideAgain decides on the response once the look-up has been made and all
// gathered responses have been sent. Then it goes on with what has arrived.
func (l *loop) decideAgain(c *conn) {
	if !c.has(lookedUp) || c.has(sending) {
		return
	}
	if c.has(refusing) {
		l.respondError(c, int(l.current(c).status), ownPage)
		return
	}
	b := l.inputs.saved(&c.in)
	end, why := c.scan.Next(b, &l.request)
	backend.Assert(why == message.NotRefused, "httpx: a saved request is not what it was")
	if l.decide(c, b, end) {
		c.headAt = l.now()
		l.serve(c, l.inputs.saved(&c.in))
	}
}

// sentGathered takes the result of a send while a look-up is under way.
func (l *loop) sentGathered(c *conn) {
	switch {
	case c.out.len() > 0:
		l.sendGathered(c)
	case c.has(lookedUp):
		l.decideAgain(c)
	default:
		l.deadlines.arm(c.slot(), lookUpDeadline, l.now())
	}
}

var errNotLookedUp = errors.New("the file system has not answered in time")

// notLookedUp refuses a request whose file system has not answered in time, or whose
// password could not be checked, for which others may be to blame. Its page may lie on
// the same file system.
func (l *loop) notLookedUp(c *conn) {
	guarded := l.guard != nil && l.guard.waiting(c.exchange)
	l.forget(c.exchange)
	if c.has(refusing) {
		status := int(l.current(c).status)
		l.warn("looking for the page of "+message.StatusText(status), errNotLookedUp)
		l.respondError(c, status, plainPage)
		return
	}
	why := passwordsBusy
	if !guarded {
		why = lookUpLate
		l.warn("looking for "+string(message.RequestLine(l.inputs.saved(&c.in))), errNotLookedUp)
	}
	l.counters.refuse(why)
	l.respondError(c, message.StatusUnavailable, readyPage)
}
