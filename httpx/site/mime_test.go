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
		"html=text/html":                       {"html", "text/html"},
		".HTML=text/html; charset=utf-8":       {"html", "text/html; charset=utf-8"},
		"a=b/c;d=e \t;\tf=\"g;=\\\" h\"":       {"a", "b/c;d=e \t;\tf=\"g;=\\\" h\""},
		"a=b/c;;d=e;":                          {"a", "b/c;;d=e;"},
		"a-b_c+d=!#$%&'*+.^`|~/x":              {"a-b_c+d", "!#$%&'*+.^`|~/x"},
		"\u00c4=application/vnd.a.b-c+json":    {"\u00e4", "application/vnd.a.b-c+json"},
		"a=" + long:                            {"a", long},
		"mp4=video/mp4; codecs=\"avc1, mp4a\"": {"mp4", "video/mp4; codecs=\"avc1, mp4a\""},
	} {
		if got, err := ParseMediaType(s); err != nil || got != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for s, complaint := range map[string]string{
		"": "EXT=TYPE", "html": "EXT=TYPE", "text/html": "EXT=TYPE",
		"=text/html": "extension", ".=text/html": "extension", "..a=b/c": `"a"`, "tar.gz=b/c": `"gz"`, "a.=b/c": `last dot`,
		"a/b=c/d": "slashes", "a b=c/d": "white space", "a\r\nb=c/d": "white space",
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
		if end := headWith(value); end == 0 || m.Extension == "" || strings.ContainsAny(m.Extension, "./") {
			t.Errorf("%q: %q of %q", s, value, m.Extension)
		}
	})
}

// headWith returns the length of a head with a field of this value, 0 if that
// is not a well-formed head.
func headWith(value string) int {
	b := []byte("GET / HTTP/1.1\r\nHost: a\r\nA: " + value + "\r\n\r\n")
	var scan message.HeadScan
	end, status := scan.Next(b)
	if status != 0 || end != len(b) || message.ParseRequest(b, new(message.Request)) != 0 {
		return 0
	}
	return end
}
