// Sorting: entries by the listing's order, and names as people expect.

package listing

import (
	"bytes"
	"cmp"
	"slices"

	"aws/httpx/message"
)

// sort sorts the entries. To sort by size or time, all of those must be known.
func (c *contents) sort(o Order) {
	slices.SortFunc(c.entries, func(a, b entry) int {
		if a.has(isFolder) != b.has(isFolder) {
			if a.has(isFolder) {
				return -1
			}
			return 1
		}
		n := 0
		switch o.by {
		case byName:
			n = compareNames(c.name(&a), c.name(&b))
		case bySize:
			n = cmp.Compare(c.size(&a), c.size(&b))
		case byModified:
			n = cmp.Compare(c.modified(&a), c.modified(&b))
		}
		if o.descending {
			n = -n
		}
		if n == 0 {
			n = compareNames(c.name(&a), c.name(&b))
		}
		return n
	})
}

// compareNames compares names as people expect: numbers by value, so "file 9"
// comes before "file 10", and letters without regard to case. It folds ASCII
// only: the rest depends on the language. Names that are equal so far compare by
// their bytes, so the order never depends on that of the folder.
func compareNames(a, b []byte) int {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		if message.IsDigit(a[i]) && message.IsDigit(b[j]) {
			m, n := digits(a[i:]), digits(b[j:])
			if c := compareNumbers(a[i:i+m], b[j:j+n]); c != 0 {
				return c
			}
			i, j = i+m, j+n
			continue
		}
		if c := cmp.Compare(lower(a[i]), lower(b[j])); c != 0 {
			return c
		}
		i, j = i+1, j+1
	}
	if c := cmp.Compare(len(a)-i, len(b)-j); c != 0 {
		return c
	}
	return bytes.Compare(a, b)
}

// digits returns the number of digits that b begins with.
func digits(b []byte) (n int) {
	for n < len(b) && message.IsDigit(b[n]) {
		n++
	}
	return n
}

// compareNumbers compares decimal numbers of any length by value.
func compareNumbers(a, b []byte) int {
	a, b = bytes.TrimLeft(a, "0"), bytes.TrimLeft(b, "0")
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return bytes.Compare(a, b)
}

// lower returns c in lower case if it is an ASCII letter.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
