// Bodies that are made while they are sent: the loop's half. maker.go is the
// goroutine's.

package httpx

import (
	"aws/backend"
	"aws/backend/kernel"
	"aws/httpx/offload"
)

// madeBodies hand makers the files they work on, and yield what they have made.
type madeBodies struct {
	bodies *fileBodies
	makers []maker
	free   []int32
	pool   *offload.Pool[note]
}

const (
	// maxMakers bounds the bodies that are being made at the same time in one loop.
	maxMakers = 64
	// maxArchives bounds the archives among them: each takes long.
	maxArchives = 8
	// maxListedAway bounds the listings of folders of one remote file system among
	// them.
	maxListedAway = 8
	// maxPseudo bounds the pseudo files of one file system among them. They mostly answer
	// at once.
	maxPseudo = 32
)

func newMadeBodies(f *fileBodies, pool *offload.Pool[note]) madeBodies {
	m := madeBodies{bodies: f, makers: make([]maker, maxMakers), pool: pool}
	for i := range m.makers {
		m.free = append(m.free, int32(i))
	}
	return m
}

// busy says that makers are taken, whose notes have to be collected.
func (d *madeBodies) busy() bool { return len(d.free) < len(d.makers) }

// take reserves a maker, its buffers and heap bytes of Go's heap for an exchange.
// It returns nil if there is not enough of them.
func (d *madeBodies) take(i int32, heap int64) *maker {
	buffers := &d.bodies.buffers
	if len(d.free) == 0 {
		return nil
	}
	if buffers.arena.Free() < buffers.forMaker() {
		buffers.refused = true
		return nil
	}
	if !buffers.memory.takeHeap(heap) {
		buffers.short = true
		return nil
	}
	var taken [len(maker{}.buffers)]int32
	for j := range taken {
		if taken[j] = buffers.take(); taken[j] == none {
			for _, b := range taken[:j] {
				d.bodies.give(b)
			}
			buffers.memory.giveHeap(heap)
			return nil
		}
	}
	n := len(d.free) - 1
	m := &d.makers[d.free[n]]
	*m = maker{
		index: d.free[n], pool: d.pool, arena: buffers.arena, memory: buffers.memory, heap: heap,
		exchange: i, buffers: taken, holds: none, folder: -1, buffer: none,
	}
	d.free = d.free[:n]
	return m
}

// mayList says whether one more remote folder of a file system may be listed. Until
// that answers, the makers are lost.
func (d *madeBodies) mayList(device uint64) bool { return d.abroad(device) < maxListedAway }

// mayReadPseudo says the same of the pseudo files of a file system.
func (d *madeBodies) mayReadPseudo(device uint64) bool { return d.abroad(device) < maxPseudo }

// abroad is how many makers depend on the answers of a file system.
func (d *madeBodies) abroad(device uint64) (n int) {
	for i := range d.makers {
		if m := &d.makers[i]; m.remote && m.device == device {
			n++
		}
	}
	return n
}

// mayPack says whether one more archive may be made.
func (d *madeBodies) mayPack() bool {
	packed := 0
	for i := range d.makers {
		if d.makers[i].archive != nil {
			packed++
		}
	}
	return packed < maxArchives
}

// start starts the goroutine and the first read of its file.
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
	case m.folder >= 0:
	case d.bodies.all[i].left == 0:
		close(m.input)
	default:
		d.bodies.readNext(i)
	}
}

// next yields a buffer that the maker has filled. The first call starts the
// maker.
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

// recycle gives the maker the yielded buffer back.
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

// handOver lends the maker what was read last, unless it still has the previous
// buffer, and reads on.
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

// reclaim takes back the buffer that the maker has read, and hands over the next
// one if it is filled.
func (d *madeBodies) reclaim(i int32) {
	b := &d.bodies.all[i]
	d.bodies.give(b.lent)
	b.lent = none
	d.handOver(i)
	d.bodies.readNext(i) // unless a read is in flight
}

// noteReceived takes a note. It returns the exchange that it is about, or none if
// the body has been left or has quit.
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
	case d.bodies.all[i].quit: // it will be left soon
		return none, nothing
	case n.kind == atWork:
		return i, moved
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

// leave parts a body from its maker. If the goroutine runs, it ends by itself.
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

// give gives back a maker and all that it holds. Its goroutine has ended, or was
// never started.
func (d *madeBodies) give(m *maker) {
	backend.Assert(!m.running, "httpx: a running maker given back")
	m.giveHeap() // unless the goroutine has
	for _, b := range m.buffers {
		d.bodies.give(b)
	}
	if m.holds != none {
		d.bodies.give(m.holds)
	}
	if m.folder >= 0 && m.space == nil { // never started: the goroutine would close it
		_ = kernel.CloseFD(m.folder)
	}
	m.remote, m.archive = false, nil
	d.free = append(d.free, m.index)
}

// stop ends all goroutines and waits for them, but not for those that wait for a
// file system.
func (d *madeBodies) stop() {
	for i := range d.makers {
		if m := &d.makers[i]; m.running && m.exchange != none {
			close(m.gone)
		}
	}
	d.pool.Close()
	for i := range d.makers {
		d.makers[i].running = false
	}
}
