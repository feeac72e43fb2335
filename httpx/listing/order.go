// The order of a listing, and the query that selects it.

package listing

import (
	"bytes"
	"cmp"
	"slices"

	"aws/httpx/message"
)

// Order is the order of a listing: by a key, and by name where keys are equal.
// Folders come first in either direction. The zero value is by name, ascending.
type Order struct {
	by         sortKey
	descending bool
}

type sortKey uint8

const (
	byName sortKey = iota
	bySize
	byModified
	sortKeys = iota
)

// sortNames has the names of the keys in a query.
var sortNames = [sortKeys]string{byName: "name", bySize: "size", byModified: "modified"}

// String returns the query that selects the order.
func (o Order) String() string {
	direction := "asc"
	if o.descending {
		direction = "desc"
	}
	return "sort=" + sortNames[o.by] + "&order=" + direction
}

// ParseOrder returns the order that a query selects, such as
// "sort=size&order=desc". Either pair may be missing. A query with anything else
// in it selects the default: by name, ascending.
func ParseOrder(query []byte) Order {
	var o Order
	var sorted, ordered bool
	for more := true; more; {
		var pair []byte
		pair, query, more = bytes.Cut(query, []byte("&"))
		key, value, _ := bytes.Cut(pair, []byte("="))
		switch i := slices.Index(sortNames[:], string(value)); {
		case string(key) == "sort" && i >= 0 && !sorted:
			o.by, sorted = sortKey(i), true
		case string(key) == "order" && !ordered && (string(value) == "asc" || string(value) == "desc"):
			o.descending, ordered = string(value) == "desc", true
		default:
			return Order{}
		}
	}
	return o
}

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
			n = cmp.Compare(a.size, b.size)
		case byModified:
			n = cmp.Compare(a.modified, b.modified)
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
