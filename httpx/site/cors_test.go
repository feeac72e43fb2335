package site

import (
	"fmt"
	"strings"
	"testing"

	"aws/httpx/message"
)

func TestParseOrigin(t *testing.T) {
	for s, want := range map[string]string{
		"*": "*", "https://example.org": "https://example.org", "HTTPS://Example.ORG": "https://example.org", "http://a:8080": "http://a:8080",
		"https://a:443": "https://a", "http://a:80": "http://a", "http://a:443": "http://a:443", "http://[::1]:1": "http://[::1]:1",
		"chrome-extension://abc": "chrome-extension://abc",
		"":                       "", "null": "", "example.org": "", "https://": "", "https://a/": "", "https://a/b": "", "https://a?b": "", "https://a b": "",
		"https://*.example.org": "", "://a": "", "1a://b": "", "ä://b": "", "https://a:": "", "https://a:b": "", "https://u@a": "", "https://a\r\nX: y": "",
		"https://" + strings.Repeat("a", maxOrigin): "",
	} {
		if got, err := ParseOrigin(s); string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%.60q: %q, %v; want %q", s, got, err, want)
		}
	}
}

// request is a request with these fields.
func request(t *testing.T, fields string) *message.Request {
	t.Helper()
	r := &message.Request{}
	if _, status := new(message.HeadScan).Next([]byte("GET / HTTP/1.1\r\nHost: a\r\n"+fields+"\r\n"), r); status != 0 {
		t.Fatal(status)
	}
	return r
}

func TestOriginsByNumber(t *testing.T) {
	some := Origins{"https://a", "https://b"}
	for fields, want := range map[string]uint8{
		"": NoOrigin, "Origin: https://a\r\n": 1, "oRIGIN:https://b \r\n": 2, "Origin: https://c\r\n": NoOrigin, "Origin: HTTPS://A\r\n": NoOrigin,
		"Origin:\r\n": NoOrigin, "Origin: null\r\n": NoOrigin, "Origin: https://a, https://b\r\n": NoOrigin, "X-Origin: https://a\r\n": NoOrigin,
	} {
		if got := some.NumberOf(request(t, fields)); got != want {
			t.Errorf("%q: %d, want %d", fields, got, want)
		}
	}
	for _, o := range []Origins{nil, {AnyOrigin}} {
		if got := o.NumberOf(request(t, "Origin: https://a\r\n")); got != NoOrigin {
			t.Errorf("%q: %d", o, got)
		}
	}
}

func TestFieldsOfCORS(t *testing.T) {
	const expose = "|Access-Control-Expose-Headers: " + exposed
	all, some := parsedSite(t, Config{CORS: Origins{AnyOrigin}}), parsedSite(t, Config{CORS: Origins{"https://a"}}, "*: Vary: Cookie")
	wantFields(t, all, "/", Response{Status: 200}, "Access-Control-Allow-Origin: *"+expose)
	wantFields(t, all, "", Response{Status: 400}, "Access-Control-Allow-Origin: *|Cache-Control: no-store"+expose)
	wantFields(t, some, "/", Response{Status: 200}, "Vary: Origin|Vary: Cookie"+expose)
	wantFields(t, some, "/", Response{Status: 404}, "Vary: Origin|Cache-Control: no-store"+expose)

	many := make(Origins, maxOrigins+1)
	for i := range many {
		many[i] = Origin(fmt.Sprint("https://", i))
	}
	rule, err := ParseHeaderRule("/x: access-control-allow-origin: *")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{CORS: Origins{AnyOrigin, "https://a"}}, "every origin"},
		{Config{CORS: Origins{"https://a", AnyOrigin}}, "every origin"},
		{Config{CORS: many}, "more than 255"},
		{Config{CORS: Origins{"https://a"}, Headers: []HeaderRule{rule}}, "leave one out"},
	} {
		if err := c.config.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80q: %v, want %q", c.config.CORS, err, c.want)
		}
	}
}

func TestApplicationPage(t *testing.T) {
	at := func(prefixes ...string) (m []MountConfig) {
		for _, p := range prefixes {
			m = append(m, MountConfig{Prefix: p})
		}
		return m
	}
	for _, c := range []struct {
		mounts []MountConfig
		index  []string
		want   string
	}{
		{at("/"), []string{"index.html"}, "/index.html"},
		{at("/api", "/"), []string{"app.html", "index.html"}, "/app.html"},
		{at("/static", "/dynamic"), []string{"index.html"}, "/static/index.html"},
		{at("/"), nil, ""},
		{nil, []string{"index.html"}, ""},
	} {
		if got := ApplicationPage(c.mounts, c.index); got != c.want {
			t.Errorf("%v, %q: %q, want %q", c.mounts, c.index, got, c.want)
		}
	}
}
