// What goes out together: small files behind their heads, and the answers to
// requests that were sent without waiting for the one before (pipelining, RFC
// 9112 §9.3.2). One buffer, and so one send, takes them all.
//
//	answer ─► copyBody ─► gather ─► nextRequest ─► … ─► answer ─► send
//	                          └─ no whole request waits ────────► send

package httpx

import (
	"aws/backend"
	"aws/httpx/site"
)

// MaxCopy is the most that Config.CopyBelow can be: what a buffer holds behind
// the longest head.
const MaxCopy = outSize - maxAnswerHead

// copyBody reads a small static file behind its head, where the site's
// operator prefers that to sendfile(2) and the page cache has the file.
func (l *loop) copyBody(c *conn) {
	room := outSize - int64(c.out.to)
	if c.left == 0 || c.left > min(l.copyBelow, room) || c.parts != backend.None || l.files.Entries[c.file].Mount.Kind != site.Static {
		return
	}
	b := l.outs.Bytes(c.out.buffer)[c.out.to : int64(c.out.to)+c.left]
	if l.files.CopyCached(b, c.file, c.off, l.lookOf(c)) {
		c.out.to += int32(c.left)
		l.releaseFile(c)
	}
}

// gather goes on with the next request if it has arrived and there is room for
// its answer behind this one, which is composed whole. It returns false if the
// answer is to be sent now.
func (l *loop) gather(c *conn) bool {
	if c.left > 0 || c.parts != backend.None || c.maker != backend.None || !c.has(keepAlive) || c.in.buffer == backend.None ||
		outSize-c.out.to < maxAnswerHead {
		return false
	}
	l.releaseFile(c)
	c.gathered = c.out.to
	l.nextRequest(c, l.input(c))
	return true
}

// sendGathered sends whole answers when what comes behind them has to wait:
// for the rest of a request, for a buffer, or for somebody who makes a body.
func (l *loop) sendGathered(c *conn) {
	l.progress(c)
	c.state = sendPlain
	c.flags |= socketBusy
	l.engine.Send(c.token, l.outs.Bytes(c.out.buffer)[c.out.from:c.gathered])
}
