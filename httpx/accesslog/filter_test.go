package accesslog

import (
	"strings"
	"testing"
)

// Filters hold for what they say.
func TestFilters(t *testing.T) {
	r := testRecord() // GET /a?b=c, 206, 98765 bytes, 1.23 s, stalled, disk, example.org
	for filter, want := range map[string]bool{
		"status>=400": false, "status >= 206": true, "status=206": true, "status==206": true, "status!=206": false, "status<207": true, "status<=206": true, "status>206": false,
		"method=GET": true, "method!=GET": false, "method=get": false, "path=/a": true, "path=/*": true, "path=/b*": false, "path!=/b*": true, "path=a": true,
		"outcome=stalled": true, "outcome!=whole": true, "source=disk": true, "site=example.org": true, "site=default": false,
		"duration>1s": true, "duration>1500ms": false, "first_byte<1ms": true, "bytes>96KiB": true, "bytes>97KiB": false, "bytes<=98765": true,
		"status>=400 || duration>1s": true, "status>=400||bytes>1GiB": false, "method=GET && path=/a && status<300": true,
		"!status>=400": true, "!(status=206 || path=/b)": false, "!!method=GET": true,
		"status=1 && status=2 || status=206": true, "status=206 || status=1 && status=2": true, "(status=206 || status=1) && status=2": false,
		" ( status = 206 ) ": true,
	} {
		f, err := ParseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got := f.matches(&r, &ring{}, &testNames); got != want {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
}

// A path is matched as rules by path see it: decoded, and without dots.
func TestFilteredPath(t *testing.T) {
	f, err := ParseFilter("path=/private/*")
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]bool{
		"GET /private/a HTTP/1.1": true, "GET /%70rivate/a HTTP/1.1": true, "GET /x/..//private/a?/b HTTP/1.1": true, "GET /private/a": true,
		"GET /public?/private/a HTTP/1.1": false, "GET http://a/private/a HTTP/1.1": false, "OPTIONS * HTTP/1.1": false, "": false, "GET": false, "GET /private/%": false,
	} {
		r := testRecord()
		r.Texts = textsOf(request)
		if got := f.matches(&r, &ring{}, &testNames); got != want {
			t.Errorf("%s: %v, want %v", request, got, want)
		}
	}
}

// A filter that is wrong says where and how.
func TestWrongFilters(t *testing.T) {
	for filter, want := range map[string]string{
		"": "column 1: want a test here, such as status>=400, of status, method", "stat>400": "column 1: want a test", "status>=": "column 9: status: want a status, such as 404",
		"status>=4xx": "column 9: status: want a status", "status": "column 7: want =, !=, <, <=, > or >= after status", "status>=400 &&": "column 15: want a test",
		"status>=400 & path=/a": `column 13: want && or || before "& path=/a"`, "(status=1": "column 10: want ) here", "status=1)": `column 9: want && or || before ")"`,
		"method>GET": "column 8: method: is a word: want = or !=", "outcome=gone": "column 9: outcome: want one of whole, client-gone", "path=": "column 6: path: want a value, such as /static/*",
		"duration>2": "column 10: duration: want a time with its unit", "bytes>1MB": "column 7: bytes: want a number of bytes", "bytes>9999999999GiB": "column 7: bytes: want a number",
		strings.Repeat("!", 100): "column 51: too many brackets", strings.Repeat("(", 100): "column 51: too many brackets",
	} {
		if _, err := ParseFilter(filter); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", filter, err, want)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add("status>=400 && !(path=/a* || duration<1s)")
	f.Fuzz(func(t *testing.T, s string) {
		if filter, err := ParseFilter(s); err == nil {
			r := testRecord()
			filter.matches(&r, &ring{}, &testNames)
		}
	})
}
