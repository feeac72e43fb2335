package process

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	brotli "github.com/molecule-man/go-brrr"

	"aws/httpx/httpxtest"
)

var codings = []string{"zstd", "br", "gzip"}

// decoder returns a reader that decodes r. Its window is bounded as in RFC 9659
// and in browsers.
func decoder(t testing.TB, coding string, r io.Reader) io.Reader {
	t.Helper()
	var decoded io.Reader
	var err error
	switch coding {
	case "zstd":
		var d *zstd.Decoder
		d, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		decoded = d
	case "br":
		decoded = brotli.NewReader(r)
	case "gzip":
		decoded, err = gzip.NewReader(r)
	}
	if err != nil {
		t.Fatalf("%s: %v", coding, err)
	}
	return decoded
}

func decode(t testing.TB, coding string, coded []byte) []byte {
	t.Helper()
	data, err := io.ReadAll(decoder(t, coding, bytes.NewReader(coded)))
	if err != nil {
		t.Errorf("%s: %v", coding, err)
	}
	return data
}

func newCompressor(t testing.TB) *compressor {
	t.Helper()
	c, err := NewCompressor(codings...)
	if err != nil {
		t.Fatal(err)
	}
	return c.(*compressor)
}

// text returns n bytes that compress like text: random words.
func text(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "word%d ", random.IntN(2000))
	}
	return []byte(b.String()[:n])
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

func TestCompressorRefusesOtherCodings(t *testing.T) {
	for _, test := range []struct {
		codings []string
		want    string // in the error, or ""
	}{
		{[]string{"zstd", "br", "gzip"}, ""},
		{[]string{"gzip"}, ""},
		{nil, "no content coding"},
		{[]string{""}, `""`},
		{[]string{"gzip", "deflate"}, `"deflate"`},
		{[]string{"GZIP"}, `"GZIP"`},
		{[]string{"br", "gzip", "br"}, `"br" twice`},
	} {
		_, err := NewCompressor(test.codings...)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.codings, err, test.want)
		}
	}
}

func TestCompressorTakesWhatGains(t *testing.T) {
	const html = "text/html; charset=utf-8"
	c := newCompressor(t)
	for _, test := range []struct {
		name     string
		response Response
		taken    []string // by the client
		coding   string   // "" if it is not processed
		vary     bool     // RFC 9110 §12.5.5
	}{
		{"all", Response{Type: html, Size: 5000}, codings, "zstd", true},
		{"br, gzip", Response{Type: html, Size: 5000}, []string{"gzip", "br"}, "br", true},
		{"gzip", Response{Type: html, Size: 5000}, []string{"gzip"}, "gzip", true},
		{"smallest", Response{Type: html, Size: 1024}, codings, "zstd", true},
		{"huge", Response{Type: html, Size: 1 << 62}, codings, "zstd", true},
		{"with a suffix", Response{Type: html, Size: 1024, Suffix: "-upper"}, codings, "zstd", true},
		{"unknown coding", Response{Type: html, Size: 5000}, []string{"deflate"}, "", true},
		{"identity", Response{Type: html, Size: 5000}, nil, "", true},
		{"of unknown size", Response{Type: html, Size: -1}, codings, "zstd", true},
		{"a range", Response{Type: html, Size: 5000, Ranged: true}, codings, "", true},
		{"small", Response{Type: html, Size: 1023}, codings, "", false},
		{"empty", Response{Type: html}, codings, "", false},
		{"an image", Response{Type: "image/png", Size: 5000}, codings, "", false},
		{"no type", Response{Size: 5000}, codings, "", false},
		{"coded already", Response{Type: html, Size: 5000, Coding: "aes128gcm"}, codings, "", false},
	} {
		want := test.response
		if test.coding != "" {
			want.Coding, want.Suffix = test.coding, want.Suffix+"-"+test.coding
		}
		if test.vary {
			want.Vary = "Accept-Encoding"
		}
		r := test.response
		r.Accept = accepts(test.taken...)
		if got := c.Prepare(&r); got != (test.coding != "") {
			t.Errorf("%s: Prepare is %v", test.name, got)
		}
		if r.Coding != want.Coding || r.Suffix != want.Suffix || r.Vary != want.Vary || r.Trailer != "" {
			t.Errorf("%s: prepared as %+v, want %+v", test.name, r, want)
		}
	}
}

// Every body decodes to the file, even one smaller than Prepare takes: the file
// may have shrunk since.
func TestCompressedBodiesDecode(t *testing.T) {
	c := newCompressor(t)
	odd := []int{1, 4095, 7, 128 << 10, 0, 333}
	for _, data := range [][]byte{
		nil, text(1), text(255), text(256), text(4096), text(128 << 10), text(1<<20 + 1),
		random(256), random(1 << 20), make([]byte, 1<<20),
	} {
		for _, coding := range codings {
			for _, pieces := range [][]int{{128 << 10}, odd, {len(data) + 1}} {
				body, _ := process(t, c, &Response{Coding: coding}, data, pieces...)
				if got := decode(t, coding, body); !bytes.Equal(got, data) {
					t.Errorf("%s: %d bytes in pieces of %d come back as %d others", coding, len(data), pieces, len(got))
				}
			}
		}
	}
}

func FuzzCompressor(f *testing.F) {
	c := newCompressor(f)
	f.Add(uint8(0), 1, 1, []byte(nil))
	f.Add(uint8(1), 3, 50, text(1000))
	f.Add(uint8(2), 100, 1, random(1000))
	f.Fuzz(func(t *testing.T, which uint8, piece, times int, seed []byte) {
		const most = 256 << 10
		if piece < 1 || times < 0 || times > most || len(seed)*times > min(most, piece*1000) {
			return // no pieces, or too many
		}
		coding := codings[int(which)%len(codings)]
		data := bytes.Repeat(seed, times)
		body, _ := process(t, c, &Response{Coding: coding}, data, piece)
		if !bytes.Equal(decode(t, coding, body), data) {
			t.Errorf("%s does not come back", coding)
		}
	})
}

// streamedBytes records the most bytes of the file that went in between two
// writes.
type streamedBytes struct {
	io.Writer
	in, seen, most int
}

func (s *streamedBytes) Write(b []byte) (int, error) {
	s.most = max(s.most, s.in-s.seen)
	s.seen = s.in
	return s.Writer.Write(b)
}

// A file of any length takes constant memory and is passed on as it comes.
func TestCompressorStreams(t *testing.T) {
	const piece = 128 << 10
	c := newCompressor(t)
	for _, test := range []struct {
		name  string
		block []byte
		size  int
	}{
		{"zeros", make([]byte, piece), 64 << 20},
		{"text", text(piece), 8 << 20},
		{"noise", random(piece), 8 << 20},
	} {
		for _, coding := range codings {
			received := int64(0)
			read, write := io.Pipe()
			var decoding sync.WaitGroup
			decoding.Go(func() { received, _ = io.Copy(io.Discard, decoder(t, coding, read)) })
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s := &streamedBytes{Writer: write}
			w, err := c.Open(&Response{Coding: coding}, s)
			if err != nil {
				t.Fatal(err)
			}
			for s.in = piece; s.in <= test.size; s.in += piece {
				if _, err := w.Write(test.block); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(w.Close(), write.Close()); err != nil {
				t.Fatal(err)
			}
			decoding.Wait()
			runtime.ReadMemStats(&after)
			if received != int64(test.size) {
				t.Errorf("%s %s: %d bytes came through, want %d", coding, test.name, received, test.size)
			}
			if s.most > 512<<10+piece {
				t.Errorf("%s %s: %d bytes went in before anything came out", coding, test.name, s.most)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 32<<20 {
				t.Errorf("%s %s: %d bytes allocated", coding, test.name, allocated)
			}
		}
	}
}

// A client may leave at any byte: the error comes back, and the encoder is good
// for the next response.
func TestCompressorSurvivesFailedWrites(t *testing.T) {
	c := newCompressor(t)
	for _, data := range [][]byte{text(300), random(300)} {
		for _, coding := range codings {
			r := &Response{Coding: coding}
			whole, _ := process(t, c, r, data, 100)
			for left := range len(whole) {
				w, err := c.Open(r, &failing{left: left})
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(writePieces(w, data, 100), w.Close()); !errors.Is(err, errDeparted) {
					t.Fatalf("%s: a failure at byte %d: %v, want %v", coding, left, err, errDeparted)
				}
				if again, _ := process(t, c, r, data, 100); !bytes.Equal(again, whole) {
					t.Fatalf("%s: another body after a failure at byte %d", coding, left)
				}
			}
		}
	}
}

// With a long file Write itself fails, and keeps failing.
func TestCompressorKeepsFailing(t *testing.T) {
	c := newCompressor(t)
	data := random(3 << 20)
	for _, coding := range codings {
		w, err := c.Open(&Response{Coding: coding}, &failing{left: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := writePieces(w, data, 128<<10); !errors.Is(err, errDeparted) {
				t.Errorf("%s: Write: %v, want %v", coding, err, errDeparted)
			}
		}
		if err := w.Close(); !errors.Is(err, errDeparted) {
			t.Errorf("%s: Close: %v, want %v", coding, err, errDeparted)
		}
		body, _ := process(t, c, &Response{Coding: coding}, data, 128<<10)
		if !bytes.Equal(decode(t, coding, body), data) {
			t.Errorf("%s: the next response is not whole", coding)
		}
	}
}

// An encoder that is back in the pool may serve another response: the last
// writer that used it must not reach it.
func TestCompressorRefusesUseAfterClose(t *testing.T) {
	c := newCompressor(t)
	for _, coding := range codings {
		w, err := c.Open(&Response{Coding: coding}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if _, err := w.Write([]byte("late")); err == nil {
			t.Errorf("%s: a write after Close is taken", coding)
		}
		if err := w.Close(); err == nil {
			t.Errorf("%s: closed twice", coding)
		}
	}
}

// Encoders are used again, even after responses that failed: a new one takes a
// megabyte or more.
func TestEncodersAreUsedAgain(t *testing.T) {
	if httpxtest.RaceEnabled {
		t.Skip("with the race detector sync.Pool drops some of what it is given")
	}
	const responses = 100
	c := newCompressor(t)
	data := text(4096)
	for _, coding := range codings {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range responses {
			w, err := c.Open(&Response{Coding: coding}, &failing{left: i % 20})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(writePieces(w, data, 1000), w.Close()); !errors.Is(err, errDeparted) {
				t.Errorf("%s: %v", coding, err)
			}
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > responses/4<<20 {
			t.Errorf("%s: %d responses allocate %d bytes", coding, responses, allocated)
		}
	}
}

func TestCompressorServesSeveralAtOnce(t *testing.T) {
	c := newCompressor(t)
	data := text(64 << 10)
	var responses sync.WaitGroup
	for i := range 12 {
		responses.Go(func() {
			for j := range 3 {
				coding := codings[(i+j)%len(codings)]
				own := data[i*1000+j:]
				body, _ := process(t, c, &Response{Coding: coding}, own, 10<<10, 100)
				if !bytes.Equal(decode(t, coding, body), own) {
					t.Errorf("%s: the bytes of another response", coding)
				}
			}
		})
	}
	responses.Wait()
}
