package httpx

import (
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/offload"
)

// madeBodies yield what makers make: they hand a maker the file, and yield what
// it has filled. This is the loop's half; maker.go is the other.
type madeBodies struct {
	bodies *fileBodies
	makers []maker
	free   []int32
	pool   *offload.Pool[note]
}

// maxMakers bounds a loop's bodies that are being made.
const maxMakers = 64

func newMadeBodies(f *fileBodies, pool *offload.Pool[note]) madeBodies {
	m := madeBodies{bodies: f, makers: make([]maker, maxMakers), pool: pool}
	for i := range m.makers {
		m.free = append(m.free, int32(i))
	}
	return m
}

// busy says that there are makers at work, whose notes are to be collected.
func (d *madeBodies) busy() bool { return len(d.free) < len(d.makers) }

// take reserves a maker with its buffers for an exchange, or returns nil where
// there is no room for another.
func (d *madeBodies) take(i int32) *maker {
	buffers := &d.bodies.buffers
	if len(d.free) == 0 || buffers.arena.Free() < buffers.ahead+len(maker{}.buffers) {
		return nil
	}
	n := len(d.free) - 1
	m := &d.makers[d.free[n]]
	*m = maker{
		index: d.free[n], pool: d.pool, arena: buffers.arena,
		exchange: i, holds: none, folder: -1, buffer: none,
	}
	d.free = d.free[:n]
	for i := range m.buffers {
		m.buffers[i] = buffers.arena.Take()
	}
	return m
}

// start starts the goroutine, and reads what the body is made of.
func (d *madeBodies) start(i int32, m *maker) {
	m.input = make(chan span, 1)
	m.space = make(chan int32, len(m.buffers))
	m.gone = make(chan struct{})
	for _, b := range m.buffers {
		m.space <- b
	}
	m.running = true
	d.pool.Go(m.run)
	switch {
	case m.listing != nil:
	case d.bodies.all[i].left == 0:
		close(m.input)
	default:
		d.bodies.readNext(i)
	}
}

// next yields what the maker has filled.
func (d *madeBodies) next(i int32) (piece, supply) {
	m := &d.makers[d.bodies.all[i].source]
	switch {
	case m.over:
		return piece{}, over
	case m.queued > 0:
		n := &m.queue[0]
		return piece{buffer: n.buffer, off: madeFrom, length: int64(n.n), last: n.kind == bodyMade}, hasPiece
	case m.space == nil:
		d.start(i, m)
	}
	return piece{}, notYet
}

// recycle takes back the buffer that was yielded.
func (d *madeBodies) recycle(i int32) {
	m := &d.makers[d.bodies.all[i].source]
	sent := m.queue[0]
	m.queue[0] = m.queue[1]
	m.queued--
	if sent.kind == bodyMade {
		m.over = true
	} else {
		m.space <- sent.buffer
	}
}

// handOver gives the maker the piece of the file that was read last, unless it
// still has the one before, and reads the next.
func (d *madeBodies) handOver(i int32) {
	b := &d.bodies.all[i]
	if b.filled.buffer == none || b.lent != none {
		return
	}
	m := &d.makers[b.source]
	m.input <- b.filled
	b.lent, b.filled = b.filled.buffer, noSpan
	if b.left == 0 {
		close(m.input)
		return
	}
	d.bodies.readNext(i)
}

// reclaim takes back the piece that the maker has read, and hands over the next
// one if it is there.
func (d *madeBodies) reclaim(i int32) {
	b := &d.bodies.all[i]
	d.bodies.give(b.lent)
	b.lent = none
	d.handOver(i)
	d.bodies.readNext(i) // unless it is under way
}

// noteReceived takes what a goroutine has to say. It returns the exchange that it is
// about, or none where nobody wants the body any more.
func (d *madeBodies) noteReceived(n *note) (i int32, e event) {
	m := &d.makers[n.maker]
	if n.kind == bodyMade {
		m.running = false
	}
	i = m.exchange
	switch {
	case i == none:
		if n.kind == bodyMade {
			d.give(m)
		}
		return none, nothing
	case d.bodies.all[i].quit: // as soon as nothing is in flight
		return none, nothing
	case n.kind == inputTaken:
		d.reclaim(i)
		return i, nothing
	case n.err != nil:
		return i, failed
	}
	m.queue[m.queued] = *n
	m.queued++
	if m.queued == 1 {
		return i, ready
	}
	return i, nothing
}

// leave parts a body from its maker, which ends by itself if it runs.
func (d *madeBodies) leave(i int32) {
	b := &d.bodies.all[i]
	m := &d.makers[b.source]
	b.source, m.exchange = none, none
	if !m.running {
		d.give(m)
		return
	}
	m.holds, b.lent = b.lent, none
	close(m.gone)
}

// give gives back all that a maker holds whose goroutine has ended, or was
// never started.
func (d *madeBodies) give(m *maker) {
	backend.Assert(!m.running, "httpx: release of a maker that runs")
	for _, b := range m.buffers {
		d.bodies.give(b)
	}
	if m.holds != none {
		d.bodies.give(m.holds)
	}
	if m.folder >= 0 && m.space == nil { // never started, so the folder is still ours
		_ = unix.Close(m.folder)
	}
	d.free = append(d.free, m.index)
}

// stop ends all goroutines and waits for them.
func (d *madeBodies) stop() {
	for i := range d.makers {
		if m := &d.makers[i]; m.running && m.exchange != none {
			close(m.gone)
		}
	}
	d.pool.Wait()
	for i := range d.makers {
		d.makers[i].running = false
	}
}
