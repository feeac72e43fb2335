package accesslog

import (
	"testing"
)

// BenchmarkLine composes a line in each format with a name.
func BenchmarkLine(b *testing.B) {
	for _, name := range FormatNames {
		b.Run(name, func(b *testing.B) {
			f := parsed(b, name)
			r := testRecord()
			r.Texts = textsOf("GET /a?b=c HTTP/1.1", "example.org:80", "http://127.0.0.1/index.html", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
			c, line := newComposer(f, f.escapedNames(testNames)), new(chunk)
			b.ReportAllocs()
			for b.Loop() {
				c.line(line, 0, &r)
			}
		})
	}
}
