package httpx

import (
	"golang.org/x/sys/unix"

	"aws/backend"
)

// A file goes as it is, by sendfile, where the wire and the page cache allow
// that. Otherwise it goes through stream buffers, at most two of them: while one
// is being sent, the next is being read. Memory is constant, however long the
// file.
//
//	readNext ─► reading ─► filled ─► a piece, being sent ─► pieceSent
//	   └──────── while the one before is being sent ────────┘
//
// A buffer starts with room for the head, which is put right before the file's
// first byte, so that both leave in one send.

const (
	headRoom   = maxHead
	streamSize = 128 << 10 // bytes of the file in one buffer
	bufferSize = headRoom + streamSize
)

// reader is who a ReadFile in flight is for. Its number is that of the stream
// buffer that it fills.
type reader struct {
	exchange int32 // or none: nobody wants it any more
	file     int32 // then: the entry that stays pinned until it has completed
}

var noReader = reader{none, none}

// nextOfFile is next for the bytes of a file, or of a part of it.
func (l *loop) nextOfFile(i int32, b *body) (piece, supply) {
	switch {
	case b.filled.buffer != none:
		p := piece{buffer: b.filled.buffer, from: b.filled.from, to: b.filled.to, last: b.left == 0 && b.kind == fileBody}
		b.filled = noSpan
		b.yielded = true
		return p, hasPiece
	case b.left == 0:
		return piece{}, over
	case b.buffered:
		l.readNext(i)
		return piece{}, notYet
	}
	p := piece{inFile: true, off: b.off, length: b.left, last: b.kind == fileBody}
	b.left = 0
	return p, hasPiece
}

// readNext submits the next read of a body if there is something to read,
// nothing is being read and no filled buffer waits. While a buffer is being
// sent, it takes none that others may need more.
func (l *loop) readNext(i int32) {
	b := &l.exchanges.at(i).body
	if b.left == 0 || b.reading != none || b.filled.buffer != none || b.waiting {
		return
	}
	if (b.yielded || b.lent != none) && l.streams.Free() < l.readAhead {
		return
	}
	buffer := l.streams.Take()
	if buffer == none {
		b.waiting = true
		l.waiting.PushBack(l.waitLinks, i)
		return
	}
	b.reading = buffer
	l.reads[buffer] = reader{i, none}
	into := l.streams.Bytes(buffer)[headRoom:]
	start, skip := b.off&^(backend.Align-1), b.off&(backend.Align-1)
	want := min(b.left+skip, int64(len(into)))
	want = (want + backend.Align - 1) &^ (backend.Align - 1)
	f := l.files.At(b.file).File
	f.Cold = b.cold
	l.engine.ReadFile(buffer, into[:want], f, start)
}

// readDone takes a completed read.
func (l *loop) readDone(done backend.Completion) {
	buffer := done.Read
	r := l.reads[buffer]
	l.reads[buffer] = noReader
	if r.exchange == none {
		l.files.Release(r.file)
		l.giveBuffer(buffer)
		return
	}
	i := r.exchange
	c := l.connOf(i)
	b := &l.exchanges.at(i).body
	b.reading, b.cold = none, done.Cold
	if c.state != responding { // it is being closed
		l.giveBuffer(buffer)
		return
	}
	skip := b.off & (backend.Align - 1)
	wanted := min(int64(done.N)-skip, b.left)
	if wanted <= 0 {
		l.giveBuffer(buffer)
		l.readFailed(i, done.N)
		return
	}
	l.progress(c)
	from := int32(headRoom + skip)
	b.filled = span{buffer: buffer, from: from, to: from + int32(wanted)}
	b.off += wanted
	b.left -= wanted
	switch {
	case b.kind != madeBody:
		l.ready(i)
	case b.lent == none:
		l.handOver(i, b)
	}
}

// readFailed ends a response whose file could not be read, or ended early.
func (l *loop) readFailed(i int32, n int) {
	b := &l.exchanges.at(i).body
	if n >= 0 {
		l.warnFile(b.file, errShrunk)
		l.unfinished(i, Shrunk)
	} else {
		l.warnFile(b.file, unix.Errno(-n))
		l.unfinished(i, Failed)
	}
}

// leaveRead leaves a read in flight to itself: the file stays pinned, and the
// buffer taken, until it has completed.
func (l *loop) leaveRead(b *body) {
	if b.reading != none {
		l.reads[b.reading] = reader{exchange: none, file: b.file}
		b.reading, b.file = none, none
	}
}

// giveBuffer gives a stream buffer back, to the exchange that has waited longest
// if any does.
func (l *loop) giveBuffer(buffer int32) {
	l.streams.Give(buffer)
	if l.waiting.Empty() {
		return
	}
	i := l.waiting.First
	l.stopWaiting(i)
	l.readNext(i)
}

func (l *loop) stopWaiting(i int32) {
	if b := &l.exchanges.at(i).body; b.waiting {
		l.waiting.Remove(l.waitLinks, i)
		b.waiting = false
	}
}
