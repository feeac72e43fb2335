package message

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// demand is a request with conditions and ranges, and the file that it is for.
type demand struct {
	method   string
	fields   [][2]string // name and value of each line
	etag     string
	modified int64
	date     int64 // of the response
	content  []byte
}

// value returns the lines of a field as one, and their number.
func (d *demand) value(name string) (value string, lines int) {
	for _, f := range d.fields {
		if f[0] == name {
			if lines++; lines > 1 {
				value += ", "
			}
			value += f[1]
		}
	}
	return value, lines
}

// verdict is a response: the status, and which bytes are sent.
type verdict struct {
	status       int
	contentRange string
	parts        []string // Content-Range of each part
}

func (v verdict) String() string { return fmt.Sprintf("%d %q %q", v.status, v.contentRange, v.parts) }

// Conditions and ranges get the same response as from net/http.ServeContent,
// except for contentExceptions. Each of those occurs.
func TestServeContent(t *testing.T) {
	const rounds, seed = 30000, 1
	random := rand.New(rand.NewSource(seed))
	same, differ := map[string]int{}, map[string]int{}
	for range rounds {
		d := randomDemand(random)
		ours, theirs := d.ours(t), d.theirs(t)
		if ours.String() == theirs.String() {
			same[fmt.Sprintf("%d with %d parts", ours.status, min(len(ours.parts), 2))]++
			continue
		}
		explained := false
		for _, e := range contentExceptions {
			if e.when(d) {
				differ[e.name]++
				explained = true
			}
		}
		if !explained {
			t.Fatalf("%s %q of %d bytes, %s, %d:\n%v, net/http:\n%v", d.method, d.fields, len(d.content), d.etag, d.modified, ours, theirs)
		}
	}
	for _, kind := range []string{
		"200 with 0 parts", "206 with 0 parts", "206 with 2 parts", "304 with 0 parts", "412 with 0 parts", "416 with 0 parts",
	} {
		if same[kind] < rounds/200 {
			t.Errorf("%s: only %d of %d responses", kind, same[kind], rounds)
		}
	}
	for _, e := range contentExceptions {
		if differ[e.name] == 0 {
			t.Errorf("this never occurs: %s", e.name)
		}
	}
}

// contentExceptions are the cases in which net/http responds differently, and why
// this server does not.
var contentExceptions = []struct {
	name string
	when func(d *demand) bool
}{
	{"an empty If-Match or If-None-Match lists nothing, and an empty If-Range is not a validator; net/http ignores them", func(d *demand) bool {
		return d.matches(`^$`, "If-Match", "If-None-Match", "If-Range")
	}},
	{"RFC 9110 §13.1.1: * stands alone; net/http also takes it in a list", func(d *demand) bool {
		return d.matches(`\*.|.\*`, "If-Match", "If-None-Match")
	}},
	{"RFC 9110 §13.1.5: If-Range is one entity-tag; net/http does not look after the first", func(d *demand) bool {
		return d.matches(`^"[^"]*".`, "If-Range")
	}},
	{"RFC 9110 §13.1.3, §13.1.5, §14.2: a field with one value is malformed if repeated; net/http takes the first", func(d *demand) bool {
		return d.repeats("Range", "If-Range", "If-Modified-Since", "If-Unmodified-Since")
	}},
	{"RFC 9110 §5.6.7: dates are case-sensitive; to net/http they are not", func(d *demand) bool {
		return d.matches(`nov`, "If-Range", "If-Modified-Since", "If-Unmodified-Since")
	}},
	{"RFC 9110 §8.8.2.2: a date is weak until its second is over; net/http takes any", func(d *demand) bool {
		return d.date <= d.modified && d.matches(`[Nn]ov`, "If-Range")
	}},
	{"the first second of 1970 is a date; to net/http it is not", func(d *demand) bool {
		return d.modified == 0
	}},
	{"RFC 9110 §14.2: only GET has ranges; with net/http HEAD does too", func(d *demand) bool {
		return d.method == "HEAD"
	}},
	{"RFC 9110 §14.1: units are case-insensitive; to net/http they are not", func(d *demand) bool {
		return d.matches(`^Bytes=`, "Range")
	}},
	{"RFC 9110 §14.2: Range with another unit, or malformed, is ignored; net/http answers 416", func(d *demand) bool {
		return !d.matches(rangeSyntax.String(), "Range") || d.lastBeforeFirst()
	}},
	{"RFC 9110 §14.1.1: no white space around the dash; net/http allows it", func(d *demand) bool {
		return d.matches(`- | -\d| -$`, "Range")
	}},
	{"RFC 9110 §14.1.2: numbers may be large; net/http answers 416 to more than 63 bits", func(d *demand) bool {
		return d.matches(`\d{19}`, "Range")
	}},
	{"RFC 9110 §14.1.2: the last 0 bytes cannot be satisfied; net/http sends a range of 0", func(d *demand) bool {
		return d.matches(`[=, ]-0+\b`, "Range")
	}},
	{"an empty file has no ranges; net/http sends a range of 0 for the last bytes", func(d *demand) bool {
		return len(d.content) == 0
	}},
	{"RFC 9110 §17.15: more than maxRanges ranges get the whole file; net/http has no limit", func(d *demand) bool {
		value, _ := d.value("Range")
		return len(rangeSpec.FindAllString(value, -1)) > maxRanges
	}},
	{"RFC 9110 §15.3.7.2: ranges that overlap or touch are sent once; net/http sends them twice, or the whole file if that is shorter", func(d *demand) bool {
		return d.overlaps()
	}},
}

// matches reports whether the value of one of these fields matches.
func (d *demand) matches(pattern string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		value, lines := d.value(name)
		return lines > 0 && regexp.MustCompile(pattern).MatchString(value)
	})
}

// repeats reports whether one of these fields is repeated.
func (d *demand) repeats(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, lines := d.value(name)
		return lines > 1
	})
}

// spans returns the first and last byte of each range. The numbers are small.
func (d *demand) spans() (spans [][2]int) {
	value, _ := d.value("Range")
	size := len(d.content)
	for _, spec := range rangeSpec.FindAllStringSubmatch(value, -1) {
		first, last := 0, size
		_, firstErr := fmt.Sscan(spec[1], &first)
		_, lastErr := fmt.Sscan(spec[2], &last)
		if firstErr != nil && lastErr == nil {
			first, last = max(size-last, 0), size
		}
		spans = append(spans, [2]int{first, last})
	}
	return spans
}

// lastBeforeFirst reports whether a range ends before it starts.
func (d *demand) lastBeforeFirst() bool {
	return slices.ContainsFunc(d.spans(), func(s [2]int) bool { return s[1] < s[0] })
}

// overlaps reports whether ranges overlap or touch.
func (d *demand) overlaps() bool {
	spans := d.spans()
	for i, a := range spans {
		for _, b := range spans[:i] {
			if a[0] <= b[1]+1 && b[0] <= a[1]+1 {
				return true
			}
		}
	}
	return false
}

// head returns the head of the request.
func (d *demand) head() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s / HTTP/1.1\r\nHost: a\r\n", d.method)
	for _, f := range d.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f[0], f[1])
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// ours returns the response of this package.
func (d *demand) ours(t *testing.T) (v verdict) {
	var r Request
	b := d.head()
	if end, status := parseAll(b, len(b), &r); end != len(b) || status != 0 {
		t.Fatalf("%q: end %d, status %d", b, end, status)
	}
	validators := Validators{Modified: d.modified, Date: d.date}
	if d.etag != "" {
		validators.ETag = []byte(d.etag)
	}
	if v.status = r.Precondition(&validators); v.status != 0 {
		return v
	}
	var set RangeSet
	size := int64(len(d.content))
	v.status = r.RangesFor(&validators, size, &set)
	switch {
	case v.status == 416:
		v.contentRange = fieldValue(AppendUnsatisfiedRange(nil, size))
	case set.n == 1:
		v.contentRange = fieldValue(AppendContentRange(nil, set.ranges[0], size))
	default:
		for _, r := range set.ranges[:set.n] {
			v.parts = append(v.parts, fieldValue(AppendContentRange(nil, r, size)))
		}
	}
	return v
}

// fieldValue returns the value in a line of a head.
func fieldValue(line []byte) string {
	_, value, _ := strings.Cut(string(line), ": ")
	return strings.TrimSpace(value)
}

// theirs returns the response of net/http, which sees only the first line of a
// field. So lists get all of theirs in one (RFC 9110 §5.3).
func (d *demand) theirs(t *testing.T) (v verdict) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(d.head())))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if value, lines := d.value(name); lines > 0 {
			req.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "text/plain")
	if d.etag != "" {
		w.Header().Set("Etag", d.etag)
	}
	http.ServeContent(w, req, "", time.Unix(d.modified, 0), bytes.NewReader(d.content))
	v = verdict{status: w.Code, contentRange: w.Header().Get("Content-Range")}
	kind, params, _ := mime.ParseMediaType(w.Header().Get("Content-Type"))
	switch {
	case v.status != 206 || d.method == "HEAD":
	case kind != "multipart/byteranges":
		d.checkBytes(t, v.contentRange, w.Body.Bytes())
	default:
		parts := multipart.NewReader(w.Body, params["boundary"])
		for part, err := parts.NextRawPart(); err != io.EOF; part, err = parts.NextRawPart() {
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(part)
			if err != nil {
				t.Fatal(err)
			}
			v.parts = append(v.parts, part.Header.Get("Content-Range"))
			d.checkBytes(t, part.Header.Get("Content-Range"), b)
		}
	}
	return v
}

// checkBytes fails unless b has the bytes that Content-Range says.
func (d *demand) checkBytes(t *testing.T, contentRange string, b []byte) {
	var first, last, size int
	if _, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &first, &last, &size); err != nil {
		t.Fatal(contentRange, err)
	}
	if !bytes.Equal(d.content[first:last+1], b) || size != len(d.content) {
		t.Fatalf("%s with %q of %q", contentRange, b, d.content)
	}
}

var (
	someTags = []string{
		`"a"`, `"a"`, `"b"`, `W/"a"`, `W/"b"`, `*`, `"b", "a"`, `"b" , W/"a",`, `,"a"`, `"b", x, "a"`, `"b", *`, `*x`, `a`, `"a`, `w/"a"`,
		`""`, `"a""b"`, `"b c", "a"`, ``,
	}
	someDates = []string{
		before, exactly, exactly, after, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:38 1994",
		"sun, 06 nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "0", "",
	}
)

// randomDemand returns a request with some of the fields, most of them once.
func randomDemand(random *rand.Rand) *demand {
	pick := func(values []string) string { return values[random.Intn(len(values))] }
	d := &demand{
		method:   pick([]string{"GET", "GET", "GET", "GET", "HEAD"}),
		etag:     pick([]string{`"a"`, `"a"`, `"a"`, `W/"a"`, ""}),
		modified: 784111777,
		content:  make([]byte, []int{0, 1, 10, 60, 60, 60}[random.Intn(6)]),
	}
	if random.Intn(20) == 0 {
		d.modified = 0
	}
	d.date = d.modified + []int64{0, 1, 2, 3600, 3600}[random.Intn(5)]
	_, _ = random.Read(d.content)
	for _, f := range []struct {
		name   string
		chance int // of 100
		value  func() string
	}{
		{"If-Match", 10, func() string { return pick(someTags) }},
		{"If-None-Match", 15, func() string { return pick(someTags) }},
		{"If-Modified-Since", 15, func() string { return pick(someDates) }},
		{"If-Unmodified-Since", 10, func() string { return pick(someDates) }},
		{"If-Range", 20, func() string { return pick(append(someTags, someDates...)) }},
		{"Range", 80, func() string { return randomRanges(random, len(d.content)) }},
	} {
		for chance := f.chance; random.Intn(100) < chance; chance = 10 {
			d.fields = append(d.fields, [2]string{f.name, f.value()})
		}
	}
	return d
}
