// The bodies of a loop's responses: sources of pieces.
//
//	text   what a status means
//	file   a file, or one range of it          ► next ► piece ► http1response.go, wire.go
//	parts  several ranges, each with a head
//	made   made by a goroutine
//
// next yields a piece, or says that none is ready. An event announces the next
// one: a read has completed (readDone), or a maker has left a note. Nothing here
// knows of connections.

package httpx

import (
	"errors"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/offload"
	"aws/httpx/ownpages"
)

// bodies are the bodies of a loop, by exchange.
type bodies struct {
	fileBodies
	parts partBodies
	made  madeBodies
	pages *ownpages.Pages
}

// newBodies makes room for the bodies of so many exchanges. They share count
// stream buffers, whose memory counts in m.
func newBodies(exchanges, count int, table *files.Table, engine backend.Backend, pool *offload.Pool[note], m *memory, p *ownpages.Pages) (*bodies, error) {
	d := &bodies{pages: p}
	d.files, d.engine, d.piece = table, engine, streamSize
	d.reads = make([]reader, count)
	for i := range d.reads {
		d.reads[i] = noReader
	}
	d.parts, d.made = newPartBodies(&d.fileBodies), newMadeBodies(&d.fileBodies, pool)
	var errs [3]error
	d.all, errs[0] = backend.MapArray[body](exchanges)
	d.buffers, errs[1] = newBuffers(count, exchanges, m)
	d.sends, errs[2] = newSends(exchanges)
	return d, errors.Join(errs[:]...)
}

// at is the body of exchange i.
func (d *bodies) at(i int32) *body { return &d.all[i] }

// next yields the next piece of the exchange's body. The previous one has been
// sent.
func (d *bodies) next(i int32) (p piece, text []byte, s supply) {
	switch b := &d.all[i]; b.kind {
	case textBody, pageBody:
		text = d.pages.Body(int(b.status), b.kind == pageBody)
		b.kind = noBody
		return piece{}, text, hasText
	case fileBody:
		p, s = d.fileBodies.next(i)
		return p, nil, s
	case partsBody:
		return d.parts.next(i)
	case madeBody:
		p, s = d.made.next(i)
		return p, nil, s
	}
	return piece{}, nil, over
}

// over says that all of a body has been yielded.
func (d *bodies) over(i int32) bool {
	switch b := &d.all[i]; b.kind {
	case noBody:
		return true
	case fileBody:
		return d.fileBodies.over(i)
	case partsBody:
		return d.parts.over(i)
	case madeBody:
		return d.made.makers[b.source].over
	}
	return false
}

// recycle takes back the buffer of a piece that is done with.
func (d *bodies) recycle(i int32, p *piece) {
	done := *p
	*p = piece{}
	b := &d.all[i]
	switch {
	case done.inFile:
	case b.kind == madeBody:
		d.made.recycle(i)
	default:
		b.yielded = false
		d.give(done.buffer)
	}
}

// readDone takes a completed read: see fileBodies.readDone.
func (d *bodies) readDone(done backend.Completion) (i int32, e event) {
	i, e = d.fileBodies.readDone(done)
	if e == ready && d.all[i].kind == madeBody {
		d.made.handOver(i)
		return i, moved
	}
	return i, e
}

// quit marks a body that yields nothing more. It is left once nothing of it is
// in flight.
func (d *bodies) quit(i int32) {
	d.stopWaiting(i)
	d.sends.end(i)
	d.all[i].quit = true
}

// leave gives back everything a body holds and empties it.
func (d *bodies) leave(i int32) {
	b := &d.all[i]
	if b.kind == noBody { // it never held anything
		return
	}
	d.stopWaiting(i)
	switch {
	case b.source == none:
	case b.kind == madeBody:
		d.made.leave(i)
	default:
		d.parts.give(b.source)
	}
	d.fileBodies.leave(i)
}

// destroy frees everything. The engine is gone, and all reads with it. used
// bounds the slots that have been used, so that nothing else is touched.
func (d *bodies) destroy(used int) {
	each := func(f func(i int32)) {
		for i := range used {
			f(int32(i))
		}
		for i := len(d.all) - maxGathered; i < len(d.all); i++ {
			f(int32(i))
		}
	}
	each(d.stopWaiting) // first, or a buffer given back would start a read
	each(d.leave)
	d.unpin()
	if !d.files.Reading() { // otherwise goroutines still read into them
		d.buffers.destroy()
	}
	d.sends.destroy()
	backend.UnmapArray(d.all)
}
