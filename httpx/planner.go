package httpx

import (
	"golang.org/x/sys/unix"

	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/process"
	"aws/httpx/site"
)

// planner decides on the responses of a loop. It knows sites and files, and of a
// connection nothing.
type planner struct {
	sites  *site.Sites
	files  *files.Table
	bodies *bodies
	clock  *clock
	accept func(...string) string // acceptCoding

	// Scratch space of one decision.
	request  *message.Request
	plan     plan
	response response
	path     [message.MaxTarget]byte
	tried    [message.MaxTarget + files.MaxPath]byte
	codings  [message.NumCodings]message.Coding
}

func newPlanner(sites *site.Sites, table *files.Table, b *bodies, c *clock) planner {
	return planner{sites: sites, files: table, bodies: b, clock: c}
}

// plan is what has been found out for a request until its response is
// described. It is scratch space of the loop.
type plan struct {
	exchange int32 // that the response is for
	headOnly bool
	site     *site.Site
	path     []byte // clean; nil while there is none
	query    []byte
	status   int
	look     files.Look

	file   int32       // pinned entry of the open-file table, or none
	folder int         // descriptor of a folder to list, or -1
	mount  *site.Mount // of that folder
	below  string      // and its path below the mount's root
	rest   []byte
	moved  *site.Redirect // where a redirect leads that is not to the path with a slash

	modified  int64 // as sent in Last-Modified
	ranges    message.RangeSet
	parts     int32            // reserved for several ranges, or none
	process   bool             // the file's bytes go through the site's processors
	processed process.Response // what those have to say
	maker     *maker           // reserved for the body, or nil

	location []byte // of a redirect
	etag     []byte // of what has been processed; its bytes are in tag
	tag      [maxTag]byte
}

// maxTag is the longest entity tag: four numbers of up to 13 digits, and the
// suffix of what has been processed.
const maxTag = 128

// dropFolder closes a folder that was opened to be listed.
func (d *planner) dropFolder(p *plan) {
	if p.folder >= 0 {
		_ = unix.Close(p.folder)
		p.folder = -1
	}
}

// dropFile unpins the file that was found.
func (d *planner) dropFile(p *plan) {
	d.files.Release(p.file)
	p.file = none
}

// dropMaker gives back a maker that is not needed.
func (d *planner) dropMaker(p *plan) {
	if p.maker != nil {
		d.bodies.made.give(p.maker)
		p.maker = nil
	}
}
