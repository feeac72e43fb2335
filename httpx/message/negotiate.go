// Content negotiation: which form of a response the client prefers.
//
//	Request ► Codings ► a.css.br, a.css.gz or a.css
//	Request ► PrefersJSON ► the form of a listing
//	Request ► PrefersHTML ► the form of an error
//	Request ► IsNavigation ► whether a single-page application answers
//
// Weights are in thousandths. A malformed element is ignored, and the rest of
// the field counts.

package message

import "fmt"

// Coding is a content coding that files may be stored in (RFC 9110 §8.4.1).
type Coding uint8

// The codings. ParseCoding and CodingOf return them by name.
const (
	CodingIdentity Coding = iota // none
	codingGzip                   // RFC 1952
	codingBrotli                 // RFC 7932
	codingZstd                   // RFC 8878
	NumCodings                   // how many there are
)

// String returns the registered name: "identity", "gzip", "br" or "zstd".
func (c Coding) String() string { return [...]string{"identity", "gzip", "br", "zstd"}[c] }

// Extension returns the extension of a file in this coding, which follows the
// whole name of the original: ".gz". It is "" for identity.
func (c Coding) Extension() string { return [...]string{"", ".gz", ".br", ".zst"}[c] }

// ContentEncoding returns the value of Content-Encoding, "" for identity, which
// has no such field.
func (c Coding) ContentEncoding() string {
	if c == CodingIdentity {
		return ""
	}
	return c.String()
}

// CodingSet is a set of codings. The zero value is empty.
type CodingSet uint8

// Has reports whether c is in the set.
func (s CodingSet) Has(c Coding) bool { return s&(1<<c) != 0 }

// Add puts c into the set.
func (s *CodingSet) Add(c Coding) { *s |= 1 << c }

// ParseCoding returns the coding that an operator names. It returns an error for
// identity and for unknown names.
func ParseCoding(name string) (Coding, error) {
	if c, ok := CodingOf([]byte(name)); ok && c != CodingIdentity {
		return c, nil
	}
	return 0, fmt.Errorf("unknown content coding %q: there are gzip, br and zstd", name)
}

// CodingOf returns the coding of a name, in any case (RFC 9110 §8.4.1). x-gzip is
// another name for gzip (§8.4.1.3). ok is false for unknown names.
func CodingOf(name []byte) (c Coding, ok bool) {
	switch {
	case EqualFold(name, "gzip"), EqualFold(name, "x-gzip"):
		return codingGzip, true
	case EqualFold(name, "br"):
		return codingBrotli, true
	case EqualFold(name, "zstd"):
		return codingZstd, true
	case EqualFold(name, "identity"):
		return CodingIdentity, true
	}
	return 0, false
}

// Codings returns those codings of preference that Accept-Encoding admits, the
// one with the highest weight first, equals in the order of preference. It leaves
// out codings that rank below identity, which is always available and need not
// be in preference. preference has no coding twice. The result is in dst.
//
// Without the field it returns none, though RFC 9110 §12.5.3 allows all: the
// client may not know any coding.
func (r *Request) Codings(preference []Coding, dst *[NumCodings]Coding) []Coding {
	list := dst[:0]
	if !r.acceptEncoding.present() {
		return list
	}
	weights := r.codingWeights()
	for _, c := range preference {
		weight := weights[c]
		if weight <= 0 || weight < weights[CodingIdentity] {
			continue
		}
		list = append(list, c)
		for i := len(list) - 1; i > 0 && weights[list[i-1]] < weight; i-- {
			list[i-1], list[i] = list[i], list[i-1]
		}
	}
	return list
}

// unlisted is the weight of a coding or type that the field does not mention.
const unlisted = -1

// codingWeights returns the weight of each coding in Accept-Encoding (RFC 9110
// §12.5.3). A coding that is not listed has the weight of "*". Of several
// weights for one coding the highest counts.
func (r *Request) codingWeights() (weights [NumCodings]int) {
	star := unlisted
	for c := range weights {
		weights[c] = unlisted
	}
	values := r.values(&r.acceptEncoding, "accept-encoding")
	for list := values.next(); list != nil; list = values.next() {
		for more := true; more; {
			var element []byte
			element, list, more = cutElement(list)
			name, parameter, weighted := cutQuoted(element, ';')
			weight, ok := maxWeight, true
			if weighted {
				weight, ok = parseWeight(trimOWS(parameter))
			}
			if !ok {
				continue
			}
			if string(name) == "*" {
				star = max(star, weight)
			} else if c, known := CodingOf(name); known {
				weights[c] = max(weights[c], weight)
			}
		}
	}
	for c := range weights {
		if weights[c] == unlisted {
			weights[c] = star
		}
	}
	return weights
}

const maxWeight = 1000

// parseWeight parses "q=" qvalue: a number from 0 to 1 with up to three decimals
// (RFC 9110 §12.4.2).
func parseWeight(b []byte) (thousandths int, ok bool) {
	if len(b) < len("q=0") || len(b) > len("q=0.000") || b[0]|0x20 != 'q' || b[1] != '=' || !IsDigit(b[2]) ||
		len(b) > 3 && b[3] != '.' {
		return 0, false
	}
	thousandths = int(b[2]-'0') * maxWeight
	for i, scale := 4, maxWeight/10; i < len(b); i, scale = i+1, scale/10 {
		if !IsDigit(b[i]) {
			return 0, false
		}
		thousandths += int(b[i]-'0') * scale
	}
	return thousandths, thousandths <= maxWeight
}

// PrefersJSON reports whether Accept prefers application/json to text/html
// (RFC 9110 §12.5.1). Of equal weights the more specific one wins, since scripts
// send "application/json, */*"; otherwise HTML does.
func (r *Request) PrefersJSON() bool {
	json, html := r.accepts("application", "json"), r.accepts("text", "html")
	if json.weight != html.weight {
		return json.weight > html.weight
	}
	return json.weight > 0 && json.precedence > html.precedence
}

// PrefersHTML reports whether Accept names text/html, or text/*, and ranks it no
// lower than text/plain (RFC 9110 §12.5.1). Browsers do for what people look at.
// "*/*" alone is no such wish: programs send that.
func (r *Request) PrefersHTML() bool {
	if len(r.accept.first) < len("text/*") && !r.accept.repeated {
		return false
	}
	html := r.accepts("text", "html")
	if html.precedence < namesKind || html.weight == 0 {
		return false
	}
	plain := r.accepts("text", "plain")
	return html.weight > plain.weight || html.weight == plain.weight && html.precedence >= plain.precedence
}

// IsNavigation reports whether somebody goes to a page, as opposed to a page
// fetching a part of itself: Accept names text/html or text/*, and Sec-Fetch-Mode
// (https://www.w3.org/TR/fetch-metadata/#sec-fetch-mode-header), if it is there,
// says "navigate".
func (r *Request) IsNavigation() bool {
	html := r.accepts("text", "html")
	if html.precedence < namesKind || html.weight == 0 {
		return false
	}
	mode := r.Value("sec-fetch-mode")
	return mode == nil || string(mode) == "navigate"
}

// acceptance is how Accept ranks a media type.
type acceptance struct {
	precedence int // of the range that counts: 3 for type/subtype, 2 for type/*, 1 for */*, 0 for none
	weight     int
}

// namesKind is the least precedence of a range that names the type's kind.
const namesKind = 2

// accepts returns how Accept ranks a media type. The most specific range counts,
// and of several of those the one with the highest weight. It ignores other
// parameters: the types of listings have no variants, and a client that asks for
// "application/json;charset=utf-8" means JSON.
func (r *Request) accepts(kind, subtype string) (best acceptance) {
	values := r.values(&r.accept, "accept")
	for list := values.next(); list != nil; list = values.next() {
		for more := true; more; {
			var element []byte
			element, list, more = cutQuoted(list, ',')
			mediaRange, parameters, _ := cutQuoted(element, ';')
			precedence := rangePrecedence(mediaRange, kind, subtype)
			if precedence == 0 || precedence < best.precedence {
				continue
			}
			weight, ok := weightAmong(parameters)
			if ok && (precedence > best.precedence || weight > best.weight) {
				best = acceptance{precedence, weight}
			}
		}
	}
	return best
}

// rangePrecedence returns how specific a media-range is about a type: 0 if it
// does not cover it.
func rangePrecedence(mediaRange []byte, kind, subtype string) int {
	if string(mediaRange) == "*/*" {
		return 1
	}
	n := len(kind)
	switch {
	case len(mediaRange) <= n || mediaRange[n] != '/' || !EqualFold(mediaRange[:n], kind):
		return 0
	case string(mediaRange[n+1:]) == "*":
		return 2
	case EqualFold(mediaRange[n+1:], subtype):
		return 3
	}
	return 0
}

// weightAmong returns the weight among the parameters of a media-range, where it
// may have any place (RFC 9110 §12.5.1). ok is false if it is malformed or
// repeated.
func weightAmong(parameters []byte) (weight int, ok bool) {
	weight = unlisted
	for more := len(parameters) > 0; more; {
		var parameter []byte
		parameter, parameters, more = cutQuoted(parameters, ';')
		if len(parameter) == 0 || parameter[0]|0x20 != 'q' || len(parameter) > 1 && parameter[1] != '=' {
			continue
		}
		if weight != unlisted {
			return 0, false
		}
		if weight, ok = parseWeight(parameter); !ok {
			return 0, false
		}
	}
	if weight == unlisted {
		return maxWeight, true
	}
	return weight, true
}
