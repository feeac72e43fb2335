// Names: each leads back to its file, and none writes markup.

package listing

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"testing"
)

// oddNames are names that break a careless page.
var oddNames = []string{
	"a", "a b", " ", "  two  spaces ", "a:b", "javascript:alert(1)", "http:", "data:,x",
	"<script>alert(1)", "<td>", "-->", "a&b", "&amp;", "&lt;", "\"quoted\"", "it's", "`", "{{path}}",
	"100%", "%41", "%2e%2e", "%2F", "a?b=c", "a#b", "a\\b", "a;b", "a+b", "~a", "-rf", "*", "[a]", "a|b", "^",
	"new\nline", "\r\n", "tab\t", "\x01", "\x1b[31m", "\x7f", "...", "..a", "..;",
	"\u00e4\u00f6\u00fc", "\u6f22\u5b57", "\U0001f600", "\u0085", "\u202egpj.exe", "\u2066a", "\u2028", "\ufeff", "\ufffe", "\ufffd",
	"\xff", "\xc3", "a\xfe\xffb", "\xed\xa0\x80", "\xc0\xae\xc0\xae", strings.Repeat("n", 255), strings.Repeat("\xff", 255),
}

// Each name leads back to its file, from the page and from JSON.
func TestNamesLeadToTheirFiles(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir, oddNames...)
	want := slices.Sorted(slices.Values(oddNames))
	l := &Listing{Dotfiles: true}
	page := render(t, l, dir)
	if got := slices.Sorted(slices.Values(names(t, page))); !slices.Equal(got, want) {
		t.Errorf("the page leads to %q, want %q", got, want)
	}
	if strings.Count(page, "<script") != 1 || strings.Count(page, "<td") != 3*len(oddNames)+3 {
		t.Error("a name has written markup")
	}
	if i := strings.IndexFunc(page, func(r rune) bool { return r < ' ' && r != '\n' || misleads(r) && r >= 0x7f }); i >= 0 {
		t.Errorf("%q is in the page", page[i:i+8])
	}
	l.JSON = true
	var got []string
	for _, e := range decodeJSON(t, render(t, l, dir)).Entries {
		got = append(got, follow(t, "/f/", e.Href))
		if e.Name != strings.ToValidUTF8(e.Name, "") || !strings.ContainsRune(e.Name, '\ufffd') && e.Name != got[len(got)-1] {
			t.Errorf("%q is named %q", got[len(got)-1], e.Name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("JSON leads to %q, want %q", got, want)
	}
}

func TestHrefNeedsNoEscaping(t *testing.T) {
	for _, c := range []struct {
		name   string
		folder bool
		want   string
	}{
		{"a", false, "./a"},
		{"a", true, "./a/"},
		{"a:b", false, "./a:b"}, // RFC 3986 §4.2
		{"a b?#%", false, "./a%20b%3F%23%25"},
		{"&'\"<", false, "./%26%27%22%3C"},
		{"~-._!$()*+,;=@", false, "./~-._!$()*+,;=@"}, // pchar: RFC 3986 §3.3
		{"\xff\n", false, "./%FF%0A"},
	} {
		if got := string(appendHref(nil, []byte(c.name), c.folder)); got != c.want {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTextIsEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"a b":              "a b",
		"<&>\"'":           "&lt;&amp;&gt;&#34;&#39;",
		"\x00\n\x1f":       "\u2400\u240a\u241f",
		"\x7f\u0085":       "\u2421\ufffd",
		"\xff\xc3":         "\ufffd\ufffd",
		"a\u202eb":         "a\ufffdb",
		"\u05d0\u200d":     "\u05d0\u200d", // joiners are part of scripts
		"\ufffe\ufdd0":     "\ufffd\ufffd",
		"\U0001f600\u00e4": "\U0001f600\u00e4",
	} {
		if got := string(appendText(nil, []byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, name := range oddNames {
		f.Add([]byte(name))
	}
	f.Fuzz(func(t *testing.T, name []byte) {
		if len(name) == 0 || bytes.ContainsAny(name, "/\x00") || string(name) == "." || string(name) == ".." {
			return // no name of a file
		}
		href := appendHref(nil, name, false)
		if got := follow(t, "/f/", string(href)); got != string(name) {
			t.Fatalf("%q leads to %q", href, got)
		}
		if bytes.ContainsAny(href, "\"'<>& ") {
			t.Fatalf("%q needs escaping", href)
		}
		text := appendText(nil, name)
		if bytes.ContainsAny(text, "<>\"'\n") || html.UnescapeString(string(text)) != strings.ToValidUTF8(html.UnescapeString(string(text)), "") {
			t.Fatalf("%q as text is %q", name, text)
		}
	})
}
