// Fields that select a response: conditions, ranges, preferences.
//
//	HeadScan.Next ► fields ► conditional.go, ranges.go, negotiate.go
//
// The parser only keeps their values. They are parsed when they are needed, so a
// request that is answered 404 does not pay for it.

package message

// fields has values as they stand in the head, nil without the field.
type fields struct {
	// Fields with one value. A repeated one is set to empty, which is malformed
	// for all of these: Range and the dates are ignored (RFC 9110 §14.2,
	// §13.1.3, §13.1.4), If-Range does not hold.
	ranges            []byte // Range
	ifRange           []byte
	ifModifiedSince   []byte
	ifUnmodifiedSince []byte
	authorization     []byte

	ifMatch        listField
	ifNoneMatch    listField
	accept         listField
	acceptEncoding listField

	lines  []byte // all of the head after the request line
	origin []byte // Origin of a head that Glean has read; otherwise it is among the lines
}

// listField is a field with a list as its value. It may come in several lines,
// which mean the same as one (RFC 9110 §5.3).
type listField struct {
	first    []byte // the value of the first line
	repeated bool   // there are more lines
}

func (f *listField) present() bool { return f.first != nil }

// set keeps the value of a field that selects a response. value is not nil.
func (f *fields) set(name, value []byte) {
	switch len(name) {
	case len("range"):
		if EqualFold(name, "range") {
			setSingle(&f.ranges, value)
		}
	case len("accept"):
		if EqualFold(name, "accept") {
			f.accept.add(value)
		}
	case len("if-range"): // and If-Match
		if EqualFold(name, "if-range") {
			setSingle(&f.ifRange, value)
		} else if EqualFold(name, "if-match") {
			f.ifMatch.add(value)
		}
	case len("if-none-match"): // and Authorization
		if EqualFold(name, "if-none-match") {
			f.ifNoneMatch.add(value)
		} else if EqualFold(name, "authorization") {
			setSingle(&f.authorization, value)
		}
	case len("accept-encoding"):
		if EqualFold(name, "accept-encoding") {
			f.acceptEncoding.add(value)
		}
	case len("if-modified-since"):
		if EqualFold(name, "if-modified-since") {
			setSingle(&f.ifModifiedSince, value)
		}
	case len("if-unmodified-since"):
		if EqualFold(name, "if-unmodified-since") {
			setSingle(&f.ifUnmodifiedSince, value)
		}
	}
}

// Authorization returns the value of Authorization (RFC 9110 §11.6.2), empty if it is
// repeated and nil without it.
func (f *fields) Authorization() []byte { return f.authorization }

// setSingle sets a field with one value, or empties it the second time.
func setSingle(field *[]byte, value []byte) {
	if *field != nil {
		value = value[:0]
	}
	*field = value
}

// add takes the value of one line.
func (f *listField) add(value []byte) {
	if f.present() {
		f.repeated = true
		return
	}
	f.first = value
}

// fieldLines iterates over the lines of a field.
type fieldLines struct {
	name  string
	one   []byte // the value of the only line; nil once taken
	lines []byte // the rest of the head, for a field in several lines
}

// values returns an iterator over the lines of a field. It searches the head
// again only for a repeated field, which hardly any client sends.
func (f *fields) values(list *listField, name string) fieldLines {
	if list.repeated {
		return fieldLines{name: name, lines: f.lines}
	}
	return fieldLines{one: list.first}
}

// next returns the value of the next line, nil after the last.
func (it *fieldLines) next() (value []byte) {
	if it.lines == nil {
		value, it.one = it.one, nil
		return value
	}
	for {
		var line []byte
		if line, it.lines = cutLine(it.lines); len(line) == 0 {
			it.lines = nil
			return nil
		}
		n := len(it.name) // the parser has seen a colon in every line
		if len(line) > n && line[n] == ':' && EqualFold(line[:n], it.name) {
			return trimOWS(line[n+1:])
		}
	}
}

// Value returns the value of the first line of any field, by its name in lower
// case: nil without one. It searches the head, so it is for fields that few
// responses depend on.
func (f *fields) Value(name string) []byte {
	it := fieldLines{name: name, lines: f.lines}
	return it.next()
}

// Origin returns the origin of the page that asks (RFC 6454 §7): nil without one.
func (f *fields) Origin() []byte {
	if f.origin != nil {
		return f.origin
	}
	return f.Value("origin")
}
