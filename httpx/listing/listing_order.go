package listing

import (
	"bytes"
	"cmp"
	"slices"

	"aws/httpx/message"
)

// Order is how a listing is sorted: by a key, where that is equal by name.
// Folders come first in either direction.
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

// sortNames are the keys in a query.
var sortNames = [sortKeys]string{byName: "name", bySize: "size", byModified: "modified"}

func (o Order) String() string {
	direction := "asc"
	if o.descending {
		direction = "desc"
	}
	return "sort=" + sortNames[o.by] + "&order=" + direction
}

// ParseQuery takes the order from a query, such as
// "sort=size&order=desc". Either pair may be missing. A query that is anything
// else, in part or in whole, asks for the default: by name, ascending.
func ParseQuery(query []byte) Order {
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

// sort puts the entries in order. Their sizes and times must be known if they
// are to be sorted by those.
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

// compareNames orders names as people expect it: numbers by value, so that
// "file 9" comes before "file 10", and letters without regard to case. Case is
// that of ASCII: folding more takes the language to do right. What is equal so
// far goes by its bytes, so the order never depends on the folder's.
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

// digits is how many b begins with.
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

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
