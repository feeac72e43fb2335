// The order of a listing.

package listing

import "slices"

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

// String returns the part of a query that selects the order.
func (o Order) String() string {
	direction := "asc"
	if o.descending {
		direction = "desc"
	}
	return "sort=" + sortNames[o.by] + "&order=" + direction
}

// set sets what a pair of a query says, "sort" or "order". It returns false for a
// value that is none.
func (o *Order) set(key string, value []byte) bool {
	if key == "order" {
		o.descending = string(value) == "desc"
		return o.descending || string(value) == "asc"
	}
	i := slices.Index(sortNames[:], string(value))
	if i < 0 {
		return false
	}
	o.by = sortKey(i)
	return true
}
