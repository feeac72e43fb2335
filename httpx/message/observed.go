// Fields of a head that no response depends on, but an observer may want: found in a
// head that has been refused, too.

package message

import "bytes"

// FindFields finds fields in a head, or the part of it that has arrived, by their names
// in lower case. values, of the same length, gets the value of the first line of each: nil
// without one. They share the memory of the head, and may have any bytes but LF.
func FindFields(head []byte, names []string, values [][]byte) {
	clear(values)
	_, rest, _ := bytes.Cut(head[requestLineStart(head):], lineFeed)
	for {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return // the line's end is yet to come
		}
		line := bytes.TrimSuffix(rest[:end], carriageReturn)
		if len(line) == 0 {
			return // what follows is of another request
		}
		rest = rest[end+1:]
		for i, name := range names {
			if n := len(name); len(line) > n && line[n] == ':' && values[i] == nil && EqualFold(line[:n], name) {
				values[i] = trimOWS(line[n+1:])
			}
		}
	}
}
