// Bandwidth: when a connection's turn to send comes. limits.go has the limits.
//
//	proceed ─► reserve a piece in each bucket ─► its time has come ─► transmit ─► spend
//	              └─► the wheel, until then ─► proceed (limiting.go)
//
// A reservation is a place in a line: whoever reserves later comes later, so those who
// share a bucket take turns, on all loops, and each wakes up once for a piece. Pieces are
// as large as a quarter of a second takes, so that a slow transfer costs no more for a
// byte than a fast one. While a connection waits, the server waits for itself: no
// deadline of the client's runs, and no stream buffer is held.

package httpx

import "time"

// longLine is how many nanoseconds others have reserved when pieces become short.
const longLine = int64(time.Second)

// mayWait says that a connection has to reserve what it sends next.
func (m *limits) mayWait(slot int32) bool {
	c := &m.conns[slot]
	return m.paced && !c.exempt && c.credit <= 0
}

// reserve reserves up to n bytes, and what has been sent without, and returns when they
// may be sent, by the loop's clock. short lets a long line shorten the piece.
func (m *limits) reserve(slot int32, n, now int64, short bool) (due int64) {
	c := &m.conns[slot]
	now += m.skewed
	if short && (m.Bandwidth.On() && m.all.bytes.Behind(now) > longLine ||
		m.ClientBandwidth.On() && m.all.clients.Bytes(c.client).Behind(now) > longLine) {
		n = min(n, leastPiece)
	}
	n = min(n, m.piece)
	debt := n - c.credit
	c.credit = n
	if m.ConnectionBandwidth.On() {
		due = c.bytes.Reserve(&m.ConnectionBandwidth, debt, now)
	}
	if m.ClientBandwidth.On() {
		due = max(due, m.all.clients.Bytes(c.client).Reserve(&m.ClientBandwidth, debt, now))
	}
	if m.Bandwidth.On() {
		due = max(due, m.all.bytes.Reserve(&m.Bandwidth, debt, now))
	}
	return due - m.skewed
}

// spend counts what has been sent.
func (m *limits) spend(slot int32, n int64) { m.conns[slot].credit -= n }

// most is how much of a stretch of n bytes may be sent now. A little more than was reserved
// goes with it, or a head would leave as much of its file for a turn of its own.
func (m *limits) most(slot int32, n int64) int64 {
	c := &m.conns[slot]
	if !m.paced || c.exempt || n-c.credit <= leastPiece {
		return n
	}
	return max(c.credit, leastPiece)
}

// leavesLine ends the waiting of a connection that ends. What it has reserved and not sent
// is given back; what it has sent without is reserved now.
func (m *limits) leavesLine(slot int32) {
	c := &m.conns[slot]
	if !m.paced || c.exempt {
		return
	}
	m.wheel.remove(slot)
	if m.ClientBandwidth.On() {
		m.all.clients.Bytes(c.client).GiveBack(&m.ClientBandwidth, c.credit)
	}
	if m.Bandwidth.On() {
		m.all.bytes.GiveBack(&m.Bandwidth, c.credit)
	}
	c.credit = 0
}
