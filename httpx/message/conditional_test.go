package message

import "testing"

const (
	before  = "Sun, 06 Nov 1994 08:49:36 GMT"
	exactly = "Sun, 06 Nov 1994 08:49:37 GMT"
	after   = "Sun, 06 Nov 1994 08:49:38 GMT"
)

// aVersion returns validators with an entity-tag, "" for none, of a file that was
// modified at the date exactly, an hour before the response.
func aVersion(etag string) *Validators {
	v := &Validators{Modified: 784111777, Date: 784111777 + 3600}
	if etag != "" {
		v.ETag = []byte(etag)
	}
	return v
}

var conditionCases = []struct {
	rfc    string // RFC 9110
	etag   string
	fields []string
	status int
}{
	{"§13 none", `"a"`, nil, 0},

	{"§13.1.1 If-Match", `"a"`, []string{`If-Match: "a"`}, 0},
	{"§13.1.1 another", `"a"`, []string{`If-Match: "b"`}, 412},
	{"§13.1.1 any", `"a"`, []string{`If-Match: *`}, 0},
	{"§13.1.1 any, no entity-tag", "", []string{`If-Match: *`}, 0},
	{"§13.1.1 no entity-tag", "", []string{`If-Match: "a"`}, 412},
	{"§13.1.1 no entity-tag, empty one", "", []string{`If-Match: ""`}, 412},
	{"§13.1.1 list", `"a"`, []string{`If-Match: "b","c" ,	"a", "d"`}, 0},
	{"§13.1.1 strong comparison", `"a"`, []string{`If-Match: W/"a"`}, 412},
	{"§13.1.1 strong comparison", `W/"a"`, []string{`If-Match: W/"a"`}, 412},
	{"§13.1.1 strong comparison", `W/"a"`, []string{`If-Match: "a"`}, 412},
	{"§5.3 lines", `"a"`, []string{`If-Match: "b"`, "A: b", `IF-MATCH: "a"`}, 0},
	{"§5.3 lines", `"a"`, []string{`If-Match: "b"`, `If-Match: "c"`}, 412},
	{"§5.6.1.2 empty elements", `"a"`, []string{`If-Match: ,, "b",	, "a"`}, 0},
	{"§5.6.1.2 no element", `"a"`, []string{`If-Match:`}, 412},
	{"§8.8.3 no quotes", `"a"`, []string{`If-Match: a`}, 412},
	{"§8.8.3 one quote", `"a"`, []string{`If-Match: "a`}, 412},
	{"§8.8.3 case-sensitive", `"a"`, []string{`If-Match: "A"`}, 412},
	{"§8.8.3 comma and backslash", `"a,\"`, []string{`If-Match: "b,", "a,\"`}, 0},
	{"§8.8.3 space in a tag: the list ends", `"a"`, []string{`If-Match: "b c", "a"`}, 412},
	{"malformed list, before it", `"a"`, []string{`If-Match: "a", b`}, 0},
	{"malformed list, after it", `"a"`, []string{`If-Match: b, "a"`}, 412},
	{"malformed list, a line after it", `"a"`, []string{`If-Match: b`, `If-Match: "a"`}, 412},
	{"* does not belong in a list", `"a"`, []string{`If-Match: "b", *`}, 412},
	{"* twice is a list", `"a"`, []string{`If-Match: *`, `If-Match: *`}, 412},
	{"no *", `"a"`, []string{`If-Match: *a`}, 412},

	{"§13.1.2 If-None-Match", `"a"`, []string{`If-None-Match: "a"`}, 304},
	{"§13.1.2 another", `"a"`, []string{`If-None-Match: "b"`}, 0},
	{"§13.1.2 any", `"a"`, []string{`If-None-Match: *`}, 304},
	{"§13.1.2 any, no entity-tag", "", []string{`If-None-Match: *`}, 304},
	{"§13.1.2 no entity-tag", "", []string{`If-None-Match: "a"`}, 0},
	{"§13.1.2 no entity-tag, empty one", "", []string{`If-None-Match: "", W/""`}, 0},
	{"§13.1.2 list", `"a"`, []string{`If-None-Match: "b", W/"a"`}, 304},
	{"§13.1.2 weak comparison", `W/"a"`, []string{`If-None-Match: "a"`}, 304},
	{"§13.1.2 weak comparison", `W/"a"`, []string{`If-None-Match: W/"a"`}, 304},
	{"§8.8.3 w is not W", `"a"`, []string{`If-None-Match: w/"a"`}, 0},
	{"§8.8.3 W alone", `"a"`, []string{`If-None-Match: W/`}, 0},
	{"§5.3 lines", `"a"`, []string{`If-None-Match: "b"`, `If-None-Match: "a"`}, 304},
	{"malformed list, after it", `"a"`, []string{`If-None-Match: b, "a"`}, 0},
	{"* does not belong in a list", `"a"`, []string{`If-None-Match: "b", *`}, 0},
	{"empty", `"a"`, []string{`If-None-Match:`}, 0},

	{"§13.1.3 If-Modified-Since", "", []string{"If-Modified-Since: " + before}, 0},
	{"§13.1.3", "", []string{"If-Modified-Since: " + exactly}, 304},
	{"§13.1.3", "", []string{"If-Modified-Since: " + after}, 304},
	{"§13.1.3 RFC 850", "", []string{"If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"}, 304},
	{"§13.1.3 asctime", "", []string{"If-Modified-Since: Sun Nov  6 08:49:36 1994"}, 0},
	{"§13.1.3 no date", "", []string{"If-Modified-Since: now"}, 0},
	{"§13.1.3 two members", "", []string{"If-Modified-Since: " + after + ", " + after}, 0},
	{"§13.1.3 twice", "", []string{"If-Modified-Since: " + after, "If-Modified-Since: " + after}, 0},
	{"§13.1.3 with If-None-Match", `"a"`, []string{`If-None-Match: "b"`, "If-Modified-Since: " + after}, 0},
	{"§13.1.3 with an empty If-None-Match", `"a"`, []string{`If-None-Match:`, "If-Modified-Since: " + after}, 0},
	{"§13.1.3 with If-None-Match", `"a"`, []string{`If-None-Match: "a"`, "If-Modified-Since: " + before}, 304},

	{"§13.1.4 If-Unmodified-Since", "", []string{"If-Unmodified-Since: " + before}, 412},
	{"§13.1.4", "", []string{"If-Unmodified-Since: " + exactly}, 0},
	{"§13.1.4", "", []string{"If-Unmodified-Since: " + after}, 0},
	{"§13.1.4 no date", "", []string{"If-Unmodified-Since: 1"}, 0},
	{"§13.1.4 twice", "", []string{"If-Unmodified-Since: " + before, "If-Unmodified-Since: " + before}, 0},
	{"§13.1.4 with If-Match", `"a"`, []string{`If-Match: "a"`, "If-Unmodified-Since: " + before}, 0},

	{"§13.2.2 412 before 304", `"a"`, []string{`If-None-Match: "a"`, `If-Match: "b"`}, 412},
	{"§13.2.2 412 before 304", `"a"`, []string{"If-Unmodified-Since: " + before, "If-Modified-Since: " + after}, 412},
	{"§13.2.2 both hold", `"a"`, []string{`If-None-Match: "b"`, `If-Match: "a"`}, 0},
	{"§13.2.2 If-Range is no condition of this kind", `"a"`, []string{`If-Range: "b"`}, 0},
}

func TestConditionsInTheirOrder(t *testing.T) {
	for _, c := range conditionCases {
		if got := wanting(t, c.fields...).Precondition(aVersion(c.etag)); got != c.status {
			t.Errorf("%s: %q of %s: %d, want %d", c.rfc, c.fields, c.etag, got, c.status)
		}
	}
}

// RFC 9110 §13.1.5.
func TestIfRangeNeedsTheSameVersion(t *testing.T) {
	for _, c := range []struct {
		etag   string
		fields []string
		holds  bool
	}{
		{`"a"`, nil, true},
		{`"a"`, []string{`If-Range: "a"`}, true},
		{`"a"`, []string{`If-Range: "b"`}, false},
		{`"a"`, []string{`If-Range: W/"a"`}, false},
		{`W/"a"`, []string{`If-Range: W/"a"`}, false},
		{`W/"a"`, []string{`If-Range: "a"`}, false},
		{"", []string{`If-Range: ""`}, false},
		{`"a"`, []string{`If-Range: "a", "b"`}, false},
		{`"a"`, []string{`If-Range: "a"`, `If-Range: "a"`}, false},
		{`"a"`, []string{`If-Range: *`}, false},
		{`"a"`, []string{`If-Range:`}, false},
		{`"a"`, []string{`If-Range: a`}, false},
		{`"a"`, []string{"If-Range: " + exactly}, true},
		{"", []string{"If-Range: " + exactly}, true},
		{"", []string{"If-Range: Sun Nov  6 08:49:37 1994"}, true},
		{"", []string{"If-Range: " + before}, false},
		{"", []string{"If-Range: " + after}, false},
		{"", []string{"If-Range: " + exactly, "If-Range: " + exactly}, false},
	} {
		if got := wanting(t, c.fields...).ifRangeHolds(aVersion(c.etag)); got != c.holds {
			t.Errorf("%q of %s: %v, want %v", c.fields, c.etag, got, c.holds)
		}
	}
}

// RFC 9110 §8.8.2.2: a file that changed in the second of the response may change
// again in it, so its date is weak.
func TestIfRangeDateIsStrongAfterASecond(t *testing.T) {
	for _, c := range []struct {
		field string
		after int64 // seconds from Last-Modified to Date
		holds bool
	}{
		{"If-Range: " + exactly, 1, true},
		{"If-Range: " + exactly, 0, false},
		{"If-Range: " + exactly, -1, false}, // the clock was set back
		{"If-Range: " + before, 0, false},
		{`If-Range: "a"`, 0, true},
	} {
		v := aVersion(`"a"`)
		v.Date = v.Modified + c.after
		if got := wanting(t, c.field).ifRangeHolds(v); got != c.holds {
			t.Errorf("%s, modified %d s before Date: %v, want %v", c.field, c.after, got, c.holds)
		}
		want := 200
		if c.holds {
			want = 206
		}
		if status := wanting(t, c.field, "Range: bytes=0-0").RangesFor(v, 10, new(RangeSet)); status != want {
			t.Errorf("%s, modified %d s before Date: status %d, want %d", c.field, c.after, status, want)
		}
	}
}

func TestConditionsDoNotAllocate(t *testing.T) {
	r := wanting(t, `If-Match: "b"`, `If-Match: "a"`, `If-None-Match: "c", W/"d"`, "If-Modified-Since: "+exactly, "If-Range: "+exactly)
	v := aVersion(`"a"`)
	noAllocs(t, "precondition", func() {
		if r.Precondition(v) != 0 || !r.ifRangeHolds(v) {
			t.Fatal("does not hold")
		}
	})
}
