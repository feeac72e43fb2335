// HTTP/1: refusals. An error takes the place of a response: because the head of the
// request cannot be understood, or does not come, or because the body of the request
// or of the response turns out to be bad.
//
//	refuseHead, refuse ─► respondError ─► plan.go: refuse ─► respond (http1response.go)
//	                           └─► awaitPage ─► lookingup.go ─► respondError
//
// The site's page for the error may have to be looked up. Nobody waits for it longer
// than for any look-up, and a page that cannot be had or sent is replaced by ours.

package httpx

import "aws/httpx/message"

// refuseHead refuses a head. b is what has arrived of it: its method is used, and
// what can be read of its fields.
func (l *loop) refuseHead(c *conn, b []byte, status int, why reason) {
	l.counters.refuse(why)
	x := l.begin(c, b, nil)
	r := &l.request
	message.Glean(b, r)
	s := l.sites.Of(r.Host)
	x.site, x.origin = s.Number, s.CORS.NumberOf(r)
	if r.PrefersHTML() {
		x.flags |= prefersHTML
	}
	l.respondError(c, status, ownPage)
}

// refuse replaces the current response, of which nothing has been sent, by one of
// this status, and ends the connection after it.
func (l *loop) refuse(c *conn, status int, why reason) {
	l.counters.refuse(why)
	l.dropResponse(c)
	page := ownPage
	if l.current(c).status >= message.StatusBadRequest || status == message.StatusUnavailable {
		page = plainPage // an error's page has failed, or there is no room for one
	}
	l.respondError(c, status, page)
}

// errorPage says where the page of a refusal may come from.
type errorPage uint8

const (
	plainPage errorPage = iota // from memory
	readyPage                  // from a file of the site's, if it can be had at once
	ownPage                    // from such a file
)

// respondError responds to the current exchange, which has no response yet. Input
// is dropped: either it cannot be understood, or the connection ends anyway.
func (l *loop) respondError(c *conn, status int, from errorPage) {
	l.inputs.keep(&c.in, nil)
	x := l.current(c)
	x.flags = x.flags&(headOnly|prefersHTML) | unread
	r := l.errorResponse(c, status, from)
	if r == nil {
		x.status = uint16(status)
		l.awaitPage(c)
		return
	}
	c.flags &^= refusing
	l.writeHead(c, x, r)
	l.respond(c)
}

// errorResponse decides on the response of an error. It is nil if its page may come from a
// file and has to be waited for.
func (l *loop) errorResponse(c *conn, status int, from errorPage) *response {
	x := l.current(c)
	if l.held.short {
		from = plainPage
	}
	r := l.planner.refuse(c.exchange, x, status, l.lookOf(c), from != plainPage)
	if r == nil && from != ownPage {
		l.forget(c.exchange)
		r = l.planner.refuse(c.exchange, x, status, l.lookOf(c), false)
	}
	return r
}

// dropResponse drops the current response and keeps those gathered before it.
func (l *loop) dropResponse(c *conn) {
	l.bodies.leave(c.exchange)
	if c.out.buffer == none {
		return
	}
	if l.setOut(c, c.gathered); c.out.len() == 0 {
		l.giveOut(c)
	}
}
