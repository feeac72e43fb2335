// Cross-origin resource sharing: which pages of other origins may read the files of
// a site (https://fetch.spec.whatwg.org/#http-cors-protocol).
//
//	--cors ► ParseOrigin ► Origins.NumberOf ► Access-Control-Allow-Origin
//
// Where everybody may, that is a rule like any other. Where some may, the response
// names the one that asks, and Vary says so.

package site

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"aws/httpx/message"
)

// Origin is an origin as browsers send it, such as "https://example.org", or
// AnyOrigin.
type Origin string

// AnyOrigin stands for all origins.
const AnyOrigin Origin = "*"

// maxOrigin is the length in bytes of the longest origin: a host name has up to 253.
const maxOrigin = 300

// ParseOrigin parses "*" or SCHEME://HOST[:PORT]. Its errors quote s. Browsers write
// an origin in lower case and leave out the default port, and so does the result.
func ParseOrigin(s string) (Origin, error) {
	if s == string(AnyOrigin) {
		return AnyOrigin, nil
	}
	scheme, authority, ok := strings.Cut(strings.ToLower(s), "://")
	host, port, valid := message.ParseAuthority([]byte(authority))
	if !ok || !valid || scheme == "" || !isScheme(scheme) || port != nil && len(port) == 0 || strings.Contains(authority, "*") {
		return "", fmt.Errorf("%q: want * or SCHEME://HOST[:PORT], such as https://example.org, without a path", s)
	}
	if len(s) > maxOrigin {
		return "", fmt.Errorf("%.40q…: %d bytes are more than %d", s, len(s), maxOrigin)
	}
	if scheme == "http" && string(port) == "80" || scheme == "https" && string(port) == "443" {
		authority = string(host)
	}
	return Origin(scheme + "://" + authority), nil
}

// isScheme reports whether s is the scheme of a URL: ALPHA *( ALPHA / DIGIT / "+" /
// "-" / "." ) (RFC 3986 §3.1), in lower case.
func isScheme(s string) bool {
	for i, c := range []byte(s) {
		if letter := 'a' <= c && c <= 'z'; !letter && (i == 0 || !message.IsDigit(c) && !strings.ContainsRune("+-.", rune(c))) {
			return false
		}
	}
	return true
}

// exposed are the fields that scripts may read besides the simple ones
// (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name).
const exposed = "Accept-Ranges, Content-Encoding, Content-Range, Date, ETag, Repr-Digest"

// Preflight has the fields that allow a request ahead of it, as HTTP/1.1 writes them.
// "*" does not cover Authorization, so that is named.
const Preflight = "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n" +
	"Access-Control-Allow-Headers: *, Authorization\r\n" +
	"Access-Control-Max-Age: 86400\r\n"

const allowOrigin = "Access-Control-Allow-Origin"

// Origins are those whose pages may read the files of a site: AnyOrigin alone, or
// some. Origins have numbers from 1 on.
type Origins []Origin

func (o Origins) check() error {
	if len(o) > 1 && slices.Contains(o, AnyOrigin) {
		return errors.New("cors: * allows every origin: leave out the others")
	}
	if len(o) > maxOrigins {
		return fmt.Errorf("cors: %d origins are more than %d", len(o), maxOrigins)
	}
	return nil
}

// maxOrigins is what an Origins can number.
const maxOrigins = math.MaxUint8

// AllowAny reports whether pages of all origins may read the files.
func (o Origins) AllowAny() bool { return len(o) > 0 && o[0] == AnyOrigin }

// NoOrigin is the number of no origin.
const NoOrigin = 0

// NumberOf returns the number of the origin that a request names, NoOrigin if that is
// none of these or if the response does not depend on it.
func (o Origins) NumberOf(r *message.Request) (number uint8) {
	if len(o) == 0 || o.AllowAny() {
		return NoOrigin
	}
	value := r.Origin()
	for i := range o {
		if string(value) == string(o[i]) {
			return uint8(i + 1)
		}
	}
	return NoOrigin
}
