package site

import (
	"strings"
	"testing"

	"aws/httpx/message"
)

// overridden returns a table with overrides from the command line.
func overridden(t *testing.T, specs ...string) *MediaTypes {
	t.Helper()
	var overrides []MediaType
	for _, spec := range specs {
		m, err := ParseMediaType(spec)
		if err != nil {
			t.Fatal(err)
		}
		overrides = append(overrides, m)
	}
	return NewMediaTypes(overrides)
}

func TestMediaTypeByExtension(t *testing.T) {
	types := overridden(t, ".HTML=application/xhtml+xml", "data=Text/Plain", "latin=text/plain; Charset=\"iso-8859-1\"",
		"txt=text/plain;charset=utf-16", "old=application/javascript", "no-such-type=x/y")
	for name, want := range map[string]string{
		"a.css": "text/css; charset=utf-8", "a/b.c/D.PNG": "image/png", "x.tar.gz": "application/gzip",
		"static/a.mjs": "text/javascript; charset=utf-8", "a.json": "application/json", "a.svg": "image/svg+xml",
		"a.ts": "video/mp2t", "a.C": "text/plain; charset=utf-8", "a.wasm": "application/wasm",

		// Names without an extension.
		"": unknownType, "a": unknownType, "a.": unknownType, "a.css.": unknownType, ".": unknownType, "..": unknownType,
		".css": unknownType, "a/.css": unknownType, ".css/a": unknownType, "css": unknownType, "a.css/": unknownType,
		".hidden.css": "text/css; charset=utf-8", "..css": "text/css; charset=utf-8", "a..css": "text/css; charset=utf-8",
		"a.css ": unknownType, "a.\x00": unknownType, "a.\xff": unknownType, "a." + strings.Repeat("x", 4096): unknownType,
		"a.no-such-extension": unknownType,

		// Overrides win, with their own charset or the default one.
		"a.html": "application/xhtml+xml", "a.HTML": "application/xhtml+xml", "a.htm": "text/html; charset=utf-8",
		"a.data": "Text/Plain; charset=utf-8", "a.latin": "text/plain; Charset=\"iso-8859-1\"",
		"a.txt": "text/plain;charset=utf-16", "a.old": "application/javascript; charset=utf-8", "a.no-such-type": "x/y",
	} {
		if got := types.Of(name); got != want {
			t.Errorf("%.40q is %q, want %q", name, got, want)
		}
	}
}

// Names and paths have types too. The last rule that matches wins.
func TestMediaTypeByNameOrPath(t *testing.T) {
	types := overridden(t, "LICENSE=text/plain", "/data/*=application/x-first", "*.tar.gz=application/x-tgz", "/data/*.json=application/x-json",
		"yml=text/x-yml", "/.well-known/*=text/plain", "/.well-known/a.json=application/x-a")
	for path, want := range map[string]string{
		"/LICENSE": "text/plain; charset=utf-8", "/a/license": "text/plain; charset=utf-8", "/x.license": "text/plain; charset=utf-8",
		"/LICENSE/x": unknownType, "/MYLICENSE": unknownType,
		"/data/x": "application/x-first", "/data/a/b.png": "application/x-first", "/data/a/b.json": "application/x-json",
		"/data": unknownType, "/x/data/y": unknownType, "/data/c.yml": "text/x-yml; charset=utf-8",
		"/a/b.tar.gz": "application/x-tgz", "/b.gz": "application/gzip", "/data/b.tar.gz": "application/x-tgz",
		"/.well-known/openid-configuration": "text/plain; charset=utf-8", "/.well-known/a.json": "application/x-a",
	} {
		if got := types.Of(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	types = NewMediaTypes(nil)
	for path, want := range map[string]string{
		"/apple-app-site-association": "application/json", "/.well-known/apple-app-site-association": "application/json",
		"/realms/a/.well-known/openid-configuration": "application/json", "/.well-known/matrix/client": "application/json",
		"/static/.well-known/host-meta": "application/xrd+xml", "/.well-known/webfinger": "application/jrd+json",
		"/.well-known/other": unknownType, "/matrix/client": unknownType, "/host-meta": unknownType,
		"/.well-known/host-meta.json": "application/json", "/openid-configuration/x": unknownType,
	} {
		if got := types.Of(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	for line := range strings.Lines(nameTable) {
		words := strings.Fields(line)
		for _, pattern := range words[1:] {
			if m, err := ParseMediaType(pattern + "=" + words[0]); (err != nil || m.Pattern == "") && strings.ContainsAny(pattern, "/*") {
				t.Errorf("%s: %v", pattern, err)
			}
		}
	}
}

// Only a compressed SVG is in a coding by its own name.
func TestCodingByName(t *testing.T) {
	for name, want := range map[string]string{
		"/a.svgz": "gzip", "/A.SVGZ": "gzip", "/a.svg": "identity", "/a.svg.gz": "identity", "/a.tar.gz": "identity",
		"/a.js.gz": "identity", "/svgz": "identity", "/.svgz": "identity", "/a.svgz/b": "identity", "/x.svgz": "identity",
	} {
		mediaType := overridden(t, "/x*=application/gzip").Of(name)
		if got := CodingOf(name, mediaType); got.String() != want {
			t.Errorf("%s, %s: %s, want %s", name, mediaType, got, want)
		}
	}
}

// The built-in table has what a bare machine needs, in lower case, each
// extension once.
func TestBuiltInTableIsComplete(t *testing.T) {
	seen := map[string]string{}
	for line := range strings.Lines(mimeTable) {
		words := strings.Fields(line)
		if _, _, err := scanMediaType(words[0]); err != nil || len(words) < 2 || words[0] != strings.ToLower(words[0]) {
			t.Errorf("%q: %v", line, err)
		}
		for _, extension := range words[1:] {
			if seen[extension] != "" {
				t.Errorf("%s is %s and %s", extension, seen[extension], words[0])
			}
			seen[extension] = words[0]
			if m, err := ParseMediaType(extension + "=" + words[0]); err != nil || m.Extension != extension {
				t.Errorf("%s is never looked up: %v", extension, err)
			}
		}
	}
	for _, extension := range strings.Fields(`woff woff2 ttf otf eot wasm mjs avif webp webmanifest jxl apng heic
		mp4 webm ogg ogv oga opus m4a m4v mov mp3 flac wav aac mkv m3u8 ts mpd vtt srt json jsonld geojson map
		xml rss atom xhtml txt md csv ics vcf pdf epub rtf doc docx xls xlsx ppt pptx odt ods odp
		zip gz tgz bz2 xz 7z zst br tar iso deb rpm apk dmg exe jar yaml yml toml sql glb gltf wat log
		c h go py sh rs html htm css js png jpg jpeg gif svg ico bmp bin dat`) {
		if seen[extension] == "" {
			t.Errorf("%s is missing", extension)
		}
	}
}

// RFC 9110 §8.3.1.
func TestParseMediaType(t *testing.T) {
	long := "a/" + strings.Repeat("b", MaxMediaType-2)
	for s, want := range map[string]MediaType{
		"html=text/html":                       {Extension: "html", Type: "text/html"},
		".HTML=text/html; charset=utf-8":       {Extension: "html", Type: "text/html; charset=utf-8"},
		"a=b/c;d=e \t;\tf=\"g;=\\\" h\"":       {Extension: "a", Type: "b/c;d=e \t;\tf=\"g;=\\\" h\""},
		"a=b/c;;d=e;":                          {Extension: "a", Type: "b/c;;d=e;"},
		"a-b_c+d=!#$%&'*+.^`|~/x":              {Extension: "a-b_c+d", Type: "!#$%&'*+.^`|~/x"},
		"\u00c4=application/vnd.a.b-c+json":    {Extension: "\u00e4", Type: "application/vnd.a.b-c+json"},
		"a=" + long:                            {Extension: "a", Type: long},
		"/.well-known/*=application/json":      {Pattern: "/.well-known/*", Type: "application/json"},
		"*.tar.gz=a/b":                         {Pattern: "*.tar.gz", Type: "a/b"},
		"*/LICENSE=text/plain":                 {Pattern: "*/LICENSE", Type: "text/plain"},
		"LICENSE=text/plain":                   {Extension: "license", Type: "text/plain"},
		"/a b/c=text/plain":                    {Pattern: "/a b/c", Type: "text/plain"},
		"mp4=video/mp4; codecs=\"avc1, mp4a\"": {Extension: "mp4", Type: "video/mp4; codecs=\"avc1, mp4a\""},
	} {
		if got, err := ParseMediaType(s); err != nil || got != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for s, complaint := range map[string]string{
		"": "EXT=TYPE", "html": "EXT=TYPE", "text/html": "EXT=TYPE",
		"=text/html": "extension", ".=text/html": "extension", "..a=b/c": `"a"`, "tar.gz=b/c": `"gz"`, "a.=b/c": `last dot`,
		"a/b=c/d": "slashes", "a b=c/d": "white space", "*=c/d": "every file", "/*=c/d": "every file", "**=c/d": "every file",
		"*/*=c/d": "every file", "/=c/d": "every file", "/a\r\n*=c/d": "control", "a/*=c/d": "slashes", "/a*=c": "TYPE/SUBTYPE",
		"/a*=": "TYPE/SUBTYPE", "tar.gz=a/b": "'*.tar.gz=TYPE'", "a\r\nb=c/d": "white space",
		"a=": "TYPE/SUBTYPE", "a=b": "TYPE/SUBTYPE", "a=/": "TYPE/SUBTYPE", "a=b/": "TYPE/SUBTYPE", "a=/b": "TYPE/SUBTYPE",
		"a= b/c": "TYPE/SUBTYPE", "a=b /c": "TYPE/SUBTYPE", "a=b/\r\nc": "TYPE/SUBTYPE", "a=\u00e4/b": "TYPE/SUBTYPE",
		"a=b/c/d": "parameters", "a=b/c ": "parameters", "a=b/c d": "parameters", "a=b/c,d/e": "parameters",
		"a=b/c;d": "parameters", "a=b/c;d=": "parameters", "a=b/c;=d": "parameters", "a=b/c;d =e": "parameters",
		"a=b/c;d=\"": "parameters", "a=b/c;d=\"e": "parameters", "a=b/c;d=\"e\\": "parameters", "a=b/c;d=\"\\\"": "parameters",
		"a=b/c;d=\"e\"f": "parameters", "a=b/c\r\nX: y": "parameters", "a=b/c;d=\"\r\nX: y\"": "parameters",
		"a=b/c;d=\"\\\n\"": "parameters", "a=b/c;d=\"\x00\"": "parameters", "a=b/c;d=\"\x7f\"": "parameters",
		"a=" + long + "b": "256 bytes",
	} {
		if got, err := ParseMediaType(s); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%.60q: %q, %v; want %q", s, got, err, complaint)
		}
	}
}

// No media type that is accepted ends the field that it becomes part of.
func FuzzParseMediaType(f *testing.F) {
	for _, s := range []string{"html=text/html", ".A=b/c; d=\"e\\\"\"", "a=b/c\r\nX: y", "a=b/c;;", "=", "a.b=c/d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMediaType(s)
		if err != nil {
			return
		}
		value := withCharset(m.Type)
		if end := headWith(value); end == 0 || (m.Extension == "") == (m.Pattern == "") || strings.ContainsAny(m.Extension, "./*") {
			t.Errorf("%q: %q of %q", s, value, m.Extension)
		}
	})
}

// headWith returns the length of a head with a field of this value, 0 if that
// is not a well-formed head.
func headWith(value string) int {
	b := []byte("GET / HTTP/1.1\r\nHost: a\r\nA: " + value + "\r\n\r\n")
	end, status := new(message.HeadScan).Next(b, new(message.Request))
	if status != 0 || end != len(b) {
		return 0
	}
	return end
}
