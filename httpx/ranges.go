// Range requests: which bytes of a file are asked for.
//
//	request, size of the file ► rangesFor ► 200, 206 with a rangeSet, or 416
//
// A short request must not cost a long answer (RFC 9110 §17.15). So a request
// has at most maxRanges ranges, those that overlap or touch become one, and
// what is sent of the file never exceeds its size.

package httpx

import (
	"bytes"
	"math"
)

const (
	// maxRanges is the most ranges that a request may list, those out of the
	// file counted too. One with more gets the whole file, as RFC 9110 §14.2
	// allows: each range costs the head of a part.
	maxRanges = 16
	// maxMultipartSize is the size of the largest file that is sent in several
	// parts. Above it, which only sparse files are, Content-Length might not
	// fit 63 bits.
	maxMultipartSize = math.MaxInt64 - 1<<20
)

// byteRange is a part of a file. It has at least one byte.
type byteRange struct{ first, length int64 }

func (r byteRange) end() int64 { return r.first + r.length } // exclusive

// rangeSet is what a 206 sends: ranges within the file that neither overlap
// nor touch. One is sent by itself, several as multipart/byteranges.
type rangeSet struct {
	n      int
	ranges [maxRanges]byteRange
}

// rangesFor puts the ranges that the request asks for into the set, and returns
// the status of the answer: 206 to send these; 200 with an empty set to send
// the whole file; or 416, if all ranges start behind the end of the file.
//
// Range is ignored, as RFC 9110 §14.2 demands or allows, with another method
// than GET, with another unit than bytes, where it is malformed, where If-Range
// does not hold, and above our limits. It is ignored for an empty file too, as
// in net/http: no Content-Range can say "all of nothing", and a client that
// asks for ranges by habit should not get an error.
func (r *request) rangesFor(v *validators, size int64, set *rangeSet) (status int) {
	set.n = 0
	if r.ranges == nil || r.method != methodGet || size == 0 || !r.ifRangeHolds(v) {
		return statusOK
	}
	unit, list, _ := bytes.Cut(r.ranges, equals)
	switch {
	case !equalFold(unit, "bytes"), // §14.1: case-insensitive
		!set.parse(list, size),
		set.n > 1 && size > maxMultipartSize:
		set.n = 0
		return statusOK
	case set.n == 0:
		return statusRangeNotSatisfiable
	}
	return statusPartialContent
}

var equals = []byte("=")

// parse fills the set with what of a list of ranges is within the file. It
// returns false where the list is malformed or too long (RFC 9110 §14.1.1).
func (set *rangeSet) parse(list []byte, size int64) bool {
	specs := 0
	for more := true; more; {
		var spec []byte
		if spec, list, more = cutElement(list); len(spec) == 0 { // §5.6.1.2
			continue
		}
		if specs++; specs > maxRanges {
			return false
		}
		r, ok := parseRange(spec, size)
		if !ok {
			return false
		}
		if r.length > 0 {
			set.add(r)
		}
	}
	return specs > 0
}

// parseRange parses first-pos "-" [ last-pos ] or "-" suffix-length, and cuts it
// off at the end of the file (RFC 9110 §14.1.2). A range that is well-formed
// but not satisfiable has length 0. Numbers may be as large as they like.
func parseRange(spec []byte, size int64) (r byteRange, ok bool) {
	dash := bytes.IndexByte(spec, '-')
	if dash < 0 {
		return byteRange{}, false
	}
	left, right := spec[:dash], spec[dash+1:]
	if len(left) == 0 {
		suffix, ok := parseDigits(right)
		suffix = min(suffix, size)
		return byteRange{size - suffix, suffix}, ok
	}
	first, ok := parseDigits(left)
	last := int64(math.MaxInt64)
	if ok && len(right) > 0 {
		last, ok = parseDigits(right)
	}
	switch {
	case !ok || last < first:
		return byteRange{}, false
	case first >= size:
		return byteRange{}, true
	}
	return byteRange{first, min(last, size-1) - first + 1}, true
}

// add puts a range into the set, behind the others: parts are sent in the
// order in which they were asked for (RFC 9110 §15.3.7.2). With ranges that it
// overlaps or touches it becomes one, in the place of the first of them. Since
// the others do not touch each other, one pass finds them all.
func (set *rangeSet) add(r byteRange) {
	at, kept := -1, 0
	for _, other := range set.ranges[:set.n] {
		if other.first <= r.end() && r.first <= other.end() {
			first := min(r.first, other.first)
			r = byteRange{first, max(r.end(), other.end()) - first}
			if at >= 0 {
				continue
			}
			at = kept
		}
		set.ranges[kept] = other
		kept++
	}
	if at < 0 {
		at = kept
		kept++
	}
	set.ranges[at] = r
	set.n = kept
}
