package process

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// packed is text in a coding.
func packed(t *testing.T, coding, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	e, err := newEncoder(coding)
	if err != nil {
		t.Fatal(err)
	}
	e.Reset(&b)
	if _, err := io.WriteString(e, text); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpack(t *testing.T) {
	for _, coding := range []string{"gzip", "br", "zstd"} {
		for _, text := range []string{"", "a", strings.Repeat("unpacked ", 100_000)} {
			b := packed(t, coding, text)
			for name, r := range map[string]io.Reader{"whole": bytes.NewReader(b), "bytewise": iotest.OneByteReader(bytes.NewReader(b))} {
				var got bytes.Buffer
				if err := Unpack(coding, &got, r); err != nil || got.String() != text {
					t.Errorf("%s, %s: %d bytes, %v, want %d", coding, name, got.Len(), err, len(text))
				}
			}
			if len(text) == 0 {
				continue
			}
			for _, cut := range []int{0, 1, len(b) / 2, len(b) - 1} {
				if err := Unpack(coding, io.Discard, bytes.NewReader(b[:cut])); err == nil && (cut > 0 || coding != "zstd") {
					t.Errorf("%s: %d of %d bytes are unpacked", coding, cut, len(b))
				}
			}
			if err := Unpack(coding, io.Discard, strings.NewReader("no such thing")); err == nil {
				t.Errorf("%s: garbage is unpacked", coding)
			}
			gone := errors.New("gone")
			if err := Unpack(coding, refusing{gone}, bytes.NewReader(b)); !errors.Is(err, gone) {
				t.Errorf("%s: %v, want the writer's error", coding, err)
			}
			if err := Unpack(coding, io.Discard, io.MultiReader(bytes.NewReader(b[:len(b)/2]), iotest.ErrReader(gone))); !errors.Is(err, gone) {
				t.Errorf("%s: %v, want the reader's error", coding, err)
			}
		}
	}
	if err := Unpack("deflate", io.Discard, strings.NewReader("")); err == nil {
		t.Error("an unknown coding is unpacked")
	}
}

type refusing struct{ err error }

func (f refusing) Write([]byte) (int, error) { return 0, f.err }
