// Ranges, beyond 4 GiB too. mime/multipart takes the parts of several apart.

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"testing"
)

// span is a part of a file, from its first to its last byte.
type span struct{ first, last int64 }

func (r span) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", r.first, r.last, size)
}

// ranges are values of curl's --range for a file of this size, with the spans
// that answer them (RFC 9110 §14.1.2). One span is sent by itself, several are
// sent in parts.
func ranges(size int64) map[string][]span {
	return map[string][]span{
		"0-0":                              {{0, 0}},
		"100-4199":                         {{100, 4199}},
		"0-":                               {{0, size - 1}},
		fmt.Sprintf("%d-", size-1):         {{size - 1, size - 1}},
		"1000000-999999999999999999999999": {{1000000, size - 1}},
		"-1":                               {{size - 1, size - 1}},
		"-70000":                           {{size - 70000, size - 1}},
		"-99999999999999999999999999":      {{0, size - 1}},
		"0-0,-1":                           {{0, 0}, {size - 1, size - 1}},
		"1000000-1099999,0-99,-5000":       {{1000000, 1099999}, {0, 99}, {size - 5000, size - 1}},
		"0-9,20-29,5-24":                   {{0, 29}}, // overlap: RFC 9110 §15.3.7.2
		"5-9,99999999-":                    {{5, 9}},  // one satisfiable range is enough: §14.1.2
	}
}

func TestRanges(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture)
		file := bytes.NewReader(contents[medium])
		for _, tree := range trees {
			for spec, want := range ranges(file.Size()) {
				s.wantRanges(t, tree+medium, spec, file, file.Size(), want)
			}
			out := s.curl(t, tree+medium, "--range", strconv.Itoa(len(contents[medium]))+"-")
			out.want(t, 416, "416 Range Not Satisfiable\n")
			out.wantField(t, "Content-Range", fmt.Sprintf("bytes */%d", len(contents[medium])))
		}
	})
}

// Offsets that need more than 32 bits.
func TestRangesBeyond4GiB(t *testing.T) {
	needs(t, "curl", "wget")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture)
		file := sparseFile{}
		across := span{islands[2], islands[2] + 7} // the limit of 32 bits
		end := span{islands[3], sparseSize - 1}
		for _, tree := range trees {
			for spec, want := range map[string][]span{
				fmt.Sprintf("%d-%d", across.first, across.last): {across},
				"-8":                          {end},
				fmt.Sprintf("%d-", end.first): {end},
				fmt.Sprintf("0-7,%d-%d,-8", across.first, across.last): {{0, 7}, across, end},
			} {
				s.wantRanges(t, tree+sparse, spec, file, sparseSize, want)
			}
			got := outputOf(t, "wget", "--no-proxy", "--quiet", "--tries=1", "--output-document=-",
				fmt.Sprintf("--start-pos=%d", end.first), s.url(tree+sparse))
			if !bytes.Equal(got, island(3)) {
				t.Errorf("wget from %d: %q, want %q", end.first, cut(got), island(3))
			}
		}
	})
}

// sparseFile reads like the sparse file, but only islands from their first byte.
type sparseFile struct{}

func (sparseFile) ReadAt(b []byte, off int64) (int, error) {
	for i, at := range islands {
		if at == off {
			return copy(b, island(i)), nil
		}
	}
	return 0, io.ErrUnexpectedEOF
}

// wantRanges fetches ranges of a file and compares them with the file.
func (s *server) wantRanges(t *testing.T, path, spec string, file io.ReaderAt, size int64, want []span) {
	t.Helper()
	a := s.curl(t, path, "--range", spec)
	if a.status != 206 {
		t.Errorf("%s, range %s: status %d, want 206", path, spec, a.status)
		return
	}
	a.wantField(t, "Content-Length", strconv.Itoa(len(a.body)))
	if len(want) == 1 {
		wantSpan(t, path, spec, a.header.Get("Content-Range"), a.body, file, size, want[0])
		return
	}
	a.wantField(t, "Content-Range", "") // RFC 9110 §15.3.7.2
	kind, parameters, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "multipart/byteranges" {
		t.Errorf("%s, range %s: Content-Type %q: %v", path, spec, a.header.Get("Content-Type"), err)
		return
	}
	parts := multipart.NewReader(bytes.NewReader(a.body), parameters["boundary"])
	for _, r := range want {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Errorf("%s, range %s: no part for %v: %v", path, spec, r, err)
			return
		}
		body, err := io.ReadAll(part)
		if got := part.Header.Get("Content-Type"); err != nil || got != "application/octet-stream" {
			t.Errorf("%s, range %s: part of Content-Type %q, %v", path, spec, got, err)
		}
		wantSpan(t, path, spec, part.Header.Get("Content-Range"), body, file, size, r)
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("%s, range %s: after the last part: %v", path, spec, err)
	}
}

// wantSpan compares one range with the file.
func wantSpan(t *testing.T, path, spec, contentRange string, body []byte, file io.ReaderAt, size int64, want span) {
	t.Helper()
	content := make([]byte, want.last-want.first+1)
	if _, err := file.ReadAt(content, want.first); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if contentRange != want.contentRange(size) || !bytes.Equal(body, content) {
		t.Errorf("%s, range %s: %q with %d bytes, want %q with those of the file", path, spec,
			contentRange, len(body), want.contentRange(size))
	}
}
