package site

import (
	"strings"
	"testing"
)

// parsedSite makes a site with these rules.
func parsedSite(t *testing.T, c Config, headers ...string) *Site {
	t.Helper()
	for _, s := range headers {
		parse := ParseHeaderRule
		if rest, ok := strings.CutPrefix(s, "cache "); ok {
			s, parse = rest, ParseCacheControl
		}
		h, err := parse(s)
		if err != nil {
			t.Fatal(err)
		}
		c.Headers = append(c.Headers, h)
	}
	s, err := newSite(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A rule holds for 2xx and 3xx unless it says always; the last one for a field wins,
// and without a value it removes the field.
func TestRulesHoldForWhatTheySay(t *testing.T) {
	headers := []string{
		"*: A: all", "always *: B: always", "*.css: A: css", "/x/*: B:", "always /y/*: B:", "cache *=max-age=9", "cache always /z/*=max-age=1",
		"always /y/*: Vary: Cookie", "/w/*: Cache-Control:",
	}
	s := parsedSite(t, Config{}, headers...)
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/a", 200, "B: always|A: all|Cache-Control: max-age=9"},
		{"/a.css", 304, "B: always|A: css|Cache-Control: max-age=9"},
		{"/a", 404, "Cache-Control: no-store|B: always"},
		{"", 400, "Cache-Control: no-store|B: always"},
		{"/x/", 200, "A: all|Cache-Control: max-age=9"},
		{"/x/", 500, "Cache-Control: no-store|B: always"},
		{"/y/a.css", 200, "A: css|Cache-Control: max-age=9|Vary: Cookie"},
		{"/y/", 405, "Cache-Control: no-store|Vary: Cookie"},
		{"/z/", 301, "B: always|A: all|Cache-Control: max-age=1"},
		{"/z/", 404, "B: always|Cache-Control: max-age=1"},
		{"/w/", 206, "B: always|A: all"},
		{"/w/", 416, "Cache-Control: no-store|B: always"},
	} {
		wantFields(t, s, c.path, Response{Status: c.status}, c.want)
	}
}

func wantFields(t *testing.T, s *Site, path string, r Response, want string) {
	t.Helper()
	got := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(s.AppendHeaders(nil, []byte(path), r)), "\r\n"), "\r\n") {
		got[line] = line != ""
	}
	n := 0
	for line := range strings.SplitSeq(want, "|") {
		if line != "" && !got[line] {
			t.Errorf("%q %+v: %q is missing in %v", path, r, line, got)
		}
		n++
	}
	if want != "" && len(got) != n {
		t.Errorf("%q %+v: %v, want %s", path, r, got, want)
	}
}

// Server is a field of every response, so a rule for it always holds.
func TestRulesForServer(t *testing.T) {
	s := parsedSite(t, Config{}, "*: Server: foo", "/x/*: server:")
	wantFields(t, s, "/a", Response{Status: 404}, "Server: foo|Cache-Control: no-store")
	wantFields(t, s, "/x/", Response{Status: 404}, "Cache-Control: no-store")
	if !s.SetsServer([]byte("/a")) || !s.SetsServer(nil) || !s.SetsServer([]byte("/x/")) || parsedSite(t, Config{}, "*: X: y").SetsServer(nil) {
		t.Error("who decides on Server")
	}
	if only := parsedSite(t, Config{}, "/x/*: Server: foo"); only.SetsServer([]byte("/a")) || only.SetsServer(nil) {
		t.Error("a rule for some paths decides for others")
	}
}

// The server's own fields are refused, with the reason, and so are slips.
func TestRulesThatAreRefused(t *testing.T) {
	for _, f := range ownedFields {
		for _, value := range []string{"x", ""} {
			_, err := ParseHeaderRule("always *: " + strings.ToUpper(f.name) + ": " + value)
			if err == nil || !strings.Contains(err.Error(), f.reason) {
				t.Errorf("%s: %q: %v", f.name, value, err)
			}
		}
	}
	for s, want := range map[string]string{
		"*: Vary:": "12.5.5", "always: X: y": "", "always *: X: y": "", "Always *: X: y": "want", "always always *: X: y": "want", "always : X: y": "",
		"always  *.css : X: y": "", "*always x: X: y": "", "*: X": "want", " : X: y": "want", "*: X y: z": "want", "*: : z": "want", "": "want",
		"*: X: a\x01": "control",
	} {
		_, err := ParseHeaderRule(s)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", s, err, want)
		}
	}
	for s, ok := range map[string]bool{"always *=x": true, "always=x": true, "ALWAYS *=x": false, "*=": false, "always *=": false, "=x": false} {
		if _, err := ParseCacheControl(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// The set of --secure-headers holds for errors, an operator's rule replaces each of
// it everywhere, and pages of the server's own keep their policy.
func TestSecureHeaders(t *testing.T) {
	s := parsedSite(t, Config{SecureHeaders: true}, "*: X-Frame-Options: DENY", "/in/*: Cross-Origin-Opener-Policy:")
	const rest = "Referrer-Policy: strict-origin-when-cross-origin|Cross-Origin-Resource-Policy: same-origin|X-Frame-Options: DENY|"
	const opener, frames, kept = "Cross-Origin-Opener-Policy: same-origin|", "Content-Security-Policy: frame-ancestors 'self'", "|Cache-Control: no-store"
	wantFields(t, s, "/", Response{Status: 200}, rest+opener+frames)
	wantFields(t, s, "", Response{Status: 400}, rest+opener+frames+kept)
	wantFields(t, s, "/in/", Response{Status: 404}, rest+frames+kept)
	wantFields(t, s, "/in/", Response{Status: 200, Own: true}, strings.TrimSuffix(rest, "|"))
	shared := parsedSite(t, Config{SecureHeaders: true, CORS: Origins{AnyOrigin}})
	if got := string(shared.AppendHeaders(nil, nil, Response{Status: 200})); strings.Contains(got, resourcePolicy) {
		t.Errorf("files that all may read may not be embedded: %s", got)
	}
}
