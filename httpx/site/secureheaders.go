// --secure-headers: fields that make browsers more careful with the pages of a site.

package site

import (
	"slices"
	"strings"
)

const (
	contentPolicy  = "Content-Security-Policy"
	resourcePolicy = "Cross-Origin-Resource-Policy"
)

// secureHeaders are what OWASP recommends for any site
// (https://owasp.org/www-project-secure-headers/), as far as it holds for pages of
// which nothing is known: no policy on what a page may load or use. A year of TLS is
// promised by no server that does not speak it, so Strict-Transport-Security is left
// to what terminates TLS.
var secureHeaders = []HeaderRule{
	{name: contentPolicy, value: "frame-ancestors 'self'"},
	{name: "X-Frame-Options", value: "SAMEORIGIN"}, // the same for old browsers
	{name: "Referrer-Policy", value: "strict-origin-when-cross-origin"},
	{name: "Cross-Origin-Opener-Policy", value: "same-origin"},
	{name: resourcePolicy, value: "same-origin"},
}

// secureRules returns the rules of --secure-headers. A site whose files other origins
// may read lets them embed these files, too.
func secureRules(shared bool) (rules []HeaderRule) {
	for _, h := range secureHeaders {
		if shared && h.name == resourcePolicy {
			continue
		}
		h.pattern, h.scope = "*", always
		rules = append(rules, h)
	}
	return rules
}

// isSecure reports whether a field is one of secureHeaders.
func isSecure(name string) bool {
	return slices.ContainsFunc(secureHeaders, func(h HeaderRule) bool { return strings.EqualFold(h.name, name) })
}
