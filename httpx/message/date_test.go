package message

import (
	"math"
	"math/rand"
	"net/http"
	"regexp"
	"testing"
	"time"
)

// RFC 9110 §5.6.7.
func TestParseDate(t *testing.T) {
	const example, none = 784111777, math.MinInt64
	for _, c := range []struct {
		date string
		unix int64
	}{
		{"Sun, 06 Nov 1994 08:49:37 GMT", example},
		{"Sunday, 06-Nov-94 08:49:37 GMT", example},
		{"Sun Nov  6 08:49:37 1994", example},
		{"Sun Nov 06 08:49:37 1994", example}, // date3 = month SP ( 2DIGIT / ( SP 1DIGIT ))
		{"Sun Nov 16 08:49:37 1994", example + 10*86400},
		{"Wed, 06 Nov 1994 08:49:37 GMT", example}, // another day of the week
		{"Wednesday, 06-Nov-94 08:49:37 GMT", example},

		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Wed, 31 Dec 1969 23:59:59 GMT", -1},
		{"Sat, 01 Jan 0000 00:00:00 GMT", -62167219200},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
		{"Tue, 19 Jan 2038 03:14:08 GMT", 1 << 31},

		{"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
		{"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
		{"Wed, 29 Feb 2023 00:00:00 GMT", none},
		{"Mon, 29 Feb 2100 00:00:00 GMT", none},
		{"Thu, 30 Feb 2024 00:00:00 GMT", none},
		{"Thu, 31 Apr 2024 00:00:00 GMT", none},
		{"Thu, 00 Apr 2024 00:00:00 GMT", none},
		{"Thu, 32 Jan 2024 00:00:00 GMT", none},
		{"Thu, 99 Jan 2024 00:00:00 GMT", none},
		{"Sun, 06 Nov 1994 23:59:59 GMT", 784166399},
		{"Sun, 06 Nov 1994 24:00:00 GMT", none},
		{"Sun, 06 Nov 1994 23:60:00 GMT", none},
		{"Sun, 06 Nov 1994 23:59:60 GMT", none},

		{"", none},
		{"Sun", none},
		{"784111777", none},
		{" Sun, 06 Nov 1994 08:49:37 GMT", none},
		{"Sun, 06 Nov 1994 08:49:37 GMT ", none},
		{"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", none},
		{"Sun, 6 Nov 1994 08:49:37 GMT", none},
		{"Sun, 06 Nov 94 08:49:37 GMT", none},
		{"Sun, 06 Nov 1994 8:49:37 GMT", none},
		{"Sun, 06 Nov 1994 08:49:37 UTC", none},
		{"Sun, 06 Nov 1994 08:49:37 gmt", none},
		{"Sun, 06 Nov 1994 08:49:37 +00", none},
		{"Sun, 06 Nov 1994 08:49:37.0 GMT", none},
		{"Sun, 06 Nov 1994 08-49-37 GMT", none},
		{"Sun, 06-Nov-1994 08:49:37 GMT", none},
		{"sun, 06 Nov 1994 08:49:37 GMT", none},
		{"Sun, 06 nov 1994 08:49:37 GMT", none},
		{"Sun, 06 ovD 1994 08:49:37 GMT", none},
		{"Abc, 06 Nov 1994 08:49:37 GMT", none},
		{"Sun, -6 Nov 1994 08:49:37 GMT", none},
		{"Sun, 06 Nov +994 08:49:37 GMT", none},
		{"Sun, 06 Nov 1994 08:+9:37 GMT", none},
		{"Sun Nov  0 08:49:37 1994", none},
		{"Sun Nov 6  08:49:37 1994", none},
		{"Sun Nov  6 08:49:37 GMT ", none},
		{"Sunday, 06 Nov 94 08:49:37 GMT", none},
		{"Noneday, 06-Nov-94 08:49:37 GMT", none},
		{"Sunday, 06-Nov-94 08:49:37 EST", none},
		{"Sunday, 31-Feb-94 08:49:37 GMT", none},
	} {
		unix, ok := parseDate([]byte(c.date))
		if ok != (c.unix != none) || ok && unix != c.unix {
			t.Errorf("%q: %d, %v, want %d", c.date, unix, ok, c.unix)
		}
	}
}

// RFC 9110 §5.6.7: a date that appears to be more than 50 years ahead is in the
// century before.
func TestYearsOfTwoDigits(t *testing.T) {
	for _, c := range []struct{ now, date, want string }{
		{"2026-03-04T05:06:07Z", "Monday, 01-Jan-26 00:00:00 GMT", "2026-01-01T00:00:00Z"},
		{"2026-03-04T05:06:07Z", "Monday, 31-Dec-99 00:00:00 GMT", "1999-12-31T00:00:00Z"},
		{"2026-03-04T05:06:07Z", "Monday, 31-Dec-75 00:00:00 GMT", "2075-12-31T00:00:00Z"},
		{"2026-03-04T05:06:07Z", "Monday, 04-Mar-76 05:06:07 GMT", "2076-03-04T05:06:07Z"},
		{"2026-03-04T05:06:07Z", "Monday, 04-Mar-76 05:06:08 GMT", "1976-03-04T05:06:08Z"},
		{"2026-03-04T05:06:07Z", "Monday, 01-Jan-77 00:00:00 GMT", "1977-01-01T00:00:00Z"},
		{"2080-03-04T05:06:07Z", "Monday, 01-Jan-10 00:00:00 GMT", "2110-01-01T00:00:00Z"},
		{"2080-03-04T05:06:07Z", "Monday, 01-Jan-40 00:00:00 GMT", "2040-01-01T00:00:00Z"},
		{"2026-03-04T05:06:07Z", "Monday, 29-Feb-00 00:00:00 GMT", "2000-02-29T00:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		unix, ok := parseRFC850([]byte(c.date), now)
		if got := time.Unix(unix, 0).UTC().Format(time.RFC3339); !ok || got != c.want {
			t.Errorf("%s at %s: %s, %v, want %s", c.date, c.now, got, ok, c.want)
		}
	}
}

// A Last-Modified is understood when it comes back, in all three formats.
func TestDatesComeBack(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 20000 {
		want := random.Int63n(253402300800)
		if day := want % 86400; random.Intn(2) == 0 {
			want -= day // midnight
		}
		date := time.Unix(want, 0).UTC()
		for _, layout := range []string{TimeFormat, time.ANSIC} {
			if got, ok := parseDate([]byte(date.Format(layout))); !ok || got != want {
				t.Fatalf("%s: %d, %v, want %d", date.Format(layout), got, ok, want)
			}
		}
		long := date.Format("Monday, 02-Jan-06 15:04:05 GMT")
		if got, ok := parseRFC850([]byte(long), date); !ok || got != want {
			t.Fatalf("%s: %d, %v, want %d", long, got, ok, want)
		}
	}
}

// FuzzParseDate compares parseDate with net/http.ParseTime: both return the same
// time, except for the century of a year with two digits, or both refuse. The
// exceptions are dates that net/http accepts beyond the grammar: names in another
// case, fractions of a second, an hour of one digit, asctime with more spaces or
// fewer, and RFC 850 in any time zone.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
		"Thu, 29 Feb 2024 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT", "Sun, 31 Dec 0000 23:59:60 GMT",
		"Sunday, 06-Nov-94 08:49:37 EST", "sun, 06 nov 1994 8:49:37.5 GMT", "Sun Nov 6 08:49:37 1994",
		"Saturday, 29-Feb-00 00:00:00 GMT", "Saturday, 01-Jan-00 00:00:00 GMT+3", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		unix, ok := parseDate([]byte(s))
		oracle, err := http.ParseTime(s)
		switch strict := strictDate.FindStringSubmatch(s); {
		case ok && (strict == nil || err != nil):
			t.Fatalf("%q: %d, net/http: %v", s, unix, err)
		case ok && unix != oracle.Unix() && (strict[rfc850Group] == "" ||
			unix != oracle.AddDate(100, 0, 0).Unix() && unix != oracle.AddDate(-100, 0, 0).Unix()):
			t.Fatalf("%q: %d, net/http: %d", s, unix, oracle.Unix())
		case !ok && strict != nil && err == nil:
			t.Fatalf("%q: refused, net/http: %v", s, oracle)
		}
	})
}

// strictDate is the grammar of RFC 9110 §5.6.7, with days and hours of any two
// digits.
var strictDate = regexp.MustCompile(`^(` +
	`(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (` + monthNames + `) \d{4} \d\d:\d\d:\d\d GMT|` +
	`((Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-(` + monthNames + `)-\d\d \d\d:\d\d:\d\d GMT)|` +
	`(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (` + monthNames + `) (\d\d| \d) \d\d:\d\d:\d\d \d{4})$`)

const (
	monthNames  = `Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec`
	rfc850Group = 4
)

func TestParseDateDoesNotAllocate(t *testing.T) {
	for _, s := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "x"} {
		b := []byte(s)
		noAllocs(t, s, func() { parseDate(b) })
	}
}

func BenchmarkParseDate(b *testing.B) {
	date := []byte("Sun, 06 Nov 1994 08:49:37 GMT")
	b.ReportAllocs()
	for b.Loop() {
		parseDate(date)
	}
}
