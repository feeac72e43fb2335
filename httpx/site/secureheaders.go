// --secure-headers: fields that make browsers more careful with the pages of a site.

package site

import "strings"

const (
	contentPolicy  = "Content-Security-Policy"
	resourcePolicy = "Cross-Origin-Resource-Policy"
)

// secureHeaders are what OWASP recommends for any site
// (https://owasp.org/www-project-secure-headers/), as far as it holds for pages of
// which nothing is known: no policy on what a page may load or use. A year of TLS is
// promised by no server that does not speak it, so Strict-Transport-Security is left
// to what terminates TLS.
var secureHeaders = []struct{ name, value string }{
	{contentPolicy, "frame-ancestors 'self'"},
	{"X-Frame-Options", "SAMEORIGIN"}, // the same for old browsers
	{"Referrer-Policy", "strict-origin-when-cross-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{resourcePolicy, "same-origin"},
}

// isSecure reports whether a field is one of secureHeaders.
func isSecure(name string) bool {
	for _, h := range secureHeaders {
		if strings.EqualFold(h.name, name) {
			return true
		}
	}
	return false
}
