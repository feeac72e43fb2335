// A response: what plan.go decides, and a version of HTTP writes down. It knows
// no version: fields stand in it by name, in the order in which they are sent.
//
//	plan.go ─► response{status, fields, body} ─► http1response.go

package httpx

import (
	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/site"
)

// response is scratch space of the loop: it is written down before the next one
// is decided on. What its fields refer to is lent until then.
type response struct {
	status int
	site   *site.Site
	file   *files.Entry // whose finished fields and size it uses, or nil
	pinned int32        // that file, which stays pinned until the response is written down; or none
	n      int
	fields [maxResponseFields]field
	// body is what is sent after the head: the exchange's. Its file is pinned, its
	// parts or its maker are reserved.
	body *body
}

// maxHead is the longest head of a response in bytes, with the name of its status
// or the head of its first part after it.
const maxHead = 2 * backend.Align

// maxResponseFields is the most fields of a response, not counting the date and those
// of the connection; the finished fields of a file count as one.
const maxResponseFields = 12

// fieldName is a field of a response, or several that go together.
type fieldName uint8

const (
	fileFields       fieldName = iota // those of the file, from one segment to another
	lastModified                      // number: Unix seconds
	entityTag                         // bytes: of what has been processed
	vary                              // text
	contentType                       // text
	contentEncoding                   // text
	contentLength                     // number: bytes
	contentRange                      // part: of the file
	unsatisfiedRange                  // of the file
	acceptRanges                      // bytes
	multipartType                     // bytes: the boundary
	location                          // bytes
	operatorsFields                   // bytes: the path that the operator's rules go by
	allow                             // what every target has
	retryAfter                        // a second
	noSniff                           // X-Content-Type-Options
	listingPolicy                     // Content-Security-Policy of a listing
)

// field is one field of a response. Which of its values mean something depends
// on the name.
type field struct {
	name     fieldName
	from, to files.Segment
	text     string
	bytes    []byte
	number   int64
	part     message.Range
}

// reset starts a response with this body, which is empty.
func (r *response) reset(s *site.Site, status int, b *body) {
	*b = emptyBody
	r.site, r.status, r.file, r.pinned, r.n, r.body = s, status, nil, none, 0, b
}

// add adds a field and returns it to be filled in. What its name gives no meaning
// may be left over from another response.
func (r *response) add(name fieldName) *field {
	backend.Assert(r.n < maxResponseFields, "httpx: a response of too many fields")
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

// addStatusText makes the name of the status the body: "404 Not Found".
func (r *response) addStatusText() {
	r.addErrorFields()
	r.add(noSniff)
	r.addText(contentType, "text/plain; charset=utf-8")
	r.addNumber(contentLength, int64(len("404 ")+len(message.StatusText(r.status))+len("\n")))
	r.body.kind = textBody
}

// addErrorFields adds the fields that go with a status.
func (r *response) addErrorFields() {
	switch r.status {
	case message.StatusMethodNotAllowed:
		r.add(allow)
	case message.StatusUnavailable:
		r.add(retryAfter)
	}
}

// sendText settles whether a text that is the body is sent: not if the request
// is HEAD.
func (r *response) sendText(headOnly bool) {
	if r.body.kind == textBody {
		r.body.status = uint16(r.status)
		if headOnly {
			r.body.kind = noBody
		}
	}
}
