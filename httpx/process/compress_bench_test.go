package process

import (
	"bytes"
	"fmt"
	"go/build"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	brotli "github.com/molecule-man/go-brrr"
)

// benchmarkFiles are texts that come with Go: HTML, Go, JavaScript, JSON.
var benchmarkFiles = []string{
	"doc/go_spec.html", "doc/asm.html", "src/net/http/server.go", "lib/wasm/wasm_exec.js",
	"src/cmd/vendor/golang.org/x/arch/arm64/arm64asm/inst.json",
}

// BenchmarkEncoders measures how fast each level compresses text and how many
// times smaller that becomes. The levels in compress.go were chosen by it.
func BenchmarkEncoders(b *testing.B) {
	var files [][]byte
	for _, name := range benchmarkFiles {
		data, err := os.ReadFile(filepath.Join(build.Default.GOROOT, name))
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, data)
	}
	for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault, zstd.SpeedBetterCompression} {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(zstdWindow),
			zstd.WithLowerEncoderMem(true), zstd.WithEncoderConcurrency(1))
		benchmarkEncoder(b, fmt.Sprint("zstd ", level), files, e, err)
	}
	for _, quality := range []int{2, 3, 4, 5, 6} {
		e, err := brotli.NewWriterOptions(nil, quality, brotli.WriterOptions{LGWin: brotliWindowBits})
		benchmarkEncoder(b, fmt.Sprint("br ", quality), files, e, err)
	}
	for _, level := range []int{1, 3, 4, 5, 6, 7} {
		e, err := gzip.NewWriterLevel(nil, level)
		benchmarkEncoder(b, fmt.Sprint("gzip ", level), files, e, err)
	}
}

func benchmarkEncoder(b *testing.B, name string, files [][]byte, e encoder, err error) {
	if err != nil {
		b.Fatal(err)
	}
	compress := func(data []byte, w io.Writer) {
		e.Reset(w)
		_ = writePieces(e, data, 128<<10)
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.Run(name, func(b *testing.B) {
		var in, out int
		for _, data := range files {
			var body bytes.Buffer
			compress(data, &body)
			in, out = in+len(data), out+body.Len()
		}
		b.SetBytes(int64(in))
		for b.Loop() {
			for _, data := range files {
				compress(data, io.Discard)
			}
		}
		b.ReportMetric(float64(in)/float64(out), "ratio")
	})
}
