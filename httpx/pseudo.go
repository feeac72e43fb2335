// Files of /proc, /sys and the like, whose content the kernel makes when they are read:
// a goroutine reads them to their end, whatever size they claim to have.
//
//	represent.go ─► preparePseudo ─► describePseudo ─► maker.go: readPseudo

package httpx

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
	"aws/httpx/message"
)

const (
	// pseudoPiece is how many bytes are read at a time. Most such files are shorter, and
	// so of one moment.
	pseudoPiece = 64 << 10
	pseudoHeap  = pseudoPiece
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
		fd, _ = unix.FcntlInt(uintptr(e.File.FD), unix.F_DUPFD_CLOEXEC, 0)
	}
	if fd >= 0 {
		p.maker = d.bodies.made.take(p.exchange, pseudoHeap)
	}
	if p.maker == nil {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
		d.dropFile(p)
		return message.StatusUnavailable
	}
	p.maker.pseudo, p.maker.folder, p.maker.remote, p.maker.device = true, fd, true, e.Device()
	return message.StatusOK
}

// describePseudo describes a response with a pseudo file.
func (d *planner) describePseudo(r *response, p *plan) {
	r.addFile(files.Shared, files.ContentType)
	if p.status != message.StatusOK {
		r.addErrorFields()
	}
	if p.maker != nil {
		r.body.kind, r.body.source = madeBody, p.maker.index
	}
}

// readPseudo writes what the file has now. Where a read would wait for more, as of a log
// of the kernel's, that is the end.
func (m *maker) readPseudo() (err error) {
	defer unix.Close(m.folder)
	own := -1 // with a position of its own, from the start
	defer func() {
		if own >= 0 {
			_ = unix.Close(own)
		}
	}()
	m.pool.Abroad(func() {
		if fd, errno := files.OpenAgain(m.folder); errno != 0 {
			err = errno
		} else {
			own = fd
		}
	})
	if err != nil {
		return err
	}
	b := make([]byte, pseudoPiece)
	for {
		n := 0
		m.pool.Abroad(func() { n, err = unix.Read(own, b) })
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN, err == nil && n == 0:
			return nil
		case err != nil:
			name, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(own))
			return &os.PathError{Op: "read", Path: name, Err: err}
		}
		if _, err = m.Write(b[:n]); err != nil {
			return err
		}
	}
}
