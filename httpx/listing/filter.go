// Filters: which names a listing shows.

package listing

import "bytes"

// filter says whether names have a text in them, in upper or lower case.
type filter struct {
	text  []byte // in lower case
	ascii bool
}

func newFilter(text string) filter {
	f := filter{text: bytes.ToLower([]byte(text)), ascii: true}
	for _, c := range f.text {
		f.ascii = f.ascii && c < 0x80
	}
	return f
}

// takes reports whether a name has the text in it.
func (f *filter) takes(name []byte) bool {
	if len(f.text) == 0 {
		return true
	}
	if !f.ascii {
		return bytes.Contains(bytes.ToLower(name), f.text)
	}
	for ; len(name) >= len(f.text); name = name[1:] {
		n := 0
		for n < len(f.text) && lower(name[n]) == f.text[n] {
			n++
		}
		if n == len(f.text) {
			return true
		}
	}
	return false
}
