// Content negotiation: in which form the client wants an answer.
//
//	request ► codings ► which of a.css.br, a.css.gz, a.css is sent
//	request ► PrefersJSON ► the form of what the server writes itself
//
// Weights are in thousandths. An element that is malformed is ignored, and the
// rest of the field counts.

package message

import "fmt"

// Coding is a content coding (RFC 9110 §8.4.1) that files may be stored in.
type Coding uint8

const (
	CodingIdentity Coding = iota // none
	codingGzip                   // RFC 1952
	codingBrotli                 // RFC 7932
	codingZstd                   // RFC 8878
	NumCodings
)

// String returns the name that Content-Encoding has.
func (c Coding) String() string { return [...]string{"identity", "gzip", "br", "zstd"}[c] }

// Extension is what the name of a file in this coding ends with, behind the
// name of the file itself.
func (c Coding) Extension() string { return [...]string{"", ".gz", ".br", ".zst"}[c] }

// ContentEncoding is what Content-Encoding says, "" for identity, which goes without it.
func (c Coding) ContentEncoding() string {
	if c == CodingIdentity {
		return ""
	}
	return c.String()
}

// CodingSet is a set of codings, a bit for each.
type CodingSet uint8

func (s CodingSet) Has(c Coding) bool { return s&(1<<c) != 0 }
func (s *CodingSet) Add(c Coding)     { *s |= 1 << c }

// ParseCoding is the coding of that name, other than identity.
func ParseCoding(name string) (Coding, error) {
	if c, ok := CodingOf([]byte(name)); ok && c != CodingIdentity {
		return c, nil
	}
	return 0, fmt.Errorf("unknown content coding %q: there are gzip, br and zstd", name)
}

// CodingOf looks a name up, in any case (RFC 9110 §8.4.1). x-gzip is another
// one for gzip (§8.4.1.3).
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

// Codings puts those of preference that Accept-Encoding admits into dst, the
// client's favourite first, and of its equals the first of preference. It
// leaves out what the client likes less than identity, which is always there
// and needs no place in preference. Preference has no coding twice.
//
// Without the field the client may not know any coding: RFC 9110 §12.5.3 would
// allow all.
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

// unlisted is the weight of what a field does not speak of.
const unlisted = -1

// codingWeights returns the weight of each coding in Accept-Encoding (RFC 9110
// §12.5.3). What is not listed has that of "*". Of several weights for one
// coding the highest counts.
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

// parseWeight parses "q=" qvalue, a number from 0 to 1 with up to three decimals
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

// PrefersJSON tells whether Accept prefers application/json to text/html
// (RFC 9110 §12.5.1). Where both weigh the same, the one that is named more
// closely wins, since scripts send "application/json, */*"; then HTML.
func (r *Request) PrefersJSON() bool {
	json, html := r.accepts("application", "json"), r.accepts("text", "html")
	if json.weight != html.weight {
		return json.weight > html.weight
	}
	return json.weight > 0 && json.precedence > html.precedence
}

// acceptance is what Accept says of a media type.
type acceptance struct {
	precedence int // of the range that counts: 1 for */*, 2 for type/*, 3; 0 without one
	weight     int
}

// accepts looks for a media type in Accept. The range that names it most
// closely counts, and of several such the one that weighs most. Parameters of
// a range beside the weight are not looked at: our types have no variants, and
// who asks for "application/json;charset=utf-8" means JSON.
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

// rangePrecedence tells how closely a media-range names a type: 0 for another.
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

// weightAmong looks for the weight among the parameters of a media-range, where
// it may have any place (RFC 9110 §12.5.1). It must be well-formed and there
// once.
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
