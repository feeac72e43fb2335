package httpx

import (
	"aws/backend"

	"golang.org/x/sys/unix"
)

// sendFile submits what remains of head and file. What the page cache does not
// hold goes through buffers instead: sendfile(2) would wait for the disk, and
// all other connections with it.
func (l *loop) sendFile(c *conn) {
	if !l.files.Resident(c.file, c.off, min(c.left, backend.SendFileMax), l.now) {
		l.files.Missed(c.file)
		c.flags |= streamed
		l.sendBody(c)
		return
	}
	l.copyToPage(c)
	c.state = sendStatic
	c.flags |= socketBusy
	l.engine.SendFile(c.token, l.outBytes(c), l.files.Entries[c.file].File, c.off, c.left)
}

// copyToPage reads what of a file comes before the next page behind the head, so
// that sendfile(2) starts with a page. The kernel's unit of sending holds 17
// pieces (MAX_SKB_FRAGS): the head, and 16 pages. 64 KiB that lie across 17
// pages would take a second one, nearly empty, and twice the work
// (docs/engines.md). What lies across fewer gains nothing.
func (l *loop) copyToPage(c *conn) {
	const page, pages = backend.Align, 16
	into := c.off % page
	if into == 0 || into+c.left <= pages*page || c.out.buffer == backend.None {
		return
	}
	n := int32(page - into)
	if c.out.to-c.gathered+n > headRoom {
		return // a stream that takes over wants room for it
	}
	if b := l.outs.Bytes(c.out.buffer)[c.out.to:]; len(b) >= int(n) {
		n := max(backend.ReadCached(l.files.Entries[c.file].File.FD, b[:n], c.off), 0)
		c.out.to += int32(n)
		c.off += int64(n)
		c.left -= int64(n)
	}
}

// sent takes n sent bytes, or an error, off what remains of the head and the
// file.
func (l *loop) sent(c *conn, n int) {
	if n <= 0 {
		l.notSent(c, n)
		return
	}
	l.progress(c)
	head := min(int64(n), int64(c.out.len()))
	if c.out.from += int32(head); c.out.len() == 0 {
		l.releaseOut(c)
	}
	body := int64(n) - head
	c.off += body
	c.left -= body
	switch {
	case c.state == sendPlain && (c.left > 0 || c.maker != backend.None):
		l.sendBody(c) // behind the answers before it
	case c.left > 0:
		l.sendFile(c)
	case c.out.buffer != backend.None:
		l.sendPlain(c)
	default:
		l.bodySent(c)
	}
}

func (l *loop) notSent(c *conn, n int) {
	switch {
	case n == 0:
		// The file has become shorter than Content-Length has promised: only
		// a connection closed short can say so.
		l.warnFile(c, errShrunk)
		l.abandon(c)
	case c.left > 0 && (unix.Errno(-n) == unix.EINVAL || unix.Errno(-n) == unix.ENOSYS):
		c.flags |= streamed // a file system without sendfile: sendfile(2), Notes
		l.sendBody(c)
	default:
		l.sendFailed(c, n)
	}
}
