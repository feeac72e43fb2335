// Send queues: what the kernel holds of responses until clients take it, up to 4 MiB
// for each connection (tcp_wmem, tcp(7)).
//
// A bound on them costs a fast client throughput (docs/engines.md). So there is none
// while the queues of all large responses fit into their share of the budget. Past
// that, each one more that begins gets a smaller queue: the n-th for which only m fit
// gets (m/n)² of the most. However many follow, all of them then take about twice
// the share, until the least that a socket can do with is reached.

package httpx

import (
	"math/bits"
	"os"
	"strconv"
	"strings"
	"time"
)

// sendQueues are those of one loop. No system call is made for them unless too many
// responses are large at the same time.
type sendQueues struct {
	share int64 // of this loop, in bytes; 0 is no limit
	most  int64 // the most bytes of one queue
	large int   // connections that may have such a queue: see mayQueue
	swept int64 // when these were last looked through, in the loop's time
}

const (
	// leastQueue is the shortest queue that is asked for, as a power of two: 16 KiB.
	leastQueue = 14
	// sweepPause is how often connections are looked through at most.
	sweepPause = int64(time.Second / 4)
)

// newSendQueues makes the queues of one of so many loops.
func newSendQueues(memory int64, loops int) sendQueues {
	return sendQueues{share: memory / 4 / int64(loops), most: mostQueue()}
}

// mostQueue is how long the kernel lets a TCP send queue grow by itself: the last
// number of tcp_wmem, 4 MiB by default (tcp(7)).
func mostQueue() int64 {
	text, _ := os.ReadFile("/proc/sys/net/ipv4/tcp_wmem")
	if f := strings.Fields(string(text)); len(f) == 3 {
		if n, err := strconv.ParseInt(f[2], 10, 64); err == nil && n > 0 {
			return n
		}
	}
	return 4 << 20
}

// bound is how long a queue may be now, as a power of two; 0 is no bound.
func (q *sendQueues) bound() uint8 {
	n := int64(q.large)
	if q.share == 0 || n*q.most <= q.share {
		return 0
	}
	part := float64(q.share) / float64(n*q.most)
	return uint8(max(bits.Len64(uint64(float64(q.most)*part*part))-1, leastQueue))
}

// mayQueue counts the connection among those that may have much queued, and bounds
// its queue if there are too many. It stays among them until it has ended, or is
// seen to owe nothing.
func (l *loop) mayQueue(c *conn) {
	if !c.has(large) {
		c.flags |= large
		l.queues.large++
	}
	if l.queues.bound() != 0 && l.now()-l.queues.swept >= sweepPause {
		l.queues.swept = l.now()
		l.sweepQueues()
	}
	l.boundQueue(c)
}

// boundQueue brings the bound of the connection's queue up to date.
func (l *loop) boundQueue(c *conn) {
	b := l.queues.bound()
	if b == c.bound {
		return
	}
	c.bound = b
	if b == 0 {
		l.engine.BoundUnsent(c.token, 0)
	} else {
		l.engine.BoundUnsent(c.token, 1<<b)
	}
}

// sweepQueues looks which connections without a response have nothing queued any
// more.
func (l *loop) sweepQueues() {
	l.eachOpen(func(c *conn) {
		if c.has(large) && c.exchange == none && l.engine.Unacked(c.token) == 0 {
			l.noQueue(c)
		}
	})
}

// noQueue notes that nothing is queued for the client any more, or soon will be.
func (l *loop) noQueue(c *conn) {
	c.stall.owed = 0
	if c.has(large) {
		c.flags &^= large
		l.queues.large--
	}
}
