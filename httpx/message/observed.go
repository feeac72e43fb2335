// Lines of a head that no response depends on, but an observer may want: found in a head
// that has been refused, too, and kept in texts.go.

package message

import (
	"bytes"
	"encoding/binary"
)

// fieldName is the name of a field to find.
type fieldName struct {
	text        Text
	length      int
	start, mask uint64 // of the first eight bytes of a line, with its colon, those that matter
	end         uint64 // the eight bytes that end with the colon, or 0 for a shorter name
}

// newFieldName returns a name of up to 15 bytes, given in lower case: letters and '-'.
func newFieldName(lower string, text Text) fieldName {
	name := fieldName{text: text, length: len(lower)}
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

// Finder finds the request line and some fields in heads, and keeps them in Texts.
type Finder struct {
	names   []fieldName
	letters uint32 // a bit for each that one of the names begins with
}

// NewFinder returns one for these fields.
func NewFinder(wanted ...Text) *Finder {
	f := new(Finder)
	for _, text := range wanted {
		name := [NumTexts]string{HostText: "host", RefererText: "referer", UserAgentText: "user-agent"}[text]
		f.names = append(f.names, newFieldName(name, text))
		f.letters |= letter(name[0])
	}
	return f
}

// letter is the bit of a letter, small or large, and of other bytes.
func letter(c byte) uint32 { return 1 << (c & 31) }

// Find keeps in t what it finds in a head that r has been parsed from. With a nil r the
// head could not be understood, or is the part of one that has arrived. Values may have
// any bytes but LF. A line that begins less than eight bytes before the end of what has
// arrived is not looked at.
func (f *Finder) Find(head []byte, r *Request, t *Texts) {
	t.Clear()
	if r == nil {
		f.findInPart(head, t)
		return
	}
	t.Put(LineText, head[requestLineStart(head):r.ends[0]])
	from := int(r.ends[0]) + 2
	for _, end := range r.ends[1:] {
		if end == 0 {
			return
		}
		if f.letters&letter(head[from]) != 0 {
			f.look(head, from, int(end), t)
		}
		from = int(end) + 2
	}
}

// findInPart is Find for a head of which it is not known where its lines end.
func (f *Finder) findInPart(head []byte, t *Texts) {
	t.Put(LineText, RequestLine(head))
	_, rest, _ := bytes.Cut(head[requestLineStart(head):], lineFeed)
	for {
		end := bytes.IndexByte(rest, '\n')
		if end <= 1 && (end <= 0 || rest[0] == '\r') {
			return // the line's end is yet to come, or what follows is of another request
		}
		from := len(head) - len(rest)
		f.look(head, from, from+len(bytes.TrimSuffix(rest[:end], carriageReturn)), t)
		rest = rest[end+1:]
	}
}

// look looks at the line head[from:end].
func (f *Finder) look(head []byte, from, end int, t *Texts) {
	if len(head)-from < 8 {
		return
	}
	start := binary.LittleEndian.Uint64(head[from:]) | lowerCase
	for i := range f.names {
		if name := &f.names[i]; (start^name.start)&name.mask == 0 && name.endsIn(head[from:end]) {
			t.Put(name.text, trimOWS(head[from+name.length+1:end]))
			return
		}
	}
}

// endsIn says that a line that begins as the name has all of it.
func (n *fieldName) endsIn(line []byte) bool {
	if len(line) <= n.length || line[n.length] != ':' {
		return false
	}
	return n.end == 0 || binary.LittleEndian.Uint64(line[n.length-7:])|lowerCase == n.end
}
