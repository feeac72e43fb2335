// Lines: one is composed of the parts of a format, for a record.

package accesslog

import "aws/httpx/message"

// composer composes the lines of a loop.
type composer struct {
	parts []part
	how   escape
	names *Names // escaped
	time  timeText
}

func newComposer(f *Format, escaped *Names) composer {
	return composer{f.parts, f.how, escaped, newTimeText()}
}

// escapedNames are Names as they stand in lines.
func (f *Format) escapedNames(n Names) *Names {
	var b chunk
	escaped := func(s string) string {
		padded := append([]byte(s), make([]byte, wordSize)...)
		return string(b[:b.escape(0, padded[:min(len(s), message.MaxFieldText)], f.how)])
	}
	out := Names{Engine: escaped(n.Engine)}
	for _, s := range n.Listeners {
		out.Listeners = append(out.Listeners, escaped(s))
	}
	for _, s := range n.Sites {
		out.Sites = append(out.Sites, escaped(s))
	}
	return &out
}

// line writes the line for r at at, after which there are Format.most bytes, and returns
// where it ends.
func (c *composer) line(b *chunk, at uint16, r *Record) (end uint16) {
	parts := c.parts
	for i := range parts {
		p := &parts[i]
		at = b.word(at, p.before, p.size)
		switch {
		case p.id < fieldID(message.NumTexts):
			at = b.escape(at, r.Texts.Of(message.Text(p.id)), c.how)
		case p.id != noField:
			at = c.field(b, at, p.id, r)
		}
	}
	return at
}

// field writes a field: here those of most formats.
func (c *composer) field(b *chunk, at uint16, id fieldID, r *Record) (end uint16) {
	switch id {
	case clientField:
		return uint16(len(r.Client.AppendIP(b[:at], "unix")))
	case timeCLFField:
		return copyText(b, at, c.time.clf(r.End))
	case methodField:
		return b.escape(at, method(r.Texts.Of(message.LineText)), c.how)
	case targetField:
		return b.escape(at, target(r.Texts.Of(message.LineText)), c.how)
	case statusField:
		return b.number(at, uint64(r.Status))
	case bytesField:
		return b.number(at, uint64(r.Sent))
	}
	return c.fact(b, at, id, r)
}

// fact writes one of the other fields. No client can put anything into them.
func (c *composer) fact(b *chunk, at uint16, id fieldID, r *Record) (end uint16) {
	switch id {
	case timeField:
		return copyText(b, at, c.time.iso(r.End))
	case portField:
		return b.number(at, uint64(r.Client.Port()))
	case durationField:
		return b.seconds(at, r.Took)
	case firstByteField:
		switch {
		case r.Sent > 0:
			return b.seconds(at, r.FirstByte)
		case c.how == asJSON:
			return copyText(b, at, "null")
		}
		return copyText(b, at, "-")
	case outcomeField:
		return copyText(b, at, Outcomes[r.Outcome])
	case sourceField:
		return copyText(b, at, Sources[r.Source])
	case siteField:
		return copyText(b, at, c.names.Sites[r.Site])
	case engineField:
		return copyText(b, at, c.names.Engine)
	case listenerField:
		return copyText(b, at, c.names.Listeners[r.Listener])
	}
	return b.number(at, uint64(r.Loop))
}

// copyText writes a text that needs no escaping at at, and returns where it ends.
func copyText[T string | []byte](b *chunk, at uint16, text T) (end uint16) {
	return at + uint16(copy(b[at:], text))
}
