// The body of a response, as a source of pieces.
//
//	text   the name of a status
//	file   a file, or one range of it        ► next ► piece ► http1, wire
//	parts  several ranges, each with a head
//	made   what a maker makes: maker.go
//
// next yields a piece, or says that there is none yet: then ready is called
// when there is. Who sends a piece calls pieceSent when it has gone.

package httpx

import (
	"strconv"

	"aws/backend"
	"aws/httpx/message"
)

type bodyKind uint8

const (
	noBody    bodyKind = iota
	textBody           // the name of the status
	fileBody           // a file or one range of it
	partsBody          // several ranges
	madeBody           // made while it is sent, of a file or of a folder
)

// body is what an exchange still has to send of its response's body. It is in
// a mapped array with its exchange, and holds no pointers: parts and makers are
// elsewhere.
type body struct {
	kind     bodyKind
	buffered bool // the file's bytes go through buffers, and not by sendfile
	cold     bool // the page cache did not hold what was read last
	waiting  bool // on the list of those who wait for a stream buffer
	yielded  bool // a stream buffer is being sent
	file     int32
	parts    int32
	maker    int32
	off      int64 // of the next byte of the file, or of the part, to be read or yielded
	left     int64 // bytes from there on

	// Through buffers: see filebody.go.
	reading int32 // the stream buffer that a ReadFile fills, or none
	lent    int32 // the one that a maker reads, or none
	filled  span  // read, and neither yielded nor lent
}

var emptyBody = body{file: none, parts: none, maker: none, reading: none, lent: none, filled: noSpan}

// piece is a part of a body, in memory or in its file. The zero value is
// empty.
type piece struct {
	inFile bool
	last   bool  // nothing follows it
	buffer int32 // in memory: a stream buffer,
	from   int32 // and the place of the bytes in it
	to     int32
	off    int64 // in the file
	length int64
}

// size is how many bytes of the piece are left.
func (p *piece) size() int64 { return int64(p.to-p.from) + p.length }

func (p *piece) empty() bool { return p.size() == 0 }

// supply is what next has to say.
type supply uint8

const (
	hasPiece supply = iota
	hasText         // a few bytes to be sent with what follows, lent until next is called again
	notYet          // ready will be called
	over            // all has been yielded
)

// next yields the next piece of the exchange's body. The one before has been
// sent.
func (l *loop) next(i int32) (p piece, text []byte, s supply) {
	x := l.exchanges.at(i)
	switch b := &x.body; b.kind {
	case textBody:
		b.kind = noBody
		l.text = appendStatusText(l.text[:0], int(x.status))
		return piece{}, l.text, hasText
	case fileBody:
		p, s = l.nextOfFile(i, b)
		return p, nil, s
	case partsBody:
		return l.nextOfParts(i, b)
	case madeBody:
		p, s = l.nextMade(i, b)
		return p, nil, s
	}
	return piece{}, nil, over
}

// needsBuffers says that the body's next piece comes through stream buffers,
// so that it may have to be waited for.
func (b *body) needsBuffers() bool {
	return b.kind == madeBody || b.buffered && (b.kind == fileBody || b.kind == partsBody)
}

// takeBack puts what has not been sent of a piece of a file back into the
// body, to go through buffers.
func (b *body) takeBack(p *piece) {
	backend.Assert(p.inFile && b.left == 0, "httpx: a piece is taken back that is none of the file's")
	b.off, b.left, b.buffered = p.off, p.length, true
	*p = piece{}
}

// pieceSent takes back what a piece in memory was in.
func (l *loop) pieceSent(i int32, p *piece) {
	sent := *p
	*p = piece{}
	b := &l.exchanges.at(i).body
	switch {
	case sent.inFile:
	case b.kind == madeBody:
		l.madeSent(b)
	default:
		b.yielded = false
		l.giveBuffer(sent.buffer)
	}
}

// ready goes on with a response whose body has something to yield again.
func (l *loop) ready(i int32) {
	c := l.connOf(i)
	if c.state == responding && c.exchange == i && !c.has(sending) {
		l.proceed(c)
	}
}

// leaveBody gives back all that a body holds. A read in flight goes on without
// it.
func (l *loop) leaveBody(i int32) {
	b := &l.exchanges.at(i).body
	l.stopWaiting(i)
	l.leaveRead(b)
	l.leaveMaker(b)
	for _, buffer := range [...]int32{b.filled.buffer, b.lent} {
		if buffer != none {
			l.giveBuffer(buffer)
		}
	}
	if b.parts != none {
		l.freeParts = append(l.freeParts, b.parts)
	}
	if b.file != none {
		l.files.Release(b.file)
	}
	*b = emptyBody
}

// appendStatusText appends the body of a response without a file.
func appendStatusText(b []byte, status int) []byte {
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, message.StatusText(status)...)
	return append(b, '\n')
}
