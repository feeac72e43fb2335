package site

import (
	"net/netip"
	"strings"
	"testing"

	"aws/backend"
)

// Of several rules for a path and a client the last counts, and a sidecar needs what its
// original needs.
func TestDenies(t *testing.T) {
	s := &Site{}
	for _, text := range []string{
		"deny /admin/*=all", "allow /Admin/=10.0.0.0/8, 2001:db8::/32", "deny /admin/secret.txt=10.1.0.0/16", "allow *.css=all",
		"deny *=192.0.2.66", "deny /unix=unix", "deny /six/*=::/0",
	} {
		how, value, _ := strings.Cut(text, " ")
		r, err := parseAccess(value, how == "deny")
		if err != nil {
			t.Fatal(err)
		}
		s.Access = append(s.Access, r)
	}
	site, problems := newSite(Config{Access: s.Access, Precompressed: []string{"gzip"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		client, path string
		want         bool
	}{
		{"198.51.100.1", "/", false},
		{"198.51.100.1", "/admin", true},
		{"198.51.100.1", "/admin/", true},
		{"198.51.100.1", "/admin/a/b", true},
		{"198.51.100.1", "/administrator", false},
		{"198.51.100.1", "/admin/a.css", false},
		{"198.51.100.1", "/admin/a.css.gz", true}, // named itself
		{"10.1.2.3", "/admin/a", false},
		{"::ffff:10.1.2.3", "/admin/a", false},
		{"10.1.2.3", "/admin/secret.txt", true},
		{"10.1.2.3", "/admin/secret.txt.gz", true},
		{"10.2.2.3", "/admin/secret.txt", false},
		{"2001:db8::1", "/admin/a", false},
		{"192.0.2.66", "/", true},
		{"192.0.2.66", "/a.css", true},
		{"", "/unix", true},
		{"", "/admin", true},
		{"", "/", false},
		{"2001:db8::1", "/six/x", true},
		{"192.0.2.1", "/six/x", false},
	} {
		client := backend.Address{}
		if c.client != "" {
			client = backend.AddressFrom(netip.AddrPortFrom(netip.MustParseAddr(c.client), 1))
		}
		if got := site.Denies([]byte(c.path), client); got != c.want {
			t.Errorf("%s of %s: denied %v", c.path, c.client, got)
		}
	}
}
