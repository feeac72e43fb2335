// What clients ask for most, and which requests fail most: counted only while somebody
// watches. Otherwise it costs one look at a pointer for each request.
//
//	Server.Watch ─► control.watchers ─► loop.top ─► answer (asked.go) ─► Snapshot

package httpx

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"aws/httpx/message"
	"aws/httpx/stats"
)

const (
	// topSize is how many paths a loop tells apart.
	topSize = 64
	// topShown is how many of them a snapshot has.
	topShown = 20
	// topPath is how many bytes of a path are kept.
	topPath = 120
)

// top is what a loop has counted since somebody began to watch.
type top struct {
	paths  topTable
	errors topTable // with their status
}

// topTable finds the most frequent of many, in bounded memory and time (Metwally,
// Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
// Streams, 2005: Space-Saving). A newcomer takes the place of the one that was counted
// least and goes on from its count, so counts are never too low.
type topTable struct {
	used   int
	hashes [topSize]uint64
	counts [topSize]uint64
	excess [topSize]uint64 // how much of the count may be of others
	status [topSize]uint16
	length [topSize]uint8
	path   [topSize][topPath]byte
}

var topSeed = maphash.MakeSeed()

// count counts a response for a clean path, which is nil if there is none.
func (t *top) count(path []byte, status int) {
	hash := maphash.Bytes(topSeed, path)
	t.paths.count(hash, path, 0)
	if status >= message.StatusBadRequest {
		t.errors.count(hash+uint64(status), path, uint16(status))
	}
}

func (t *topTable) count(hash uint64, path []byte, status uint16) {
	if i := slices.Index(t.hashes[:t.used], hash); i >= 0 {
		t.counts[i]++
		return
	}
	i, least := t.used, uint64(0)
	if i < topSize {
		t.used++
	} else {
		i = 0
		for j, n := range t.counts {
			if n < t.counts[i] {
				i = j
			}
		}
		least = t.counts[i]
	}
	t.hashes[i], t.status[i] = hash, status
	t.counts[i], t.excess[i] = least+1, least
	t.length[i] = uint8(copy(t.path[i][:], path))
}

// topOf is what loops have counted together, nil for none.
func topOf(loops []*top) *stats.Top {
	if len(loops) == 0 {
		return nil
	}
	table := func(of func(*top) *topTable) (all []stats.Path) {
		for _, t := range loops {
			all = of(t).addTo(all)
		}
		slices.SortFunc(all, func(a, b stats.Path) int {
			return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Path, b.Path))
		})
		return all[:min(len(all), topShown)]
	}
	return &stats.Top{
		Paths:  table(func(t *top) *topTable { return &t.paths }),
		Errors: table(func(t *top) *topTable { return &t.errors }),
	}
}

// addTo adds the counts of the table to those of others.
func (t *topTable) addTo(all []stats.Path) []stats.Path {
	for i := range t.used {
		p := stats.Path{Path: string(bytes.ToValidUTF8(t.path[i][:t.length[i]], []byte("\ufffd"))), Status: int(t.status[i]), Count: t.counts[i], Excess: t.excess[i]}
		j := slices.IndexFunc(all, func(o stats.Path) bool { return o.Path == p.Path && o.Status == p.Status })
		if j < 0 {
			all = append(all, p)
			continue
		}
		all[j].Count += p.Count
		all[j].Excess += p.Excess
	}
	return all
}
