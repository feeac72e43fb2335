package message

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestParseCoding(t *testing.T) {
	for name, want := range map[string]Coding{
		"gzip": codingGzip, "x-gzip": codingGzip, "GZip": codingGzip, "br": codingBrotli, "zstd": codingZstd,
		"": 0, "identity": 0, "*": 0, "deflate": 0, "gzip ": 0, "brotli": 0,
	} {
		if got, err := ParseCoding(name); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	for c, want := range []string{"identity", "gzip .gz", "br .br", "zstd .zst"} {
		if got := strings.TrimSpace(Coding(c).String() + " " + Coding(c).Extension()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

var aPreference = []Coding{codingZstd, codingBrotli, codingGzip}

func TestCodingsByWeight(t *testing.T) {
	for _, c := range []struct {
		rfc    string // RFC 9110
		fields []string
		want   string
	}{
		{"§12.5.3 no field", nil, "[]"},
		{"§12.5.3 empty", []string{""}, "[]"},
		{"§12.5.3", []string{"gzip"}, "[gzip]"},
		{"§12.5.3 a browser", []string{"gzip, deflate, br, zstd"}, "[zstd br gzip]"},
		{"§12.5.3 unknown ones", []string{"compress, deflate"}, "[]"},
		{"§8.4.1 any case", []string{"GZIP,Br"}, "[br gzip]"},
		{"§8.4.1.3 x-gzip", []string{"x-gzip;q=0.5"}, "[gzip]"},
		{"§12.5.3 any", []string{"*"}, "[zstd br gzip]"},
		{"§12.5.3 any but", []string{"*, br;q=0"}, "[zstd gzip]"},
		{"§12.5.3 none but", []string{"*;q=0, br"}, "[br]"},
		{"§12.5.3 none", []string{"*;q=0"}, "[]"},
		{"§12.5.3 weights", []string{"gzip;q=1.0, br;q=0.5, zstd;q=0.75"}, "[gzip zstd br]"},
		{"§12.5.3 weights", []string{"gzip;q=0.002, br;q=0.001, zstd;q=0.002"}, "[zstd gzip br]"},
		{"§12.5.3 weight of any", []string{"gzip;q=0.5, *;q=0.7"}, "[zstd br]"}, // identity has 0.7, too
		{"§12.5.3 identity is any, too", []string{"gzip;q=0.5, *;q=0.7, identity;q=0.1"}, "[zstd br gzip]"},
		{"§12.5.3 identity preferred", []string{"identity, gzip;q=0.9, br;q=1"}, "[br]"},
		{"§12.5.3 identity the same", []string{"identity;q=0.5, gzip;q=0.5"}, "[gzip]"},
		{"§12.5.3 no identity", []string{"identity;q=0, gzip;q=0.001"}, "[gzip]"},
		{"§12.5.3 no identity, nothing else", []string{"identity;q=0"}, "[]"},
		{"§12.5.3 only identity", []string{"identity"}, "[]"},
		{"§5.3 lines", []string{"gzip;q=0.5", "br"}, "[br gzip]"},
		{"§5.3 lines", []string{"", "br"}, "[br]"},
		{"§5.6.1.2 empty elements", []string{",, gzip ,\t, br,"}, "[br gzip]"},

		{"§12.4.2 white space", []string{"gzip \t; \tq=0, br ;q=0.1"}, "[br]"},
		{"§12.4.2 Q", []string{"gzip;Q=0, br"}, "[br]"},
		{"§12.4.2 decimals", []string{"gzip;q=0., br;q=0.000, zstd;q=1."}, "[zstd]"},
		{"§12.4.2 decimals", []string{"gzip;q=1.000, br;q=0.999, zstd;q=1.00"}, "[zstd gzip br]"},
		{"§12.4.2 beyond 1", []string{"gzip;q=1.001, br;q=2, zstd"}, "[zstd]"},
		{"§12.4.2 four decimals", []string{"gzip;q=0.1234, zstd"}, "[zstd]"},
		{"§12.4.2 malformed", []string{"gzip;q, gzip;q=, gzip;q=-1, gzip;q=.5, gzip;q=0.x, gzip;q= 1, gzip;, gzip;;q=1, gzip;q=1;, gzip;p=1, gzip;q=0,5"}, "[]"},
		{"§12.4.2 twice", []string{"gzip;q=1;q=0"}, "[]"},
		{"§12.4.2 no list", []string{"gzip br"}, "[]"},
		{"malformed is as if it was not there", []string{"gzip;q=x, *"}, "[zstd br gzip]"},
		{"twice: the higher", []string{"gzip;q=0.1, br;q=0.2, x-gzip;q=0.3"}, "[gzip br]"},
	} {
		var fields []string
		for _, f := range c.fields {
			fields = append(fields, "Accept-Encoding: "+f)
		}
		var dst [NumCodings]Coding
		if got := fmt.Sprint(wanting(t, fields...).Codings(aPreference, &dst)); got != c.want {
			t.Errorf("%s: %q: %s, want %s", c.rfc, c.fields, got, c.want)
		}
	}
}

// Codings of equal weight have the order of preference, and identity may be among
// them.
func TestEqualCodingsByPreference(t *testing.T) {
	for _, c := range []struct {
		preference []Coding
		field      string
		want       string
	}{
		{nil, "*", "[]"},
		{[]Coding{codingGzip}, "br, gzip", "[gzip]"},
		{[]Coding{codingGzip, codingBrotli}, "br, gzip", "[gzip br]"},
		{[]Coding{codingGzip, codingBrotli, codingZstd, CodingIdentity}, "*, br;q=0.5", "[gzip zstd identity]"},
	} {
		var dst [NumCodings]Coding
		if got := fmt.Sprint(wanting(t, "Accept-Encoding: "+c.field).Codings(c.preference, &dst)); got != c.want {
			t.Errorf("%v, %q: %s, want %s", c.preference, c.field, got, c.want)
		}
	}
}

// FuzzCodings compares Codings with modelCodings, a different implementation.
func FuzzCodings(f *testing.F) {
	for _, s := range []string{
		"", "gzip, deflate, br, zstd", "*;q=0.5, gzip;q=0.2", "identity;q=0, *;q=0", "x-gzip;q=1.000,gzip;q=0.1",
		"br;q=2,gzip;q=0.1234,zstd;Q=1.", "gzip\t;\tq=0.5 , ,", "gzip;q=1;q=0", "IDENTITY;q=0.3,BR;q=0.2,zstd;q=0.3",
	} {
		f.Add(s, uint8(27))
	}
	f.Fuzz(func(t *testing.T, s string, order uint8) {
		if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return // no head has those
		}
		preference := slices.Clone(aPreference)
		slices.SortFunc(preference, func(a, b Coding) int { return int(order>>(2*a)&3) - int(order>>(2*b)&3) })
		r := Request{fields: fields{acceptEncoding: listField{first: []byte(s)}}}
		var dst [NumCodings]Coding
		got, want := r.Codings(preference, &dst), modelCodings(s, preference)
		if !slices.Equal(got, want) {
			t.Fatalf("%q with %v: %v, want %v", s, preference, got, want)
		}
	})
}

var encodingSyntax = regexp.MustCompile(`^[ \t]*([!-+\--:<-~]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?[ \t]*$`)

func modelCodings(s string, preference []Coding) []Coding {
	weights := map[string]float64{}
	for element := range strings.SplitSeq(s, ",") {
		match := encodingSyntax.FindStringSubmatch(element)
		if match == nil {
			continue
		}
		name := strings.TrimPrefix(strings.ToLower(match[1]), "x-")
		if name != "gzip" {
			name = strings.ToLower(match[1])
		}
		weight, err := strconv.ParseFloat(match[2], 64)
		if err != nil {
			weight = 1
		}
		if old, ok := weights[name]; !ok || old < weight {
			weights[name] = weight
		}
	}
	weigh := func(name string) float64 {
		if weight, ok := weights[name]; ok {
			return weight
		}
		return weights["*"]
	}
	list := slices.DeleteFunc(slices.Clone(preference), func(c Coding) bool {
		return weigh(c.String()) == 0 || weigh(c.String()) < weigh("identity")
	})
	slices.SortStableFunc(list, func(a, b Coding) int {
		return int(1000*weigh(b.String())+0.5) - int(1000*weigh(a.String())+0.5)
	})
	return list
}

// RFC 9110 §12.5.1.
func TestScriptsGetJSON(t *testing.T) {
	for _, c := range []struct {
		fields []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"*/*"}, false},
		{[]string{"text/html"}, false},
		{[]string{"image/png"}, false},
		{[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, false}, // a browser
		{[]string{"application/json"}, true},
		{[]string{"APPLICATION/Json"}, true},
		{[]string{"application/json, text/plain, */*"}, true}, // a script
		{[]string{"application/json, */*"}, true},
		{[]string{"application/*"}, true},
		{[]string{"application/*, */*"}, true},
		{[]string{"application/json, text/html"}, false},
		{[]string{"application/json, text/*"}, true},
		{[]string{"application/*, text/html"}, false},
		{[]string{"application/json;q=0.5, text/html;q=0.4"}, true},
		{[]string{"application/json;q=0.4, text/html;q=0.5"}, false},
		{[]string{"application/json;q=0.4, */*;q=0.5"}, false},
		{[]string{"text/html;q=0.1, */*"}, true},
		{[]string{"text/html;q=0, */*;q=0.1"}, true},
		{[]string{"application/json;q=0"}, false},
		{[]string{"application/json;q=0, */*"}, false},
		{[]string{"text/*;q=0.3, text/html;q=0.7, */*;q=0.5"}, false},
		{[]string{"text/*;q=0.7, text/html;q=0.3, */*;q=0.5"}, true},
		{[]string{"application/json;charset=utf-8"}, true},
		{[]string{"application/json;charset=utf-8;q=0.3, text/html;q=0.4"}, false},
		{[]string{`application/json;a="\",text/html;q=0.1"; q=0.8, text/html;q=0.7`}, true},
		{[]string{`application/json;a="\",text/html`}, true}, // the quote does not end
		{[]string{"application/json;q=0.5;a=b, text/html;q=0.6"}, false},
		{[]string{"application/json;quality=0, text/html;q=0.9"}, true},
		{[]string{"application/json;q=1;q=1"}, false},
		{[]string{"application/json;q"}, false},
		{[]string{"application/json;q=2, text/html;q=0.1"}, false},
		{[]string{"application/json;;, text/html;q=0.9"}, true},
		{[]string{"application/json;q=0.1, application/json;q=0.9, text/html;q=0.5"}, true},
		{[]string{"text/html;q=0.5", "application/json"}, true},
		{[]string{"application", "json", "application/", "application/jsonp", "applications/json", "*/json"}, false},
	} {
		var fields []string
		for _, f := range c.fields {
			fields = append(fields, "Accept: "+f)
		}
		if got := wanting(t, fields...).PrefersJSON(); got != c.want {
			t.Errorf("%q: %v", c.fields, got)
		}
	}
}

func TestNegotiationDoesNotAllocate(t *testing.T) {
	r := wanting(t, "Accept-Encoding: gzip;q=0.5, br", "Accept-Encoding: *;q=0.1", "Accept: text/html;q=0.1", "Accept: */*")
	var dst [NumCodings]Coding
	noAllocs(t, "codings", func() {
		if len(r.Codings(aPreference, &dst)) != 3 {
			t.Fatal(dst)
		}
	})
	noAllocs(t, "prefersJSON", func() {
		if !r.PrefersJSON() {
			t.Fatal("HTML")
		}
	})
}
