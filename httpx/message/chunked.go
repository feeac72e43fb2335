// Chunked request bodies. No file has a use for one: it is read only to find the
// next request.
//
//	received bytes ► ChunkedReader.Discard ► the bytes after the body
//
// A lenient decoder lets an attacker hide a request in a body (RFC 9112 §11.2).
// So lines end with CRLF, sizes are hexadecimal digits that CRLF or an extension
// follows at once, and everything but the data has a limit.

package message

import (
	"errors"
	"math"
)

const (
	// MaxChunkExt bounds the bytes of all chunk extensions of a body, as RFC 9112
	// §7.1.1 asks. They are not used.
	MaxChunkExt = 1 << 10
	// MaxTrailer bounds the bytes of the names and values of a trailer section.
	// It has at most MaxFields fields, which are not used.
	MaxTrailer = 8 << 10
)

// ChunkedReader drops one chunked body (RFC 9112 §7.1). The zero value is at the
// start of a body: set it to that for the next one.
type ChunkedReader struct {
	// Data is the number of bytes of chunk data dropped so far. Its limit is up
	// to the caller. Each chunk but the last has data, so that limit bounds the
	// framing too.
	Data int64

	left    int64  // bytes of the current chunk; in chunkSize, the size so far
	ext     uint16 // bytes of extensions
	trailer uint16 // bytes of trailer lines
	fields  uint8  // trailer lines
	digits  uint8  // of the current chunk's size
	state   chunkState
}

// chunkState says what the next byte belongs to.
type chunkState uint8

const (
	chunkSize     chunkState = iota
	extStart                 // after ';': white space, then the name
	extName                  // within the name
	extNameEnd               // after the name and white space
	extValueStart            // after '=': white space, then the value
	extValue                 // within a token
	extQuoted                // within a quoted-string
	extEscaped               // after a backslash in a quoted-string
	extQuotedEnd             // after the closing quote
	extValueEnd              // after the value and white space
	chunkSizeLF              // after the CR of the size's line
	chunkData                // left > 0
	chunkDataCR              // after the data
	chunkDataLF              // after that CR
	trailerStart             // a trailer line, or the CR of the last line
	trailerName              // within a field name, to its colon
	trailerValue             // after the colon, to the end of the line
	trailerLF                // after the CR of a trailer line
	lastLF                   // after the CR of the last line
	chunkedDone
)

var (
	errChunked     = errors.New("malformed chunked body")
	errChunkedSize = errors.New("chunk extensions or trailers of a body too long")
)

// Discard drops the next bytes of the body, in pieces of any size: the first n of
// b. done says that the body has ended with them; until then n is len(b). After
// an error it is unknown where the body ends, so the connection must.
func (c *ChunkedReader) Discard(b []byte) (n int, done bool, err error) {
	for n < len(b) && c.state != chunkedDone {
		if c.state == chunkData {
			n += c.drop(b[n:])
			continue
		}
		if c.state, err = c.take(b[n]); err != nil {
			return n, false, err
		}
		n++
	}
	return n, c.state == chunkedDone, nil
}

// drop drops the bytes of b that are data of the current chunk.
func (c *ChunkedReader) drop(b []byte) (n int) {
	n = int(min(c.left, int64(len(b))))
	c.Data += int64(n)
	if c.left -= int64(n); c.left == 0 {
		c.state = chunkDataCR
	}
	return n
}

// take takes one byte that is not data, and returns the state after it.
func (c *ChunkedReader) take(b byte) (next chunkState, err error) {
	switch c.state {
	case chunkSize:
		return c.takeSize(b)
	case extStart, extName, extNameEnd, extValueStart, extValue, extQuoted, extEscaped, extQuotedEnd, extValueEnd:
		return c.takeExt(b)
	case chunkSizeLF:
		if next = chunkData; c.left == 0 { // the last chunk
			next = trailerStart
		}
		return next, expect(b, '\n')
	case chunkDataCR:
		return chunkDataLF, expect(b, '\r')
	case chunkDataLF:
		c.digits = 0
		return chunkSize, expect(b, '\n')
	case trailerStart:
		if b == '\r' {
			return lastLF, nil
		}
		if c.fields == MaxFields {
			return 0, errChunkedSize
		}
		c.fields++
		return c.takeTrailerName(b)
	case trailerName:
		if b == ':' {
			return trailerValue, nil
		}
		return c.takeTrailerName(b)
	case trailerValue:
		return lineByte(b, trailerLF, c.state, &c.trailer, MaxTrailer)
	case trailerLF:
		return trailerStart, expect(b, '\n')
	}
	return chunkedDone, expect(b, '\n') // lastLF
}

// takeSize takes a byte of a chunk's size, or the byte after it. RFC 9112 §7.1.1
// allows white space before ';', but no client sends it, and recipients do not
// agree on it.
func (c *ChunkedReader) takeSize(b byte) (next chunkState, err error) {
	d := unhex(b)
	switch {
	case d >= 0 && c.digits < 16 && c.left <= math.MaxInt64>>4:
		c.left = c.left<<4 | int64(d)
		c.digits++
		return chunkSize, nil
	case d >= 0 || c.digits == 0:
		return 0, errChunked
	case b == ';':
		return extStart, nil
	}
	return chunkSizeLF, expect(b, '\r')
}

// takeExt takes a byte of the chunk extensions, or the CR after them. They are
// dropped, but held to their grammar: an extension to one server may be the end
// of a line to another. RFC 9112 §7.1.1:
//
//	chunk-ext     = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
//	chunk-ext-val = token / quoted-string
func (c *ChunkedReader) takeExt(b byte) (next chunkState, err error) {
	if b == '\r' && (c.state == extName || c.state == extValue || c.state == extQuotedEnd) {
		return chunkSizeLF, nil
	}
	if next = c.state.afterExt(b); next == chunkSize {
		return 0, errChunked
	}
	if c.ext == MaxChunkExt {
		return 0, errChunkedSize
	}
	c.ext++
	return next, nil
}

// afterExt returns the state after byte b of an extension, or chunkSize where
// the grammar does not allow b.
func (s chunkState) afterExt(b byte) chunkState {
	white, token := b == ' ' || b == '\t', TokenChars.Has(b)
	text := b == '\t' || b >= ' ' && b != 0x7f // of a quoted-string: RFC 9110 §5.6.4
	switch s {
	case extStart:
		switch {
		case white:
			return s
		case token:
			return extName
		}
	case extName, extNameEnd:
		switch {
		case b == '=':
			return extValueStart
		case b == ';':
			return extStart
		case white:
			return extNameEnd
		case token && s == extName:
			return s
		}
	case extValueStart:
		switch {
		case white:
			return s
		case b == '"':
			return extQuoted
		case token:
			return extValue
		}
	case extQuoted:
		switch {
		case b == '"':
			return extQuotedEnd
		case b == '\\':
			return extEscaped
		case text:
			return s
		}
	case extEscaped:
		if text {
			return extQuoted
		}
	default: // extValue, extQuotedEnd, extValueEnd
		switch {
		case b == ';':
			return extStart
		case white:
			return extValueEnd
		case token && s == extValue:
			return s
		}
	}
	return chunkSize
}

// takeTrailerName takes a byte of a trailer's field name.
func (c *ChunkedReader) takeTrailerName(b byte) (next chunkState, err error) {
	if !TokenChars.Has(b) {
		return 0, errChunked
	}
	return lineByte(b, 0, trailerName, &c.trailer, MaxTrailer)
}

// lineByte takes and counts a byte of a line's text, or takes the CR after it.
func lineByte(b byte, cr, text chunkState, count *uint16, limit uint16) (next chunkState, err error) {
	switch {
	case b == '\r':
		return cr, nil
	case b < 0x20 && b != '\t' || b == 0x7f:
		return 0, errChunked
	case *count == limit:
		return 0, errChunkedSize
	}
	*count++
	return text, nil
}

// expect returns an error unless b is the only byte that the grammar allows.
func expect(b, want byte) error {
	if b != want {
		return errChunked
	}
	return nil
}
