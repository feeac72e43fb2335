package httpx

import (
	"golang.org/x/sys/unix"

	"aws/backend"
)

// The loop's half of a body that is made: it hands the maker the file, and
// yields what the maker has filled. maker.go is the other half.

// newMaker reserves a maker with its buffers for an exchange, or returns nil
// where there is no room for another.
func (l *loop) newMaker(i int32) *maker {
	if len(l.freeMakers) == 0 || l.streams.Free() < l.readAhead+len(maker{}.buffers) {
		return nil
	}
	n := len(l.freeMakers) - 1
	m := &l.makers[l.freeMakers[n]]
	*m = maker{
		index: l.freeMakers[n], pool: l.pool, streams: l.streams,
		exchange: i, holds: none, folder: -1, buffer: none,
	}
	l.freeMakers = l.freeMakers[:n]
	for i := range m.buffers {
		m.buffers[i] = l.streams.Take()
	}
	return m
}

// startMaker starts the goroutine, and reads what the body is made of.
func (l *loop) startMaker(i int32, m *maker) {
	m.input = make(chan span, 1)
	m.space = make(chan int32, len(m.buffers))
	m.gone = make(chan struct{})
	for _, b := range m.buffers {
		m.space <- b
	}
	m.running = true
	l.pool.Go(m.run)
	switch {
	case m.listing != nil:
	case l.exchanges.at(i).body.left == 0:
		close(m.input)
	default:
		l.readNext(i)
	}
}

// nextMade is next for a body that is made.
func (l *loop) nextMade(i int32, b *body) (piece, supply) {
	m := &l.makers[b.maker]
	switch {
	case m.over:
		return piece{}, over
	case m.queued > 0:
		n := &m.queue[0]
		return piece{buffer: n.buffer, from: madeFrom, to: int32(madeFrom + n.n), last: n.kind == bodyMade}, hasPiece
	case m.space == nil:
		l.startMaker(i, m)
	}
	return piece{}, notYet
}

// madeSent takes back the first buffer of the queue.
func (l *loop) madeSent(b *body) {
	m := &l.makers[b.maker]
	sent := m.queue[0]
	m.queue[0] = m.queue[1]
	m.queued--
	if sent.kind == bodyMade {
		m.over = true
	} else {
		m.space <- sent.buffer
	}
}

// handOver gives the maker the piece of the file that was read last, and reads
// the next.
func (l *loop) handOver(i int32, b *body) {
	m := &l.makers[b.maker]
	m.input <- b.filled
	b.lent, b.filled = b.filled.buffer, noSpan
	if b.left == 0 {
		close(m.input)
		return
	}
	l.readNext(i)
}

// inputTaken takes back the piece that the maker has read, and hands over the
// next if it is there.
func (l *loop) inputTaken(i int32) {
	b := &l.exchanges.at(i).body
	l.giveBuffer(b.lent)
	b.lent = none
	if b.filled.buffer != none {
		l.handOver(i, b)
	} else {
		l.readNext(i) // unless it is under way
	}
}

// takeNotes acts on what the goroutines have to say.
func (l *loop) takeNotes() {
	for _, n := range l.pool.Collect() {
		m := &l.makers[n.maker]
		if n.kind == bodyMade {
			m.running = false
		}
		i := m.exchange
		switch {
		case i == none: // nobody wants it any more
			if n.kind == bodyMade {
				l.releaseMaker(m)
			}
		case l.connOf(i).state != responding: // given up, as soon as nothing is in flight
		case n.kind == inputTaken:
			l.inputTaken(i)
		case n.err != nil:
			l.warn("making the body of a response", n.err)
			l.unfinished(i, Failed)
		default:
			m.queue[m.queued] = n
			if m.queued++; m.queued == 1 {
				l.ready(i)
			}
		}
	}
}

// leaveMaker parts a body from its maker, which ends by itself if it runs.
func (l *loop) leaveMaker(b *body) {
	if b.maker == none {
		return
	}
	m := &l.makers[b.maker]
	b.maker, m.exchange = none, none
	if !m.running {
		l.releaseMaker(m)
		return
	}
	m.holds, b.lent = b.lent, none
	close(m.gone)
}

// releaseMaker gives back all that a maker holds whose goroutine has ended, or
// was never started.
func (l *loop) releaseMaker(m *maker) {
	backend.Assert(!m.running, "httpx: release of a maker that runs")
	for _, b := range m.buffers {
		l.giveBuffer(b)
	}
	if m.holds != none {
		l.giveBuffer(m.holds)
	}
	if m.folder >= 0 && m.space == nil { // never started, so the folder is still ours
		_ = unix.Close(m.folder)
	}
	l.freeMakers = append(l.freeMakers, m.index)
}
