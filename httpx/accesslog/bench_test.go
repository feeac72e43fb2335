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
			r.Referer, r.UserAgent = []byte("http://127.0.0.1/index.html"), []byte("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
			names, c, line := f.escapedNames(testNames), newTimeText(), make([]byte, 0, f.most)
			b.ReportAllocs()
			for b.Loop() {
				f.appendLine(line, &r, &c, &names)
			}
		})
	}
}
