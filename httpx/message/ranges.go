// Range requests: which bytes of a file the client wants.
//
//	Request, size of the file ► RangesFor ► 200, 206 with a RangeSet, or 416
//
// A short request must not make a long response (RFC 9110 §17.15). So a request
// has at most maxRanges ranges, ranges that overlap or touch become one, and no
// byte of the file is sent twice.

package message

import (
	"bytes"
	"math"
)

const (
	// maxRanges is the most ranges that a request may list, with those beyond
	// the end of the file. More get the whole file, as RFC 9110 §14.2 allows:
	// each range costs the head of a part.
	maxRanges = 16
	// maxMultipartSize is the size in bytes of the largest file that is sent in
	// parts. With a larger one, which can only be sparse, Content-Length might
	// not fit 63 bits.
	maxMultipartSize = math.MaxInt64 - 1<<20
)

// Range is a part of a file, in bytes. Its Length is at least 1.
type Range struct{ First, Length int64 }

func (r Range) end() int64 { return r.First + r.Length } // exclusive

// RangeSet has the ranges that a 206 sends. They are within the file, and neither
// overlap nor touch. One is sent by itself, several as multipart/byteranges. The
// zero value is empty.
type RangeSet struct {
	n      int
	ranges [maxRanges]Range
}

// Len returns the number of ranges.
func (set *RangeSet) Len() int { return set.n }

// At returns range i, from 0, in the order in which they are sent.
func (set *RangeSet) At(i int) Range { return set.ranges[:set.n][i] }

// Ranged reports whether the request asks for a range, which it may not get: see
// RangesFor.
func (r *Request) Ranged() bool { return r.ranges != nil && r.Method == MethodGet }

// RangesFor puts the requested ranges into the set, whatever was in it, and
// returns the status of the response: 206 to send them, 200 with an empty set to
// send the whole file, or 416 if all ranges start beyond its end. size is in
// bytes.
//
// It ignores Range, as RFC 9110 §14.2 demands or allows, if the method is not GET
// or the unit not bytes, if it is malformed or exceeds the limits, or if If-Range
// does not hold. It also ignores Range for an empty file, as net/http does: no
// Content-Range can say "all of nothing", and a client that always asks for
// ranges should not get an error.
func (r *Request) RangesFor(v *Validators, size int64, set *RangeSet) (status int) {
	set.n = 0
	if r.ranges == nil || r.Method != MethodGet || size == 0 || !r.ifRangeHolds(v) {
		return StatusOK
	}
	unit, list, _ := bytes.Cut(r.ranges, equals)
	switch {
	case !EqualFold(unit, "bytes"), // §14.1: case-insensitive
		!set.parse(list, size),
		set.n > 1 && size > maxMultipartSize:
		set.n = 0
		return StatusOK
	case set.n == 0:
		return StatusRangeNotSatisfiable
	}
	return StatusPartialContent
}

var equals = []byte("=")

// parse fills the set with the ranges of a list, as far as they are within the
// file. It returns false if the list is malformed or too long (RFC 9110
// §14.1.1).
func (set *RangeSet) parse(list []byte, size int64) bool {
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
		if r.Length > 0 {
			set.add(r)
		}
	}
	return specs > 0
}

// parseRange parses first-pos "-" [ last-pos ] or "-" suffix-length, and cuts the
// range off at the end of the file (RFC 9110 §14.1.2). A range that cannot be
// satisfied has length 0. The numbers may have any length.
func parseRange(spec []byte, size int64) (r Range, ok bool) {
	dash := bytes.IndexByte(spec, '-')
	if dash < 0 {
		return Range{}, false
	}
	left, right := spec[:dash], spec[dash+1:]
	if len(left) == 0 {
		suffix, ok := parseDigits(right)
		suffix = min(suffix, size)
		return Range{size - suffix, suffix}, ok
	}
	first, ok := parseDigits(left)
	last := int64(math.MaxInt64)
	if ok && len(right) > 0 {
		last, ok = parseDigits(right)
	}
	switch {
	case !ok || last < first:
		return Range{}, false
	case first >= size:
		return Range{}, true
	}
	return Range{first, min(last, size-1) - first + 1}, true
}

// add puts a range at the end of the set: parts are sent in the order in which
// they were requested (RFC 9110 §15.3.7.2). Ranges that it overlaps or touches
// are merged with it, in the place of the first of them. Since those do not
// touch each other, one pass finds them all.
func (set *RangeSet) add(r Range) {
	at, kept := -1, 0
	for _, other := range set.ranges[:set.n] {
		if other.First <= r.end() && r.First <= other.end() {
			first := min(r.First, other.First)
			r = Range{first, max(r.end(), other.end()) - first}
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
