// Formats: a template is parsed once into parts, and a line is composed of these.

package accesslog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The templates of the formats that have a name.
const (
	commonTemplate   = `$client - - [$time_clf] "$request" $status $bytes`
	combinedTemplate = commonTemplate + ` "$referer" "$user_agent"`
)

// FormatNames are the formats that have a name.
var FormatNames = []string{"common", "combined", "json"}

// Format composes lines.
type Format struct {
	parts []part
	how   escape
	need  Need
	most  int // bytes of the longest line
}

// part is a field, or a text that stands in every line.
type part struct {
	id   fieldID
	text string
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
	if n := len(f.parts); n > 0 && f.parts[n-1].id == literalField {
		f.parts[n-1].text += text
	} else if text != "" {
		f.parts = append(f.parts, part{literalField, text})
	}
}

func (f *Format) add(field *Field) {
	f.need |= field.need
	f.most += field.most * f.how.most()
	f.parts = append(f.parts, part{id: field.id})
}

// escapedNames are Names as they stand in lines.
func (f *Format) escapedNames(n Names) Names {
	escaped := func(s string) string {
		return string(appendEscaped(nil, []byte(s[:min(len(s), MaxField)]), f.how))
	}
	out := Names{Engine: escaped(n.Engine)}
	for _, s := range n.Listeners {
		out.Listeners = append(out.Listeners, escaped(s))
	}
	for _, s := range n.Sites {
		out.Sites = append(out.Sites, escaped(s))
	}
	return out
}

// appendText appends a client's text. In columns, an empty one is '-'.
func (f *Format) appendText(b, s []byte) []byte {
	if len(s) == 0 && f.how == asText {
		return append(b, '-')
	}
	return appendEscaped(b, s, f.how)
}

// appendLine appends the line for r to b, which has room for f.most bytes.
func (f *Format) appendLine(b []byte, r *Record, c *timeText, n *Names) []byte {
	for i := range f.parts {
		switch p := &f.parts[i]; p.id {
		case literalField:
			b = append(b, p.text...)
		case timeField:
			c.set(r.End)
			b = append(b, c.iso[:]...)
		case timeCLFField:
			c.set(r.End)
			b = append(b, c.clf[:]...)
		case clientField:
			b = r.Client.AppendIP(b, "unix")
		case portField:
			b = strconv.AppendUint(b, uint64(r.Client.Port()), 10)
		case requestField:
			b = f.appendText(b, r.Line)
		case methodField:
			b = f.appendText(b, method(r.Line))
		case targetField:
			b = f.appendText(b, target(r.Line))
		case hostField:
			b = f.appendText(b, r.Host)
		case refererField:
			b = f.appendText(b, r.Referer)
		case agentField:
			b = f.appendText(b, r.UserAgent)
		default:
			b = f.appendFact(b, p.id, r, n)
		}
	}
	return b
}

// appendFact appends a field that no client can put anything into.
func (f *Format) appendFact(b []byte, id fieldID, r *Record, n *Names) []byte {
	switch id {
	case statusField:
		return strconv.AppendInt(b, int64(r.Status), 10)
	case bytesField:
		return strconv.AppendInt(b, r.Sent, 10)
	case durationField:
		return appendSeconds(b, r.Took)
	case firstByteField:
		switch {
		case r.Sent > 0:
			return appendSeconds(b, r.FirstByte)
		case f.how == asJSON:
			return append(b, "null"...)
		}
		return append(b, '-')
	case outcomeField:
		return append(b, Outcomes[r.Outcome]...)
	case sourceField:
		return append(b, Sources[r.Source]...)
	case siteField:
		return append(b, n.Sites[r.Site]...)
	case engineField:
		return append(b, n.Engine...)
	case listenerField:
		return append(b, n.Listeners[r.Listener]...)
	}
	return strconv.AppendInt(b, int64(r.Loop), 10)
}
