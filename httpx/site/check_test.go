package site

import (
	"fmt"
	"strings"
	"testing"
)

func parsedRedirects(t *testing.T, specs string) (all []Redirect) {
	t.Helper()
	for spec := range strings.FieldsSeq(specs) {
		r, err := ParseRedirect(spec)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// Redirects that never end are refused, those that may end are not.
func TestCircles(t *testing.T) {
	for _, c := range []struct{ redirects, want string }{
		{"/*=/*", "0: from /x to /x"},
		{"/*=/*?a=b", "0: from /x to /x"},
		{"/*=/./*", "0: from /x to /x"},
		{"/a=/a", "0: from /a to /a"},
		{"/a=/%61", "0: from /a to /a"},
		{"/a=/b /b=/a", "0: from /a to /b to /a"},
		{"/c=/a /a=/b /b=/a", "1: from /a to /b to /a"},
		{"/a/*=/b/* /b/*=/a/*", "0: from /a/x to /b/x to /a/x"},
		{"/a*=/a/*", "0: from /a/x to /a/x"},
		{"/docs/*=/docs/index.html", "0: from /docs/index.html to /docs/index.html"},
		{"/*=/x/*", "0: from /xx to /x/xx to /x/x/xx and so on"},
		{"/*=/a /a=/b", "0: from /a to /a"},
		{"/a=/b /*=/a", "0: from /a to /b to /a"},
		{"/*=http://here.example/*", "0? from /xx to /xx"},
		{"/a=http://HERE.example./a", "0? from /a to /a"},
		{"/a/*=/* /b=/b/c", ""},
		{"/old/*=/*", ""},
		{"/*=https://here.example/*", ""},
		{"/*=http://there.example/*", ""},
		{"/*=http://here.example:8080/*", ""},
		{"/x/*=https://x.example/* /*=/x/*", ""},
		{"/a=//there.example/a", ""},
		{"/a=/b?/a", ""},
		{"/a=/b#/a", ""},
		{"/a=/a/", ""},
		{"/a/=/a", ""},
		{"/a/b/*=/a/*", ""},
	} {
		problems := Problems([]Config{{Hosts: []string{"here.example"}, Mounts: DefaultMounts(), Redirects: parsedRedirects(t, c.redirects)}})[0]
		got := ""
		for _, p := range problems {
			switch _, way, found := strings.Cut(p.Text, "in a circle"); {
			case !found:
			case p.Warning:
				got += fmt.Sprint(p.Index, "? ", way[strings.Index(way, "from"):])
			default:
				way, _, _ = strings.Cut(way, ": let it")
				got += fmt.Sprint(p.Index, ":", way[1:])
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.redirects, got, c.want)
		}
	}
}

// What a star stands for never becomes a part of a host.
func TestStarInAHost(t *testing.T) {
	for _, to := range []string{
		"https://good.example*", "https://*", "https://*/", "https://*.good.example/", "https://good.example:80*", "https://user@*/x",
		"https://us*er@good.example/", "http*://good.example/", "//*", "//good.example*", `/\*`, `/\good.example*`, "https:///*", `https:\\*`, "*://x",
	} {
		if r, err := ParseRedirect("/r/*=" + to); err == nil {
			t.Errorf("%s: %+v", to, r)
		}
	}
	for _, to := range []string{"https://good.example/*", "https://good.example?*", "https://good.example:80/x#*", "//good.example/*", "/*", "/a*", "/?*", "app+x://y/*"} {
		if _, err := ParseRedirect("/r/*=" + to); err != nil {
			t.Error(err)
		}
	}
	for _, to := range []string{"a/b://c", "://c", "1a://b", "a b://c"} {
		if r, err := ParseRedirect("/r=" + to); err == nil {
			t.Errorf("%s: %+v", to, r)
		}
	}
}

// A pattern covers another one only if it matches all that this one does.
func TestPatternCovers(t *testing.T) {
	for _, c := range []struct {
		p, q string
		want bool
	}{
		{"*", "*", true},
		{"*", "*.css", true},
		{"*", "/a/*", true},
		{"/*", "*", true},
		{"/*", "*.css", true},
		{"/*", "/a/*.css", true},
		{"/a/*", "/a/b/*", true},
		{"*.css", "/a/*.css", true},
		{"*.css", "/a/b.css", true},
		{"a*", "/a/a*", false}, // its star may have a slash, and then another name
		{"*.css", "*", false},
		{"*.css", "/a/*", false},
		{"/a/*", "*", false},
		{"/a/*", "/a*", false},
		{"/a/*", "*.css", false},
		{"*a*", "*b*", false},
		{"*/b/*", "b", false},
	} {
		if got := Pattern(c.p).covers(Pattern(c.q)); got != c.want {
			t.Errorf("%s covers %s: %v", c.p, c.q, got)
		}
	}
}

// One host has one site, however its name is written.
func TestHostsOfTwoSites(t *testing.T) {
	sites := func(hosts ...[]string) []Config {
		var all []Config
		for _, h := range hosts {
			all = append(all, Config{Hosts: h, Mounts: DefaultMounts()})
		}
		return all
	}
	for _, c := range []struct {
		sites []Config
		want  string
	}{
		{sites(nil, []string{"a"}, []string{"*.a", "b"}), ""},
		{sites([]string{"a"}, []string{"A"}), "belongs to a site before"},
		{sites([]string{"a"}, []string{"b", "a."}), "belongs to a site before"},
		{sites([]string{"*.a"}, []string{"*.A."}), "belongs to a site before"},
		{sites(nil, nil), "is missing"},
		{sites([]string{"a", "A"}), "is there twice"},
		{sites([]string{"*"}), "want a name"},
		{sites([]string{"a.*"}), "want a name"},
		{sites([]string{"*.*.a"}), "want a name"},
	} {
		var all []string
		for _, problems := range Problems(c.sites) {
			for _, p := range problems {
				all = append(all, p.Error())
			}
		}
		if got := strings.Join(all, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) || len(all) > 1 {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
