// Bodies that are files: pieces of a file for sendfile(2), or of a stream buffer
// that ReadFile has filled.

package httpx

import (
	"time"

	"aws/backend"
	"aws/httpx/files"
)

// fileBodies yield the bytes of files. A file is sent as it is, by sendfile(2),
// if the wire and the page cache allow it. Otherwise it goes through at most two
// stream buffers: one is read while the other is sent. A long file takes no more
// memory than a short one.
//
//	readNext ─► reading ─► filled ─► a piece, being sent ─► given back
//	   └──────── while the previous one is being sent ─────┘
type fileBodies struct {
	all     []body // by exchange
	files   *files.Table
	engine  backend.Backend
	buffers buffers
	sends   sends
	reads   []reader // by stream buffer, whose index numbers the read
	piece   int64    // the most bytes of a file that are read at a time
}

// reader says what a ReadFile in flight is for.
type reader struct {
	exchange int32 // or none, if its body has been left
	file     int32 // then the entry that stays pinned until the read completes
}

var noReader = reader{none, none}

// next yields what has been read, or the rest of the file or of the part.
func (f *fileBodies) next(i int32) (piece, supply) {
	b := &f.all[i]
	switch {
	case b.filled.buffer != none:
		p := piece{buffer: b.filled.buffer, off: int64(b.filled.from), length: int64(b.filled.len()), last: b.left == 0 && b.kind == fileBody}
		b.filled = noSpan
		b.yielded = true
		return p, hasPiece
	case b.left == 0:
		return piece{}, over
	case b.buffered:
		f.readNext(i)
		return piece{}, notYet
	}
	p := piece{inFile: true, off: b.off, length: b.left, last: b.kind == fileBody}
	b.left = 0
	return p, hasPiece
}

// over says that all of the file, or of the part, has been yielded.
func (f *fileBodies) over(i int32) bool {
	b := &f.all[i]
	return b.left == 0 && b.filled.buffer == none
}

// putBack puts the unsent rest of a piece back into the body, of which nothing after
// it is in memory. The rest of the body goes through stream buffers.
func (f *fileBodies) putBack(i int32, p *piece) {
	b := &f.all[i]
	backend.Assert(b.reading == none && b.filled.buffer == none, "httpx: a piece put back before what follows it")
	if p.inFile {
		backend.Assert(b.left == 0, "httpx: a piece put back that is not the last")
		b.off, b.left, b.buffered = p.off, p.length, true
	} else {
		b.yielded = false
		f.readAgain(i, span{p.buffer, int32(p.off), int32(p.off + p.length)})
	}
	*p = piece{}
}

// readAgain gives a buffer back whose bytes are to be read again: those that were read
// last.
func (f *fileBodies) readAgain(i int32, s span) {
	b := &f.all[i]
	b.off -= int64(s.len())
	b.left += int64(s.len())
	f.give(s.buffer)
}

// sendBegins notes that a stream buffer of the body is being sent: see reclaim.go.
func (f *fileBodies) sendBegins(i int32, now int64) {
	if b := &f.all[i]; b.kind != madeBody && b.yielded {
		f.sends.begin(i, now)
	}
}

// untilRecall returns the time until a stream buffer is to be recalled, or below 0.
func (f *fileBodies) untilRecall(now int64) time.Duration {
	return f.sends.until(f.buffers.missing(), now)
}

// recall chooses a send whose buffer is to come back. It returns none if what the body
// has read ahead was enough, or if a read is in flight: the body cannot go back then,
// and sendBegins lists it again when the read is done.
func (f *fileBodies) recall(now int64) (i int32) {
	i = f.sends.list.First
	b := &f.all[i]
	if s := b.filled; s.buffer != none {
		b.filled = noSpan
		f.readAgain(i, s)
		return none
	}
	f.sends.end(i)
	if b.reading != none {
		return none
	}
	f.sends.recall(now)
	return i
}

// readNext submits the next read of a body, unless one is in flight, a filled
// buffer waits, or nothing is left to read. It reads ahead, while a buffer is
// being sent or made from, only if buffers are not scarce.
func (f *fileBodies) readNext(i int32) {
	b := &f.all[i]
	backend.Assert(!b.quit, "httpx: a read for a body that has quit")
	if b.left == 0 || b.reading != none || b.filled.buffer != none || b.waiting != noResource {
		return
	}
	if (b.yielded || b.lent != none) && f.buffers.scarce() {
		return
	}
	remote := f.files.At(b.file).Remote()
	if remote && !f.files.MayRead(b.file, i) {
		b.waiting = aPlace
		return
	}
	buffer := f.buffers.take()
	if buffer == none {
		b.waiting = aBuffer
		f.buffers.wait(i)
		return
	}
	b.reading = buffer
	f.reads[buffer] = reader{i, none}
	into := f.buffers.file(buffer)
	start, skip := b.off&^(backend.Align-1), b.off&(backend.Align-1)
	want := min(b.left+skip, skip+f.piece, int64(len(into)))
	want = (want + backend.Align - 1) &^ (backend.Align - 1)
	if remote {
		f.files.Read(b.file, into[:want], start, buffer)
		return
	}
	file := f.files.At(b.file).File
	file.Cold = b.cold
	f.engine.ReadFile(buffer, into[:want], file, start)
}

// readDone takes a completed read. It returns the exchange that it was for, or
// none if its body has been left or has quit.
func (f *fileBodies) readDone(done backend.Completion) (i int32, e event) {
	buffer := done.Read
	r := f.reads[buffer]
	f.reads[buffer] = noReader
	if i = r.exchange; i == none {
		f.files.Release(r.file)
		f.give(buffer)
		return none, nothing
	}
	b := &f.all[i]
	b.reading, b.cold = none, done.Cold
	skip := b.off & (backend.Align - 1)
	wanted := min(int64(done.N)-skip, b.left, f.piece)
	switch {
	case b.quit:
		f.give(buffer)
		return none, nothing
	case wanted <= 0:
		f.give(buffer)
		return i, failed
	}
	from := int32(headRoom + skip)
	b.filled = span{buffer: buffer, from: from, to: from + int32(wanted)}
	b.off += wanted
	b.left -= wanted
	return i, ready
}

// leave gives back the file and the buffers of a body. A read in flight goes on
// without it: the read keeps the file pinned, and its buffer, until it
// completes.
func (f *fileBodies) leave(i int32) {
	b := &f.all[i]
	if b.reading != none {
		f.reads[b.reading] = reader{none, b.file}
		b.file = none
	}
	for _, buffer := range [...]int32{b.filled.buffer, b.lent} {
		if buffer != none {
			f.give(buffer)
		}
	}
	if b.file != none {
		f.files.Release(b.file)
	}
	*b = emptyBody
}

// stopWaiting takes a body off the list of those that wait for the same.
func (f *fileBodies) stopWaiting(i int32) {
	b := &f.all[i]
	switch b.waiting {
	case aPlace:
		f.files.Forget(i)
	case aBuffer:
		f.buffers.stopWaiting(i)
	}
	b.waiting = noResource
}

// mayRead goes on with a body that has waited for its file system.
func (f *fileBodies) mayRead(i int32) {
	f.all[i].waiting = noResource
	f.readNext(i)
}

// give gives a stream buffer back. The exchange that has waited longest gets it
// at once.
func (f *fileBodies) give(buffer int32) {
	f.buffers.arena.Give(buffer)
	for !f.buffers.waiting.Empty() && f.buffers.arena.Free() > 0 {
		i := f.buffers.waiting.First
		f.stopWaiting(i)
		if f.readNext(i); f.all[i].waiting == aBuffer { // there is no memory for it
			return
		} // if its file system has no place, the next one gets the buffer
	}
}

// retry lets those have a buffer that have waited for memory. Other loops may have
// given some back.
func (f *fileBodies) retry() {
	for f.buffers.waitForMemory() {
		buffer := f.buffers.take()
		if buffer == none {
			return
		}
		f.give(buffer)
	}
}

// unpin releases the files that reads without a body keep pinned. No read will
// complete any more.
func (f *fileBodies) unpin() {
	for _, r := range f.reads {
		if r.exchange == none && r.file != none {
			f.files.Release(r.file)
		}
	}
}
