package httpx

// stallParts is how many times a transfer is looked at before it counts as
// stalled.
const stallParts = 4

// progress notes that a transfer or a body has moved.
func (l *loop) progress(c *conn) {
	c.stalls, c.unacked = 0, -1
	l.deadlines.arm(c.slot(), stallDeadline, l.now())
}

// stalled says that nothing has moved for the whole stall timeout, of which
// another part has passed. That the engine had nothing to complete proves
// nothing while it sends: the kernel takes more only when a third of its buffer
// is free, and a slow client may need minutes for that. So what the client has
// acknowledged counts as well, looked at only now, when there is time.
func (l *loop) stalled(c *conn) bool {
	if c.has(sending) {
		before := c.unacked
		c.unacked = l.engine.Unacked(c.token)
		if before < 0 || c.unacked < before {
			c.stalls = 0
			l.deadlines.arm(c.slot(), stallDeadline, l.now())
			return false
		}
	}
	if c.stalls++; c.stalls < stallParts {
		l.deadlines.arm(c.slot(), stallDeadline, l.now())
		return false
	}
	return true
}
