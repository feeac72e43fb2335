package listing

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// article returns the README of a page as HTML, "" if there is none.
func article(page string) string {
	_, after, ok := strings.Cut(page, "<article>")
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(after, "</article>")
	return text
}

// The README that is shown is one that a client could fetch, and the best of several.
func TestWhichReadmeIsShown(t *testing.T) {
	for _, c := range []struct {
		files map[string]string // those that start with -> are links
		want  string            // in the article, "" for none
	}{
		{map[string]string{"a": "x"}, ""},
		{map[string]string{"README": "plain"}, "plain"},
		{map[string]string{"readme.TXT": "a <b>", "README": "worse"}, "<pre class=\"plain\">a &lt;b&gt;\n</pre>"},
		{map[string]string{"Readme.md": "*best*", "readme.txt": "worse"}, "<em>best</em>"},
		{map[string]string{"README.md": "->../outside.md"}, ""},
		{map[string]string{"README.md": "->/etc/passwd"}, ""},
		{map[string]string{"README.md": "->/proc/self/environ"}, ""},
		{map[string]string{"README.md": "->other", "other": "**in**"}, "<strong>in</strong>"},
		{map[string]string{"README.md": "->nothing"}, ""},
		{map[string]string{"README.md": "->README.md"}, ""},
		{map[string]string{"README.md": ""}, ""},
		{map[string]string{"README.md": "binary\x00"}, ""},
		{map[string]string{".README.md": "hidden"}, ""},
		{map[string]string{"README.md.bak": "no", "xREADME": "no"}, ""},
	} {
		root := t.TempDir()
		err := errors.Join(os.WriteFile(root+"/outside.md", []byte("secret"), 0o644), os.Mkdir(root+"/f", 0o755))
		for name, text := range c.files {
			if target, ok := strings.CutPrefix(text, "->"); ok {
				err = errors.Join(err, os.Symlink(target, root+"/f/"+name))
			} else {
				err = errors.Join(err, os.WriteFile(root+"/f/"+name, []byte(text), 0o644))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		got := article(render(t, &Listing{Root: root + "/f"}, root+"/f"))
		if (got != "") != (c.want != "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: shown is %q, want %q", c.files, got, c.want)
		}
		for name, l := range map[string]*Listing{"JSON": {JSON: true}, "filtered": {Query: Query{Filter: "e"}}, "page 2": {Query: Query{Page: 2}}} {
			l.Root = root + "/f"
			if got := article(render(t, l, root+"/f")); got != "" {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}

// A README that is no file, or without memory for it, is not shown; a long one is cut.
func TestReadmeIsBounded(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/README", 0o755); err != nil {
		t.Fatal(err)
	}
	if got := article(render(t, &Listing{}, dir)); got != "" {
		t.Errorf("a folder: %q", got)
	}
	if err := os.WriteFile(dir+"/README.md", []byte("# A\n"+strings.Repeat("word ", maxReadme)), 0o644); err != nil {
		t.Fatal(err)
	}
	got := article(render(t, &Listing{}, dir))
	if len(got) < maxReadme || len(got) > maxReadme+1000 || !strings.Contains(got, `This is the start of <a href="./README.md">README.md</a>`) {
		t.Errorf("a long one has %d bytes", len(got))
	}
	l := &Listing{Reserve: func(n int) error {
		if n > 100_000 {
			return errors.New("no memory")
		}
		return nil
	}}
	if got := article(render(t, l, dir)); got != "" {
		t.Errorf("without memory: %d bytes", len(got))
	}
}

// Markdown makes links, pictures and tables, and nothing that runs or that is fetched
// from elsewhere.
func TestMarkdown(t *testing.T) {
	for source, want := range map[string]string{
		"# A b\n## A b":                      "<h2 id=\"readme-a-b\">A b</h2>\n<h3 id=\"readme-a-b-1\">A b</h3>\n",
		"# A\n# A":                           "<h2 id=\"readme-a\">A</h2>\n<h2 id=\"readme-a-1\">A</h2>\n",
		"[a](#install)":                      "<p><a href=\"#readme-install\" rel=\"nofollow noreferrer\">a</a></p>\n",
		"[a](b.txt \"t\")":                   "<p><a href=\"b.txt\" title=\"t\" rel=\"nofollow noreferrer\">a</a></p>\n",
		"[a](https://e.org/?a&b)":            "<p><a href=\"https://e.org/?a&amp;b\" rel=\"nofollow noreferrer\">a</a></p>\n",
		"[a](javascript:alert(1))":           "<p>a</p>\n",
		"[a](JaVaScRiPt&colon;alert(1))":     "<p>a</p>\n",
		"[a](foo&colon;b) ![c](&sol;/e)":     "<p>a c</p>\n",
		"[a](foo&amp;colon;b)":               "<p><a href=\"foo&amp;colon;b\" rel=\"nofollow noreferrer\">a</a></p>\n",
		"[a](vbscript:x) [b](file:///etc/x)": "<p>a b</p>\n",
		"[a](data:text/html,x)":              "<p>a</p>\n",
		"<javascript:alert(1)>":              "<p>javascript:alert(1)</p>\n",
		"<https://e.org/>":                   "<p><a href=\"https://e.org/\" rel=\"nofollow noreferrer\">https://e.org/</a></p>\n",
		"![a](p.png)":                        "<p><img src=\"p.png\" alt=\"a\" loading=\"lazy\"></p>\n",
		"![a](https://e.org/p.png)":          "<p>a</p>\n",
		"![a](//e.org/p.png)":                "<p>a</p>\n",
		"[![a](http://e.org/p)](b)":          "<p><a href=\"b\" rel=\"nofollow noreferrer\">a</a></p>\n",
		"[x ![a](data:x) y](javascript:b)":   "<p>x a y</p>\n",
		"a <script>alert(1)</script>":        "<p>a <!-- raw HTML omitted -->alert(1)<!-- raw HTML omitted --></p>\n",
		"<img src=x onerror=alert(1)>":       "<!-- raw HTML omitted -->\n",
		"~~a~~":                              "<p><del>a</del></p>\n",
		"|a|\n|-:|\n":                        "<table>\n<thead>\n<tr>\n<th align=\"right\">a</th>\n</tr>\n</thead>\n</table>\n",
		"|a|\n|-|\n|b|":                      "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n",
	} {
		got := string(appendMarkdown(nil, []byte(source)))
		if got != want {
			t.Errorf("%q:\n%s want\n%s", source, got, want)
		}
	}
}

// What goldmark takes long for is not tame, and what people write is.
func TestTame(t *testing.T) {
	repeat := func(s string) string { return strings.Repeat(s, maxMarkdown/len(s)) }
	for source, want := range map[string]bool{
		"": true, "# A\n\n- a\n  - b\n    - c\n\n> a\n> > b\n\n1. a\n2. b\n\n[a](b) and [c](d)\n": true,
		repeat("[a](b)\n\n"): true, repeat("word "): true, repeat("- a\n"): true, strings.Repeat(" ", 100) + "code": true,
		repeat("x"): true, repeat("x") + "x": false,
		repeat(">"): false, repeat("> "): false, repeat("1. "): false, repeat("- "): false, repeat("["): false, repeat("![a]("): false,
		repeat("[a]: b\n"): false, "x" + repeat("[a](\n"): false,
	} {
		if got := tame([]byte(source)); got != want {
			t.Errorf("%.20q of %d bytes: %v", source, len(source), got)
		}
	}
}

// A text that a reader sees has nothing in it that changes how the rest looks.
func TestReadable(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\r\nä🙂": "a\tb\r\nä🙂", "\ufeffa": "a", "a\x1b[31m": "a\ufffd[31m", "\u202egpj": "\ufffdgpj", "\xff": "\ufffd", "\u200d": "\u200d",
	} {
		if got := string(readable([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// No Markdown writes what the page must not have.
func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("# a\n[b](javascript:c) ![d](//e) <f:g> | - ~~x~~\n- [ ] y"))
	f.Fuzz(func(t *testing.T, source []byte) {
		source = readable(source)
		if !tame(source) {
			return
		}
		html := strings.ToLower(string(appendMarkdown(nil, source)))
		for _, never := range []string{"<script", "<iframe", "href=\"javascript:", "href=\"data:", "src=\"http", "src=\"//", "src=\"data:", "style=\"", "<svg"} {
			if strings.Contains(html, never) {
				t.Fatalf("%q makes %s", source, html)
			}
		}
	})
}
