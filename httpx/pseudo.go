// Files of /proc, /sys and the like, whose content the kernel makes when they are read:
// a goroutine reads them to their end, whatever size they claim to have.
//
//	represent.go ─► preparePseudo ─► describe.go ─► making.go ─► files/pseudo.go

package httpx

import (
	"aws/backend/kernel"
	"aws/httpx/files"
	"aws/httpx/message"
)

// preparePseudo reserves a maker for a pseudo file. It has no validators, so conditions
// and ranges do not apply.
func (d *planner) preparePseudo(p *plan) (status int) {
	if p.headOnly {
		return message.StatusOK
	}
	e := d.files.At(p.file)
	fd := -1
	if d.bodies.made.mayReadPseudo(e.Device()) {
		fd, _ = kernel.Duplicate(int(e.File.FD))
	}
	if fd >= 0 {
		p.maker = d.bodies.made.take(p.exchange, files.PseudoHeap)
	}
	if p.maker == nil {
		if fd >= 0 {
			_ = kernel.CloseFD(fd)
		}
		d.dropFile(p)
		return p.lack(noMaker)
	}
	p.maker.pseudo, p.maker.folder, p.maker.remote, p.maker.device = true, fd, true, e.Device()
	return message.StatusOK
}
