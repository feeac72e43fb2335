package message

import "bytes"

// LastLines iterates over the lines of a field from the last one back: proxies add to
// the end of a list.
type LastLines struct {
	name string // in lower case
	head []byte // what has not been looked at, and its last CRLF
}

// LastLines returns an iterator over the lines of any field. It searches the head, so it
// is for fields that few responses depend on.
func (f *fields) LastLines(name string) LastLines { return LastLines{name: name, head: f.lines} }

// Next returns the value of the next line, with ok false after the last.
func (it *LastLines) Next() (value []byte, ok bool) {
	for len(it.head) > 0 {
		rest := it.head[:len(it.head)-2]
		line := rest[bytes.LastIndexByte(rest, '\n')+1:]
		it.head = rest[:len(rest)-len(line)]
		n := len(it.name)
		if len(line) > n && line[n] == ':' && EqualFold(line[:n], it.name) {
			return trimOWS(line[n+1:]), true
		}
	}
	return nil, false
}
