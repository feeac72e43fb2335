// Formats: a template is parsed once into parts, and compose.go makes lines of these.

package accesslog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The templates of the formats that have a name.
const (
	commonTemplate   = `$client - - [$time_clf] "$request" $status $bytes`
	combinedTemplate = commonTemplate + ` "$referer" "$user_agent"`
)

// FormatNames are the formats that have a name.
var FormatNames = []string{"common", "combined", "json"}

// Format says what lines are made of.
type Format struct {
	parts []part
	next  string // stands in every line before the field that comes next: while it is parsed
	how   escape
	need  Need
	most  int // bytes that it takes to compose the longest line
}

// part is a field and what stands before it in every line: at most a word of it. A longer
// text has parts without a field.
type part struct {
	before uint64 // see wordOf
	size   uint16
	id     fieldID
}

// maxComposed bounds the longest line that a format may make.
const maxComposed = 48 << 10

// ParseFormat parses common, combined, json, json:FIELD,FIELD,… or a template, in which
// $name stands for a field and $$ for a dollar sign.
func ParseFormat(s string) (f *Format, err error) {
	f = &Format{}
	names, isJSON := strings.CutPrefix(s, "json:")
	switch {
	case s == "common":
		err = f.template(commonTemplate)
	case s == "combined":
		err = f.template(combinedTemplate)
	case s == "json":
		for _, field := range Fields {
			if !slices.Contains(notInJSON, field.Name) {
				names += "," + field.Name
			}
		}
		err = f.json(names[len("json,"):])
	case isJSON:
		err = f.json(names)
	case !strings.Contains(s, "$"):
		err = errors.New("want common, combined, json, or a template with fields in it, such as '$client \"$request\" $status'")
	default:
		err = f.template(s)
	}
	if err != nil {
		return nil, err
	}
	f.literal("\n")
	f.part(noField)
	f.most += wordSize
	if f.most > maxComposed {
		return nil, fmt.Errorf("a line could be %d KiB long: want fewer fields, for at most %d KiB", f.most>>10, maxComposed>>10)
	}
	return f, nil
}

// Needs is what lines show of a request besides its line.
func (f *Format) Needs() Need { return f.need }

// template parses a template.
func (f *Format) template(s string) error {
	for i, c := range []byte(s) {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return fmt.Errorf("column %d: a line has no control characters", i+1)
		}
	}
	whole := s
	for {
		before, rest, found := strings.Cut(s, "$")
		f.literal(before)
		if !found {
			return nil
		}
		n := 0
		for n < len(rest) && (rest[n] == '_' || 'a' <= rest[n] && rest[n] <= 'z' || 'A' <= rest[n] && rest[n] <= 'Z' || '0' <= rest[n] && rest[n] <= '9') {
			n++
		}
		s = rest[n:]
		switch field := find(rest[:n]); {
		case field != nil:
			f.add(field)
		case n == 0 && strings.HasPrefix(rest, "$"):
			f.literal("$")
			s = rest[1:]
		default:
			return fmt.Errorf("column %d: there is no field $%s: want %s, or $$ for a dollar sign", len(whole)-len(rest), rest[:n], fieldList("$"))
		}
	}
}

// json parses the names of the fields of an object.
func (f *Format) json(names string) error {
	f.how = asJSON
	var seen []string
	for i, name := range strings.Split(names, ",") {
		field := find(name)
		switch {
		case field == nil:
			return fmt.Errorf("there is no field %q: want %s", name, fieldList(""))
		case slices.Contains(seen, name):
			return fmt.Errorf("%s is named twice", name)
		}
		seen = append(seen, name)
		sep := ","
		if i == 0 {
			sep = "{"
		}
		f.literal(sep + `"` + name + `":`)
		if field.bare {
			f.add(field)
			continue
		}
		f.literal(`"`)
		f.add(field)
		f.literal(`"`)
	}
	f.literal("}")
	return nil
}

// fieldList names all fields, each with a prefix.
func fieldList(prefix string) string {
	var all []string
	for _, field := range Fields {
		all = append(all, prefix+field.Name)
	}
	return strings.Join(all, ", ")
}

// literal adds a text that stands in every line.
func (f *Format) literal(text string) {
	f.most += len(text)
	f.next += text
}

// part adds a field, and what stands before it.
func (f *Format) part(id fieldID) {
	for len(f.next) > wordSize {
		f.parts = append(f.parts, part{wordOf(f.next), wordSize, noField})
		f.next = f.next[wordSize:]
	}
	f.parts = append(f.parts, part{wordOf(f.next), uint16(len(f.next)), id})
	f.next = ""
}

func (f *Format) add(field *Field) {
	f.need |= field.need
	f.most += field.most * f.how.most()
	f.part(field.id)
}
