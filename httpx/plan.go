package httpx

// plan decides on the answer to a request: a status, and for a 200 the file,
// pinned, and what of it is to be sent.
func (l *loop) plan(c *conn, r *request) {
	c.flags &^= keepAlive | http10 | headOnly | unread
	if r.keepAlive {
		c.flags |= keepAlive
	}
	if r.minor == 0 {
		c.flags |= http10
	}
	if r.method == methodHead {
		c.flags |= headOnly
	}
	c.file, c.off, c.left = none, 0, 0
	c.status = l.find(c, r)
	if c.status == statusOK && !c.has(headOnly) {
		c.left = l.files.entries[c.file].id.size
	}
}

// find routes the request and pins its file.
func (l *loop) find(c *conn, r *request) (status int) {
	switch r.method {
	case methodGet, methodHead:
	case methodOptions:
		return statusNoContent
	case methodUnknown:
		return statusNotImplemented
	default:
		return statusMethodNotAllowed
	}
	path, status := cleanPath(l.path[:], r.path)
	if status != 0 {
		return status
	}
	m, rel := l.router.route(path)
	if m == nil {
		return statusNotFound
	}
	turn := l.turns
	if c.in.buffer != none || c.turn == turn { // it may have come just now
		turn = 0
	}
	if c.file, status = l.files.acquire(m, rel, l.now, turn); status != 0 {
		return status
	}
	return statusOK
}
