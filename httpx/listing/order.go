// The order of a listing, and the query that selects it.

package listing

import (
	"bytes"
	"slices"
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
