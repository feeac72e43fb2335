package listing

import (
	"strings"
	"testing"
)

func TestParseQuery(t *testing.T) {
	for query, want := range map[string]Query{
		"":                          {},
		"sort=name":                 {},
		"sort=size":                 {Order: Order{by: bySize}},
		"sort=modified&order=asc":   {Order: Order{by: byModified}},
		"sort=modified&order=desc":  {Order: Order{by: byModified, descending: true}},
		"order=desc&sort=size":      {Order: Order{by: bySize, descending: true}},
		"order=desc":                {Order: Order{descending: true}},
		"sort=size&sort=size":       {},
		"order=desc&order=desc":     {},
		"sort=size&order=desc&":     {},
		"&sort=size":                {},
		"sort=size&order=down":      {},
		"sort=size&order":           {},
		"sort=":                     {},
		"sort":                      {},
		"order=size":                {},
		"sort=desc":                 {},
		"Sort=size":                 {},
		"sort=SIZE":                 {},
		"sort=size&a=b":             {},
		"sort=si%7Ae":               {},
		"filter=a":                  {Filter: "a"},
		"filter=":                   {},
		"filter":                    {},
		"filter=a+b%26%3c%FF%00":    {Filter: "a b&<\xff\x00"},
		"filter=%":                  {},
		"filter=%4":                 {},
		"filter=%+4":                {},
		"filter=%zz&sort=size":      {},
		"filter=a&filter=a":         {},
		"page=1":                    {Page: 1},
		"page=1000000&filter=x":     {Page: 1000000, Filter: "x"},
		"page=0":                    {},
		"page=-1":                   {},
		"page=+1":                   {},
		"page=1000001":              {},
		"page=99999999999999999999": {},
		"page=":                     {},
		"page=1.5":                  {},
		"view=grid":                 {Grid: true},
		"view=list&sort=size":       {Order: Order{by: bySize}},
		"view=tiles":                {},
		"sort=size&order=desc&filter=%C3%A4&page=3&view=grid": {Order{bySize, true}, "\u00e4", 3, true},
		"sort=size=":                    {},
		"=":                             {},
		"&&&":                           {},
		strings.Repeat("sort=size&", 9): {},
	} {
		if got := ParseQuery([]byte(query)); got != want {
			t.Errorf("%q: %+v, want %+v", query, got, want)
		}
	}
}

// Parsing the query of a query gives the same, and none panics.
func FuzzParseQuery(f *testing.F) {
	f.Add([]byte("sort=size&order=desc"))
	f.Add([]byte("order=asc&sort=modified&"))
	f.Add([]byte("filter=a+%26%3c&page=7&view=grid"))
	f.Fuzz(func(t *testing.T, query []byte) {
		q := ParseQuery(query)
		q.Page = max(1, q.Page)
		if again := ParseQuery([]byte(q.String())); again != q.onPage(again.Page) || max(1, again.Page) != q.Page {
			t.Fatalf("%q is %+v, and again %+v", query, q, again)
		}
		if strings.ContainsAny(q.String(), "\"'<> ") {
			t.Fatalf("%q needs escaping", q.String())
		}
	})
}

func TestFilterTakes(t *testing.T) {
	for _, c := range []struct {
		text, name string
		takes      bool
	}{
		{"", "a", true}, {"a", "A", true}, {"A", "bab", true}, {"ab", "a", false}, {"ab", "aab", true}, {"ab", "aa", false},
		{"\u00c4", "x\u00e4y", true}, {"\u00e4", "xay", false}, {"\xff", "a\xffb", true}, {".jpg", "IMG_1.JPG", true}, {"a/b", "a", false},
		{strings.Repeat("x", 300), strings.Repeat("x", 255), false},
	} {
		if f := newFilter(c.text); f.takes([]byte(c.name)) != c.takes {
			t.Errorf("%q takes %q: %v", c.text, c.name, !c.takes)
		}
	}
}
