// Fields of a head that no response depends on, but an observer may want: found in a
// head that has been refused, too.

package message

import (
	"bytes"
	"encoding/binary"
)

// FieldName is the name of a field to find.
type FieldName struct {
	length      int
	start, mask uint64 // of the first eight bytes of a line, with its colon, those that matter
	end         uint64 // the eight bytes that end with the colon, or 0 for a shorter name
}

// NewFieldName returns a name of up to 15 bytes, given in lower case: letters and '-'.
func NewFieldName(lower string) FieldName {
	name := FieldName{length: len(lower)}
	lower += ":"
	var start, mask [8]byte
	for i := range copy(start[:], lower) {
		mask[i] = 0xff
	}
	name.start, name.mask = binary.LittleEndian.Uint64(start[:]), binary.LittleEndian.Uint64(mask[:])
	if n := len(lower); n >= 8 {
		name.end = binary.LittleEndian.Uint64([]byte(lower[n-8:]))
	}
	return name
}

// lowerCase turns letters into small ones, and leaves '-' and ':' as they are. It also
// makes '-' of a CR, which no line of a well-formed head has inside.
const lowerCase = 0x2020202020202020

// FindFields finds fields in a head, or the part of it that has arrived. values, of the
// same length as names, gets the value of the first line of each: nil without one. They
// share the memory of the head, and may have any bytes but LF. Fields in lines of less
// than eight bytes are not found.
func FindFields(head []byte, names []FieldName, values [][]byte) {
	clear(values)
	_, rest, _ := bytes.Cut(head[requestLineStart(head):], lineFeed)
	for {
		end := bytes.IndexByte(rest, '\n')
		if end <= 1 && (end <= 0 || rest[0] == '\r') {
			return // the line's end is yet to come, or what follows is of another request
		}
		line := rest[:end]
		rest = rest[end+1:]
		if len(line) < 8 {
			continue
		}
		start := binary.LittleEndian.Uint64(line) | lowerCase
		for i := range names {
			if name := &names[i]; (start^name.start)&name.mask == 0 && name.endsIn(line) && values[i] == nil {
				values[i] = trimOWS(bytes.TrimSuffix(line[name.length+1:], carriageReturn))
			}
		}
	}
}

// endsIn says that a line that begins as the name has all of it.
func (n *FieldName) endsIn(line []byte) bool {
	if len(line) <= n.length || line[n.length] != ':' {
		return false
	}
	return n.end == 0 || binary.LittleEndian.Uint64(line[n.length-7:])|lowerCase == n.end
}
