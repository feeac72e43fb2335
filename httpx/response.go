// A response: plan.go decides on it, and a version of HTTP writes it down. It
// knows no version itself: it has its fields by name, in the order in which they
// are sent.
//
//	plan.go ─► response{status, fields, body} ─► http1response.go

package httpx

import (
	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/ownpages"
	"aws/httpx/site"
)

// response is scratch space of the loop: it is written down before the next one is
// decided on. Its fields are lent until then.
type response struct {
	status   int
	site     *site.Site
	own      bool         // the server itself has made the page that is the body
	noServer bool         // the operator decides on the field Server
	file     *files.Entry // for its finished fields and its size, or nil
	pinned   int32        // the file, pinned until the response is written down; or none
	n        int          // of fields
	fields   [maxResponseFields]field
	// body is the body of the exchange. Its file is pinned, and its part set or its
	// maker reserved.
	body *body
}

// maxHead is the longest head of a response in bytes, including a text that is the
// body, or the head of the first part.
const maxHead = 2 * backend.Align

// maxResponseFields is the most fields of a response, not counting Server, Date and
// those of the connection. The finished fields of a file count as one.
const maxResponseFields = 12

// fieldName names a field of a response, or several that go together.
type fieldName uint8

const (
	fileFields       fieldName = iota // the finished ones of the file, from one segment to another
	lastModified                      // number: Unix seconds
	entityTag                         // bytes: of a processed file
	vary                              // text
	contentType                       // text
	contentEncoding                   // text
	contentLength                     // number: bytes
	contentRange                      // part: of the file
	unsatisfiedRange                  // number: bytes of the file
	acceptRanges                      // bytes
	multipartType                     // bytes: the boundary
	location                          // bytes
	operatorsFields                   // bytes: the path for the operator's rules
	allowOrigin                       // text: of cross-origin requests
	preflight                         // what they may be like
	allow                             // the methods of every target
	retryAfter                        // number: seconds
	authenticate                      // text
	noSniff                           // X-Content-Type-Options
	contentPolicy                     // text: of a page that the server makes
	disposition                       // text: Content-Disposition
)

// field is one field of a response. The name says which of the values are used.
type field struct {
	name     fieldName
	from, to files.Segment
	text     string
	bytes    []byte
	number   int64
	part     message.Range
}

// reset makes the response a new one, without fields, and empties the body.
func (r *response) reset(s *site.Site, status int, b *body) {
	*b = emptyBody
	r.site, r.status, r.file, r.pinned, r.n, r.body = s, status, nil, none, 0, b
	r.own, r.noServer = false, false
}

// add adds a field and returns it to be filled in. Values that it does not use
// may be left over from another response.
func (r *response) add(name fieldName) *field {
	backend.Assert(r.n < maxResponseFields, "httpx: a response with too many fields")
	f := &r.fields[r.n]
	r.n++
	f.name = name
	return f
}

// addFile adds the finished fields of the file from one segment to another.
func (r *response) addFile(from, to files.Segment) {
	f := r.add(fileFields)
	f.from, f.to = from, to
}

func (r *response) addText(name fieldName, text string)    { r.add(name).text = text }
func (r *response) addBytes(name fieldName, b []byte)      { r.add(name).bytes = b }
func (r *response) addNumber(name fieldName, number int64) { r.add(name).number = number }

// addOperators adds the fields that the operator sets for a clean path, or for a
// request without one.
func (r *response) addOperators(path []byte) {
	r.addBytes(operatorsFields, path)
	r.noServer = r.site.SetsServer(path)
}

// addPage makes one of the server's own texts the body, as a page or as plain text.
func (r *response) addPage(p *ownpages.Pages, html bool) {
	r.body.kind = textBody
	if html {
		r.own, r.body.kind = true, pageBody
		r.addText(contentPolicy, ownpages.Policy)
		r.addText(contentType, ownpages.HTMLType)
	} else {
		r.addText(contentType, ownpages.TextType)
	}
	r.add(noSniff)
	r.addNumber(contentLength, int64(len(p.Body(r.status, html))))
}

// sendText completes a body that is a text. It is not sent to HEAD.
func (r *response) sendText(headOnly bool) {
	if r.body.isText() {
		r.body.status = uint16(r.status)
		if headOnly {
			r.body.kind = noBody
		}
	}
}
