package explain

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// What a descriptor is called, by what has been seen of it.

const connection = "connection"

// name learns from a record what descriptors are.
func (d *describer) name(r *Record) {
	switch r.Call {
	case kernel.Accept4:
		d.names[r.FD] = "listener"
		d.opens(r, connection)
	case kernel.SQEAccept:
		d.names[r.FD] = "listener"
	case kernel.CQE:
		if entryOf(d.all, d.at).Call == kernel.SQEAccept {
			d.opens(r, connection)
		}
	case kernel.EpollPwait:
		d.names[r.FD] = "epoll"
	case kernel.IoUringEnter, kernel.IoUringRegister:
		d.names[r.FD] = "ring"
	case kernel.Openat:
		if r.Flags&unix.O_DIRECTORY != 0 && strings.HasPrefix(r.Path, "/") && r.Result >= 0 {
			d.opens(r, "root")
			d.roots[r.Path] = true
			return
		}
		d.opens(r, openedAs(r))
	case kernel.Openat2:
		d.opens(r, openedAs(r))
		d.names[r.FD] = d.folder(r.FD)
	case kernel.Statx, kernel.Newfstatat:
		if r.Path != "" && !strings.HasPrefix(r.Path, "/") {
			d.names[r.FD] = d.folder(r.FD)
		}
	case kernel.Fcntl:
		d.opens(r, d.fd(r.FD)+", again")
	}
}

func (d *describer) opens(r *Record, name string) {
	if r.Result >= 0 {
		d.names[int32(r.Result)] = name
	}
}

// folder is what look-ups start at.
func (d *describer) folder(fd int32) string {
	if name, ok := d.names[fd]; ok {
		return name
	}
	return "root"
}

// openedAs names what has been opened.
func openedAs(r *Record) string {
	name := path.Base(r.Path)
	switch {
	case strings.HasPrefix(r.Path, "/proc/self/fd/"):
		name = "file"
	case r.Path == ".":
		name = "folder"
	}
	if r.Flags&unix.O_DIRECT != 0 {
		return name + " (O_DIRECT)"
	}
	return name
}

// fd names a descriptor.
func (d *describer) fd(fd int32) string {
	if fd == unix.AT_FDCWD || fd == -1 {
		return "AT_FDCWD"
	}
	if name, ok := d.names[fd]; ok {
		return name
	}
	return "eventfd"
}

// result is what a call has returned.
func (d *describer) result(r *Record) string {
	if r.Result < 0 {
		name := unix.ErrnoName(unix.Errno(-r.Result))
		if r.Call.IsCompletion() { // no errno, but the result itself
			return "-" + name
		}
		return "-1 " + name
	}
	if name, ok := d.names[int32(r.Result)]; ok && d.returnsFD(r) {
		return name
	}
	return fmt.Sprint(r.Result)
}

// returnsFD says that the result is a new descriptor.
func (d *describer) returnsFD(r *Record) bool {
	return isCall(kernel.Accept4, kernel.Openat, kernel.Openat2, kernel.Fcntl)(r) ||
		r.Call == kernel.CQE && entryOf(d.all, d.at).Call == kernel.SQEAccept
}
