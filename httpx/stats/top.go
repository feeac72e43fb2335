package stats

import (
	"cmp"
	"slices"
)

// Top is what clients ask for most, and which requests fail most, since somebody began
// to watch. The most frequent come first.
type Top struct {
	Paths  []Path `json:"paths"`
	Errors []Path `json:"errors"`
}

// Path is how often a clean path, without its query, was asked for. A long one is cut
// off, and one that is not UTF-8 has replacement characters.
type Path struct {
	Path   string `json:"path"`
	Status int    `json:"status,omitempty"` // of errors only
	Count  uint64 `json:"count"`            // never too low
	Excess uint64 `json:"excess"`           // how much too high it may be
}

// since is what has been asked for since an earlier moment, the most frequent first. A
// path that was not among the most frequent then counts from the least that it can have
// been asked for.
func (t *Top) since(earlier *Top) *Top {
	if t == nil {
		return nil
	}
	if earlier == nil {
		earlier = &Top{}
	}
	return &Top{pathsSince(t.Paths, earlier.Paths), pathsSince(t.Errors, earlier.Errors)}
}

func pathsSince(now, earlier []Path) (grown []Path) {
	type key struct {
		path   string
		status int
	}
	before := map[key]uint64{}
	for _, p := range earlier {
		before[key{p.Path, p.Status}] = p.Count
	}
	for _, p := range now {
		n, known := before[key{p.Path, p.Status}]
		if !known {
			n = p.Excess
		}
		if p.Count > n {
			grown = append(grown, Path{Path: p.Path, Status: p.Status, Count: p.Count - n})
		}
	}
	slices.SortStableFunc(grown, func(a, b Path) int { return cmp.Compare(b.Count, a.Count) })
	return grown
}
