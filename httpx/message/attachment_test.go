package message

import (
	"mime"
	"strings"
	"testing"
)

// Whatever a file is called, the field is one line, and a client reads the name.
func TestAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"a.zip": "a.zip", "a b.zip": "a b.zip", "Grüße.tar.gz": "Grüße.tar.gz", "a\"b\\c.zip": "a\"b\\c.zip", "x\r\nSet-Cookie: a=b": "x\r\nSet-Cookie: a=b",
		"100%41.zip": "100%41.zip", "\u202egpj.zip": "\u202egpj.zip", "\xff.zip": "\ufffd.zip", "'*;=.zip": "'*;=.zip", "": "",
		strings.Repeat("\u00e4", 127): strings.Repeat("\u00e4", 127),
	} {
		value := Attachment(name)
		if i := strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r >= 0x7f }); i >= 0 {
			t.Errorf("%q: %q is no value of a field", name, value)
		}
		kind, params, err := mime.ParseMediaType(value)
		if err != nil || kind != "attachment" || params["filename"] != want {
			t.Errorf("%q: %q is read as %q %q, %v", name, value, kind, params["filename"], err)
		}
	}
	if got, want := Attachment("a\u00e4.zip"), `attachment; filename="a_.zip"; filename*=UTF-8''a%C3%A4.zip`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
