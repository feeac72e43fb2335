package site

import (
	"strings"
	"testing"
)

func authRules(t *testing.T, texts ...string) (all []AuthRule) {
	t.Helper()
	for _, s := range texts {
		r, err := ParseAuth(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// A rule covers a folder with all that is in it, names by a pattern, and sidecar files
// with their originals. The last that matches counts.
func TestWhatNeedsAPassword(t *testing.T) {
	all, err := Parse([]Config{{
		Root: "/r", Mounts: DefaultMounts(), Precompressed: []string{"gzip", "br"},
		Auth: authRules(t, "/a/*=/one", "/b=/two:Two", "/B/pub/=-", "*.pdf=/one", "/c/*/x=/two", "/Ärger/*=/one", "*/.well-known/*=-"),
	}, {Root: "/r", Auth: authRules(t, "/*=/three", "/open=-")}})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(all.PasswordFiles, " "); got != "/one /two /three" {
		t.Errorf("files %s", got)
	}
	for path, want := range map[string]string{
		"/": "", "/a": "/one", "/a/": "/one", "/a/x": "/one", "/ab": "", "/x/a/": "", "/a.gz": "/one",
		"/b": "/two", "/b/x/y": "/two", "/b/pub": "", "/b/pub/x": "", "/b/public": "/two",
		"/b/x.pdf": "/one", "/x.pdf": "/one", "/x.pdf.gz": "/one", "/x.pdf.br": "/one", "/x.pdf.zst": "", "/x.pdf/y": "",
		"/c/d/x": "/two", "/c/d/e/x": "/two", "/c/x": "", "/Ärger/x": "/one", "/a/.well-known/x": "",
	} {
		if got := fileFor(all.list[0], path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{"/": "/three", "/x": "/three", "/open": "", "/open/x": "", "/opened": "/three"} {
		if got := fileFor(all.list[1], path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func fileFor(s *Site, path string) string {
	if r := s.AuthFor([]byte(path)); r != nil {
		return r.File
	}
	return ""
}

func TestAuthRulesAreParsed(t *testing.T) {
	for s, want := range map[string]string{
		"/a=/f":             `Basic realm="restricted", charset="UTF-8"`,
		"/a=/f:My site: x":  `Basic realm="My site: x", charset="UTF-8"`,
		`/a=/f:a "b" \c`:    `Basic realm="a \"b\" \\c", charset="UTF-8"`,
		" /a/* =relative/f": `Basic realm="restricted", charset="UTF-8"`,
		"/a=-":              "",
	} {
		r, err := ParseAuth(s)
		if err != nil || r.Challenge != want || r.File != "" && r.File[0] != '/' {
			t.Errorf("%q: %+v, %v", s, r, err)
		}
	}
	for _, s := range []string{
		"", "=", "/a", "/a=", "=/f", "a=/f", "private/*=/f", "/a=:x", "/a=/f:", "/a=-:x", "/a=/f:a\x01b", "/a=/f:a\r\nX: y",
		"/a=/f:" + strings.Repeat("x", 129),
	} {
		if r, err := ParseAuth(s); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%q: %+v, %v", s, r, err)
		}
	}
}

func TestAuthThatProtectsNothing(t *testing.T) {
	c := Config{Mounts: []MountConfig{{Prefix: "/Static"}, {Prefix: "/x/y"}}, Auth: authRules(t,
		"/static/*=/f", "/static/private=/f", "/x=/f", "/x/y/z=/f", "*.pdf=/f", "/*=/f",
		"/privat/*=/f", "/x/z=/f")}
	got := Problems([]Config{c})[0]
	if len(got) != 2 || got[0].Setting != "auth" || got[0].Index != 6 || !strings.Contains(got[0].Text, "/privat/*") ||
		got[1].Setting != "auth" || got[1].Index != 7 || !strings.Contains(got[1].Text, "/x/z/*") {
		t.Errorf("%+v", got)
	}
	c.Mounts = []MountConfig{{Prefix: "/"}}
	if got := Problems([]Config{c})[0]; len(got) > 0 {
		t.Errorf("%+v", got)
	}
}
