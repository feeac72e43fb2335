// What plan.go, find.go, represent.go and describe.go work on.

package httpx

import (
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/ownpages"
	"aws/httpx/process"
	"aws/httpx/site"
)

// planner decides on the responses of a loop. It knows sites, files and bodies,
// but no connections.
type planner struct {
	sites     *site.Sites
	files     *files.Table
	bodies    *bodies
	guard     *guard // or nil, if nothing needs a password
	clients   *clients
	exchanges *exchanges
	clock     *clock
	pages     *ownpages.Pages
	accept    func(...string) string // acceptCoding
	ending    <-chan struct{}        // closed when the server is about to end: see site.PageWriter

	retryAfter int64 // seconds that the client of a refusal is told to wait; 0 is one

	// Scratch space for one decision. Only plan is cleared for the next one.
	request   *message.Request
	plan      plan
	response  response
	ranges    message.RangeSet
	processed process.Response // what the site's processors say
	path      [message.MaxTarget]byte
	tried     [message.MaxTarget + files.MaxPath]byte
	lowered   [message.MaxTarget + files.MaxPath]byte
	codings   [message.NumCodings]message.Coding
	location  [site.MaxLocation]byte
	tag       [maxTag]byte
}

func newPlanner(sites *site.Sites, table *files.Table, b *bodies, c *clock, p *ownpages.Pages) planner {
	return planner{sites: sites, files: table, bodies: b, clock: c, pages: p}
}

// plan is what is known about a response while it is being decided.
type plan struct {
	exchange int32
	headOnly bool
	site     *site.Site
	origin   uint8  // that the site allows: see site.Origins
	html     bool   // the client prefers it to text, if there is no request to ask
	path     []byte // clean, or nil if there is none
	query    []byte
	status   int
	lacks    reason // for a 503: what there is too little of, if it is no file
	look     files.Look

	page      *site.Page // that was found, or nil
	welcome   bool       // the welcome was found
	byAccept  bool       // whether something was found depends on Accept: see Site.Fallback
	canonical []byte     // the address to go to instead, or nil
	size      int64      // of the file, if no range of it can be satisfied

	file    int32        // pinned entry of the open-file table, or none
	folder  files.Folder // to list, or files.NoFolder
	mount   *site.Mount  // of that folder
	below   string       // its path below the root of the site
	packed  bool         // it is to be sent as an archive
	offered bool         // which the site does
	format  site.Archive // of that
	rest    []byte
	moved   *site.Redirect // the rule of a redirect; nil for one that adds a slash

	modified int64  // as sent in Last-Modified
	parts    int32  // the part set reserved for several ranges, or none
	process  bool   // the bytes of the file or of the listing go through the site's processors, or are unpacked
	unpack   bool   // the file is a sidecar that the client does not accept: see packed.go
	asJSON   bool   // the form of the listing
	vary     string // the request field that the processors went by, or ""
	maker    *maker // reserved for the body, or nil

	admitted  *site.AuthRule // whose password the request has, or nil
	challenge string         // for one that does not
	anybody   bool           // may have what is looked up now
	denied    bool           // a rule denies the client what was looked up last

	location []byte // of a redirect, in planner.location
	etag     []byte // of a processed file, in planner.tag
}

// noRequest stands for one that is gone, or was never understood.
var noRequest message.Request

// maxTag is the longest entity tag: four numbers of up to 13 digits, and the
// suffix of the processors.
const maxTag = 128

// dropFolder closes the folder that was opened to be listed, if there is one.
func (d *planner) dropFolder(p *plan) {
	d.files.CloseFolder(p.folder)
	p.folder = files.NoFolder
}

// dropFile unpins the file that was found, if there is one.
func (d *planner) dropFile(p *plan) {
	if p.file != none {
		d.files.Release(p.file)
		p.file = none
	}
}

// dropMaker gives back the maker that was reserved, if there is one.
func (d *planner) dropMaker(p *plan) {
	if p.maker != nil {
		d.bodies.made.give(p.maker)
		p.maker = nil
	}
}

// reason is why the plan refuses the request, if it does.
func (p *plan) reason() reason {
	switch p.status {
	case message.StatusUnauthorized:
		return noPassword
	case message.StatusForbidden:
		if p.denied {
			return noAccess
		}
	case message.StatusMethodNotAllowed, message.StatusNotImplemented:
		return unknownMethod
	case message.StatusBadRequest: // the path cannot be decoded
		return reason(message.BadTarget)
	case message.StatusURITooLong:
		return reason(message.LongTarget)
	case message.StatusUnavailable:
		if p.lacks == noReason {
			return fileBusy
		}
		return p.lacks
	}
	return noReason
}

// lack notes what there is too little of, and returns 503.
func (p *plan) lack(why reason) (status int) {
	p.lacks = why
	return message.StatusUnavailable
}
