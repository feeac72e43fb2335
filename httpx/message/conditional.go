// Conditional requests: whether the client has the file already, or no longer
// wants it.
//
//	Request, Validators of the file ► Precondition ► 304, 412, or the file
//
// The file exists, and the method is GET or HEAD. Conditions of a request that
// would be answered with an error are ignored (RFC 9110 §13.2.1).

package message

import (
	"bytes"
	"math"
)

// Validators tell versions of a file apart (RFC 9110 §8.8).
type Validators struct {
	ETag     []byte // with its quotes, and W/ if it is weak; nil without one
	Modified int64  // Last-Modified, in Unix seconds; or NoDate
	Date     int64  // Date of the response, in Unix seconds
}

// NoDate stands for no Last-Modified.
const NoDate = math.MinInt64

// Precondition evaluates the conditions in the order of RFC 9110 §13.2.2. It
// returns 0 if they hold, and otherwise the status of the response: 304 or 412.
func (r *Request) Precondition(v *Validators) (status int) {
	switch {
	case r.ifMatch.present():
		if !r.ifMatchHolds(v) {
			return StatusPreconditionFailed
		}
	case !r.ifUnmodifiedSinceHolds(v):
		return StatusPreconditionFailed
	}
	switch {
	case r.ifNoneMatch.present():
		if !r.ifNoneMatchHolds(v) {
			return StatusNotModified
		}
	case !r.ifModifiedSinceHolds(v):
		return StatusNotModified
	}
	return 0
}

// ifMatchHolds implements RFC 9110 §13.1.1: the client wants any version, or the
// list has exactly this one.
func (r *Request) ifMatchHolds(v *Validators) bool {
	return isAny(&r.ifMatch) || r.lists(&r.ifMatch, "if-match", v.ETag, strongMatch)
}

// ifNoneMatchHolds implements RFC 9110 §13.1.2: the client has no version that is
// as good as this one.
func (r *Request) ifNoneMatchHolds(v *Validators) bool {
	return !isAny(&r.ifNoneMatch) && !r.lists(&r.ifNoneMatch, "if-none-match", v.ETag, weakMatch)
}

// ifModifiedSinceHolds implements RFC 9110 §13.1.3. It ignores a malformed date, and
// any where there is no date to compare it with.
func (r *Request) ifModifiedSinceHolds(v *Validators) bool {
	date, ok := parseDate(r.ifModifiedSince)
	return !ok || v.Modified > date || v.Modified == NoDate
}

// ifUnmodifiedSinceHolds implements RFC 9110 §13.1.4. It ignores a malformed
// date.
func (r *Request) ifUnmodifiedSinceHolds(v *Validators) bool {
	date, ok := parseDate(r.ifUnmodifiedSince)
	return !ok || v.Modified <= date
}

// ifRangeHolds implements RFC 9110 §13.1.5: the client has a part of exactly this
// version. It holds without the field, but not for a value that is neither an
// entity-tag nor a date: the whole file once more is better than parts of two
// versions put together.
//
// A date is a strong validator only if Last-Modified is at least one second
// before Date (§8.8.2.2): within that second the file may change once more.
func (r *Request) ifRangeHolds(v *Validators) bool {
	if r.ifRange == nil || strongMatch(r.ifRange, v.ETag) {
		return true
	}
	date, ok := parseDate(r.ifRange)
	return ok && date == v.Modified && v.Modified < v.Date
}

// isAny reports whether the field is "*", which stands alone.
func isAny(f *listField) bool { return string(f.first) == "*" && !f.repeated }

// lists reports whether an entity-tag in the list of a field matches ours. A
// list ends where it is malformed, as in net/http: the tags before count, and
// the rest matches nothing. So in doubt If-None-Match gets the file, and If-Match
// does not.
func (r *Request) lists(f *listField, name string, ours []byte, match func(theirs, ours []byte) bool) bool {
	values := r.values(f, name)
	for list := values.next(); list != nil; list = values.next() {
		for list = trimList(list); len(list) > 0; list = trimList(list) {
			var tag []byte
			if tag, list = cutETag(list); tag == nil {
				return false
			}
			if match(tag, ours) {
				return true
			}
		}
	}
	return false
}

// trimList trims commas and white space from the start of a list, and with them
// empty elements (RFC 9110 §5.6.1.2).
func trimList(list []byte) []byte {
	for len(list) > 0 && (list[0] == ',' || list[0] == ' ' || list[0] == '\t') {
		list = list[1:]
	}
	return list
}

// cutETag splits list after the entity-tag that it starts with (RFC 9110 §8.8.3).
// tag is nil if it does not start with one. A tag is not a quoted-string: it may
// contain commas and backslashes.
func cutETag(list []byte) (tag, rest []byte) {
	opaque := opaqueTag(list)
	if len(opaque) == 0 || opaque[0] != '"' {
		return nil, nil
	}
	for i, c := range opaque[1:] {
		switch {
		case c == '"':
			end := len(list) - len(opaque) + 1 + i + 1
			return list[:end], list[end:]
		case c <= ' ' || c == 0x7f:
			return nil, nil
		}
	}
	return nil, nil
}

// opaqueTag returns an entity-tag without the prefix W/ of a weak one.
func opaqueTag(tag []byte) []byte {
	opaque, _ := bytes.CutPrefix(tag, weakPrefix)
	return opaque
}

var weakPrefix = []byte("W/") // case-sensitive

// strongMatch compares entity-tags by RFC 9110 §8.8.3.2: both are strong and
// equal. ours is well-formed or nil.
func strongMatch(theirs, ours []byte) bool {
	return len(ours) > 0 && ours[0] == '"' && bytes.Equal(theirs, ours)
}

// weakMatch compares entity-tags without regard to their weakness. ours is
// well-formed or nil.
func weakMatch(theirs, ours []byte) bool {
	return len(ours) > 0 && bytes.Equal(opaqueTag(theirs), opaqueTag(ours))
}
