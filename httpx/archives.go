// Folders as archives: which, and what the response says. making.go makes them.
//
//	represent.go ► packs, representArchive      describe.go ► describeArchive

package httpx

import (
	"aws/httpx/archive"
	"aws/httpx/message"
)

// packs says that the request is for an archive of the folder, offered or not.
func (d *planner) packs(p *plan) bool {
	p.format, p.packed, p.offered = p.site.ArchiveFor(p.query)
	return p.packed
}

// representArchive reserves a maker for the archive of a folder.
func (d *planner) representArchive(p *plan) (status int) {
	switch {
	case !p.offered:
		status = message.StatusNotFound
	case p.headOnly:
		return message.StatusOK
	case p.folder.Remote && !d.bodies.made.mayList(p.folder.Device) || !d.bodies.made.mayPack():
		status = p.lack(noMaker)
	default:
		if p.maker = d.bodies.made.take(p.exchange, archive.Memory); p.maker != nil {
			return message.StatusOK
		}
		status = p.lack(noMaker)
	}
	d.dropFolder(p)
	return status
}

// describeArchive describes the archive of a folder.
func (d *planner) describeArchive(r *response, p *plan) {
	packed := &archive.Archive{
		Format: p.format, Path: string(p.path), Root: d.files.RootPath(p.mount), Links: p.site.Links, Dir: p.below, Dotfiles: p.site.Dotfiles,
	}
	r.addText(contentType, p.format.MediaType())
	r.addText(disposition, message.Attachment(packed.Name()+"."+p.format.String()))
	r.add(noSniff)
	r.addOperators(p.path)
	if p.maker == nil { // HEAD
		d.dropFolder(p)
		return
	}
	packed.Reserve, packed.Working, packed.Skipped = p.maker.reserve, p.maker.working, p.maker.leftOut
	packed.Withheld = d.withheld(p)
	p.maker.archive, p.maker.folder = packed, p.folder.FD
	p.maker.remote, p.maker.device = p.folder.Remote, p.folder.Device
	r.body.kind, r.body.source = madeBody, p.maker.index
}
