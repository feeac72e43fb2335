// Listings as JSON for programs.

package listing

import (
	"bufio"
	"encoding/json"
	"time"
)

// jsonEntry is an entry in JSON. In "name" U+FFFD replaces the bytes of a name
// that are not UTF-8, which JSON cannot represent (RFC 8259 §8.1). "href" always
// leads to the file.
type jsonEntry struct {
	Name     string    `json:"name"`
	Type     string    `json:"type"`           // "file" or "directory"
	Link     bool      `json:"link,omitempty"` // it is a symbolic link
	Size     *int64    `json:"size,omitempty"` // bytes; files only
	Modified time.Time `json:"modified"`       // RFC 3339, UTC
	Href     string    `json:"href"`           // relative to the folder
}

// writeJSON writes
//
//	{"path":"/a/","entries":[{…},…]}
//
// with "truncated":true after the entries if there were too many.
func (l *Listing) writeJSON(out *bufio.Writer, c *contents) error {
	b := append(out.AvailableBuffer(), `{"path":`...)
	b = appendJSON(b, l.Path)
	b = append(b, `,"entries":[`...)
	if _, err := out.Write(b); err != nil {
		return err
	}
	separator := "\n"
	err := l.writeEntries(out, c, 0, len(c.entries), func(b []byte, e *row) []byte {
		b = append(b, separator...)
		separator = ",\n"
		return appendJSON(b, newJSONEntry(e))
	})
	if err != nil {
		return err
	}
	b = append(out.AvailableBuffer(), "\n]"...)
	if c.truncated {
		b = append(b, `,"truncated":true`...)
	}
	if _, err := out.Write(append(b, "}\n"...)); err != nil {
		return err
	}
	return out.Flush()
}

func newJSONEntry(e *row) *jsonEntry {
	j := &jsonEntry{
		Name:     string(e.name),
		Type:     "file",
		Link:     e.flags.has(isLink),
		Size:     &e.size,
		Modified: time.Unix(e.modified, 0).UTC(),
		Href:     string(appendHref(nil, e.name, e.flags.has(isFolder))),
	}
	if e.flags.has(isFolder) {
		j.Type, j.Size = "directory", nil
	}
	return j
}

// appendJSON appends v, a string or a *jsonEntry. Neither can fail: the years
// have four digits.
func appendJSON(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("listing: " + err.Error())
	}
	return append(b, text...)
}
