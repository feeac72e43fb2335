// Header fields that no rule may set or remove: the server knows their value, and a
// wrong one breaks clients.

package site

import "strings"

// ownedFields says, for each of them, why.
var ownedFields = []struct{ name, reason string }{
	// What a connection or a message ends with depends on them: another value makes
	// clients and proxies read the next response from the wrong place.
	{"Connection", "it is about the connection (RFC 9112 §9.6)"},
	{"Content-Length", "it frames the message (RFC 9112 §6.2)"},
	{"Keep-Alive", "it is about the connection (RFC 9110 §7.6.1)"},
	{"Proxy-Connection", "it is about the connection (RFC 9110 §7.6.1)"},
	{"TE", "it is about the connection, and a field of requests (RFC 9110 §10.1.4)"},
	{"Trailer", "it announces what follows the body (RFC 9110 §6.6.2)"},
	{"Transfer-Encoding", "it frames the message (RFC 9112 §6.1)"},
	{"Upgrade", "it is about the connection (RFC 9110 §7.8)"},

	// They say what the body is.
	{"Accept-Ranges", "it depends on how the body is made (RFC 9110 §14.3)"},
	{"Content-Encoding", "--precompressed and --compress decide (RFC 9110 §8.4)"},
	{"Content-Range", "it says which part of the file is sent (RFC 9110 §14.4)"},
	{"Content-Type", "use --mime (RFC 9110 §8.3)"},
	{"ETag", "caches and downloads are put together by it (RFC 9110 §8.8.3)"},
	{"Last-Modified", "it is the time of the file (RFC 9110 §8.8.2)"},
	{"X-Content-Type-Options", "it is always nosniff"},

	// They belong to a status.
	{"Allow", "it lists the methods that the server has (RFC 9110 §10.2.1)"},
	{"Location", "use --redirect (RFC 9110 §10.2.2)"},
	{"Proxy-Authenticate", "it belongs to 407 (RFC 9110 §11.7.1)"},
	{"Retry-After", "it says when the server has room again (RFC 9110 §10.2.3)"},
	{"WWW-Authenticate", "it belongs to 401 (RFC 9110 §11.6.1)"},

	{"Date", "caches compute ages from it (RFC 9110 §6.6.1)"},
}

// ownedBecause returns why no rule may give a field this value, or "".
func ownedBecause(name, value string) (reason string) {
	for _, f := range ownedFields {
		if strings.EqualFold(f.name, name) {
			return f.reason
		}
	}
	if value == "" && strings.EqualFold(name, "Vary") {
		return "caches would mix up the forms of a response (RFC 9110 §12.5.5); a value is added to it"
	}
	return ""
}
