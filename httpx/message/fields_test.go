package message

import (
	"slices"
	"testing"
)

// wanting parses a GET with these header fields.
func wanting(t testing.TB, fields ...string) *Request {
	t.Helper()
	b := []byte(head(append([]string{"A: b"}, fields...)...))
	var r Request
	if end, status := parseAll(b, len(b), &r); end != len(b) || status != 0 {
		t.Fatalf("%q: end %d, status %d", fields, end, status)
	}
	return &r
}

// noAllocs fails if f allocates.
func noAllocs(t *testing.T, name string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%s: %v allocations", name, n)
	}
}

func TestRepeatedSingleFieldIsEmpty(t *testing.T) {
	for name, value := range map[string]func(*Request) []byte{
		"Range":               func(r *Request) []byte { return r.ranges },
		"If-Range":            func(r *Request) []byte { return r.ifRange },
		"If-Modified-Since":   func(r *Request) []byte { return r.ifModifiedSince },
		"If-Unmodified-Since": func(r *Request) []byte { return r.ifUnmodifiedSince },
	} {
		if got := value(wanting(t, "A: b")); got != nil {
			t.Errorf("%s: %q without the field", name, got)
		}
		for _, c := range []struct {
			fields []string
			want   string
		}{
			{[]string{name + ": a b "}, "a b"},
			{[]string{name + ":"}, ""},
			{[]string{name + ": a", name + ": a"}, ""}, // twice is malformed, even the same
			{[]string{name + ": a", "A: b", name + ":"}, ""},
			{[]string{name + ":", name + ": a"}, ""},
			{[]string{name + ": a", name + ": b", name + ": c"}, ""},
		} {
			if got := value(wanting(t, c.fields...)); got == nil || string(got) != c.want {
				t.Errorf("%q: %q, want %q", c.fields, got, c.want)
			}
		}
	}
}

// RFC 9110 §5.3.
func TestSeveralLinesAreOneList(t *testing.T) {
	for name, field := range map[string]func(*Request) *listField{
		"if-match":        func(r *Request) *listField { return &r.ifMatch },
		"if-none-match":   func(r *Request) *listField { return &r.ifNoneMatch },
		"accept":          func(r *Request) *listField { return &r.accept },
		"accept-encoding": func(r *Request) *listField { return &r.acceptEncoding },
	} {
		for _, c := range []struct {
			fields, want []string
		}{
			{[]string{"A: b"}, nil},
			{[]string{name + ": a, b "}, []string{"a, b"}},
			{[]string{name + ":"}, []string{""}},
			{[]string{name + ": a", name + ": a"}, []string{"a", "a"}},
			{[]string{"A: b", name + ":a", "A: " + name + ": c", name + "-x: d", "x" + name + ": e", name + ":\tb ", name + ":"}, []string{"a", "b", ""}},
		} {
			r := wanting(t, c.fields...)
			var got []string
			values := r.values(field(r), name)
			for v := values.next(); v != nil; v = values.next() {
				got = append(got, string(v))
			}
			if !slices.Equal(got, c.want) || values.next() != nil || field(r).present() != (c.want != nil) {
				t.Errorf("%q: %q, want %q", c.fields, got, c.want)
			}
		}
	}
}

// RFC 9110 §10.1.4.
func TestTEWithTrailers(t *testing.T) {
	for value, want := range map[string]bool{
		"trailers": true, "Trailers": true, "gzip;q=0.5, trailers": true, ",trailers ,": true,
		"": false, "gzip": false, "trailers;q=1": false, "trailersx": false, "trailer": false,
	} {
		if got := wanting(t, "TE: "+value).Trailers; got != want {
			t.Errorf("TE %q: %v", value, got)
		}
	}
	if !wanting(t, "TE: trailers", "te: deflate").Trailers {
		t.Error("a second TE cancels the first")
	}
}
