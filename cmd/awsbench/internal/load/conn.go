package load

import (
	"hash/crc32"

	"golang.org/x/sys/unix"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum returns the checksum of a body, CRC-32C. It takes one instruction per 8
// bytes, little compared with receiving them.
func Sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// Add extends a checksum by further bytes.
func Add(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

const (
	// bufferSize is the most that one call receives of a hashed body.
	bufferSize = 256 << 10
	// A body of up to smallBody bytes is received with its head in one call. Of
	// a longer body that is not hashed, headFirst bytes are received with the
	// head, and the rest is discarded.
	smallBody = 8 << 10
	headFirst = 1 << 10
)

// flight is a request in flight.
type flight struct {
	target int32
	begun  int64 // ns since the start of the thread
}

// conn is a connection. Its answers arrive in the order of its flights.
type conn struct {
	fd      int      // -1: not connected
	index   int32    // in thread.conns
	flights []flight // a ring as long as the pipeline is deep
	first   int
	flying  int

	inBody bool
	hash   bool // this answer's body is hashed
	used   bool // this connection has received an answer
	ending bool // the server announced that it will close the connection
	sum    uint32
	left   int64  // of the body
	carry  []byte // the first part of an incomplete head
	out    []byte // bytes that the socket has not accepted yet
}

func (c *conn) push(f flight) {
	c.flights[(c.first+c.flying)%len(c.flights)] = f
	c.flying++
}

func (c *conn) target(t *thread) *Target {
	return &t.load.plan.Targets[c.flights[c.first].target]
}

// ready handles the events that epoll reports for a connection.
func (t *thread) ready(c *conn, events uint32) error {
	if len(c.out) > 0 && events&unix.EPOLLOUT != 0 {
		rest := c.out
		c.out = c.out[:0]
		if err := t.send(c, rest); err != nil {
			return err
		}
	}
	hangup := events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
	if events&unix.EPOLLIN == 0 && !hangup {
		return nil
	}
	return t.receive(c, hangup)
}

// receive takes what has arrived. A short read means that the socket is
// drained, so no further call is needed to learn EAGAIN. Only after a hangup
// does it read up to the end of the stream.
func (t *thread) receive(c *conn, hangup bool) error {
	for {
		if c.flying == 0 && hangup {
			return t.lost(c, 0)
		}
		asked, n, errno := t.read(c)
		switch {
		case errno == unix.EAGAIN:
			return t.refill(c)
		case errno == unix.EINTR:
			continue
		case errno != 0 || n == 0:
			return t.lost(c, errno)
		}
		if err := t.take(c, n); err != nil {
			return err
		}
		if !hangup && (n < asked || c.flying == 0) {
			return t.refill(c)
		}
	}
}

// read makes one call. It puts the bytes into t.buffer, after c.carry, or
// discards them if they belong to a body that is not hashed.
func (t *thread) read(c *conn) (asked, n int, errno unix.Errno) {
	if c.inBody && !c.hash {
		n, errno = discard(c.fd, c.left)
		return int(c.left), n, errno
	}
	room := len(t.buffer)
	if c.flying > 0 && !c.hash && c.target(t).Length > smallBody {
		room = max(headFirst, 2*len(c.carry))
	}
	start := copy(t.buffer, c.carry)
	b := t.buffer[start:min(room, len(t.buffer))]
	n, errno = receive(c.fd, b)
	return len(b), n, errno
}

// take processes n received bytes.
func (t *thread) take(c *conn, n int) error {
	if c.inBody && !c.hash {
		t.body(c, nil, int64(n))
		return nil
	}
	b := t.buffer[:len(c.carry)+n]
	c.carry = c.carry[:0]
	for len(b) > 0 {
		if c.inBody {
			k := min(int64(len(b)), c.left)
			if err := t.body(c, b[:k], k); err != nil {
				return err
			}
			b = b[k:]
			continue
		}
		end := headEnd(b)
		if end < 0 {
			if len(b) > maxHead {
				return wrong("a head longer than %d bytes", maxHead)
			}
			c.carry = append(c.carry, b...)
			return nil
		}
		if err := t.head(c, b[:end]); err != nil {
			return err
		}
		b = b[end:]
	}
	return nil
}

// head starts an answer.
func (t *thread) head(c *conn, b []byte) error {
	if c.flying == 0 {
		return wrong("an answer without a request: %.60q", b)
	}
	h, err := t.heads.parse(b)
	if err != nil {
		return WrongAnswer{err.Error()}
	}
	if err := h.check(c.target(t)); err != nil {
		return err
	}
	c.ending = h.close
	c.inBody, c.left, c.sum = true, h.length, 0
	if h.length == 0 {
		return t.complete(c)
	}
	return nil
}

// body counts n bytes of a body; b is nil if the body is not hashed.
func (t *thread) body(c *conn, b []byte, n int64) error {
	if c.hash {
		c.sum = Add(c.sum, b)
	}
	t.bodyBytes += uint64(n)
	if c.left -= n; c.left > 0 {
		return nil
	}
	return t.complete(c)
}

// complete finishes an answer.
func (t *thread) complete(c *conn) error {
	if c.hash {
		if want := c.target(t).Sum; c.sum != want {
			return wrong("a body with the checksum %08x instead of %08x", c.sum, want)
		}
		t.sampled++
	}
	t.record(c.flights[c.first].begun)
	c.first = (c.first + 1) % len(c.flights)
	c.flying--
	t.flying--
	t.answered++
	c.inBody, c.used = false, true
	t.turn(c)
	if c.flying == 0 && !t.load.plan.PerRequest {
		t.release(c)
	}
	return nil
}

// turn decides whether the body of the next answer is hashed.
func (t *thread) turn(c *conn) {
	t.turns++
	c.hash = t.turns%uint64(t.load.plan.SampleEvery) == 0
}

// lost handles a connection that the server closed. The server may do so between
// two answers; the requests in flight are then sent again, once.
func (t *thread) lost(c *conn, errno unix.Errno) error {
	between := !c.inBody && len(c.carry) == 0
	switch {
	case errno == unix.ECONNREFUSED:
		return errno
	case c.flying > 0 && (!c.used || !between):
		if errno != 0 {
			return wrong("connection lost before the end of the answer: %v", errno)
		}
		return wrong("connection closed before the end of the answer")
	case !t.load.plan.PerRequest:
		t.reconnects++
	}
	if err := t.reopen(c); err != nil {
		return err
	}
	if c.flying > 0 {
		return t.again(c)
	}
	if t.load.plan.PerRequest {
		t.release(c)
	}
	return t.refill(c)
}
