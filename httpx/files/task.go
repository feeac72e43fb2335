// What a goroutine does for a table: see calls.go. Nothing here touches the table.

package files

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/offload"
)

// task is what a goroutine is told. It is not written to any more.
type task struct {
	root  *Root // that it uses, or nil
	do    func(a *answer)
	fault *Fault // of a simulation, or nil
}

// answer is what it has found out. The descriptors are the table's.
type answer struct {
	call  int32
	op    string        // the system call that failed
	errno syscall.Errno // or 0
	opened
	folder *Root // a root's, if its path leads to another one
	n      int   // of a read
}

// opened is a file or folder that has been opened.
type opened struct {
	fd, direct int
	id         Identity
	mode       uint16
	nature     nature // of its file system
	pseudo     bool   // the file's content is made when it is read
	hash       Hash   // of its content, if that is asked for and known
	away       bool   // looking where its path leads may wait for a remote one
}

// run does it, and leaves the answer with the loop. If the loop has gone, it closes
// what it has opened.
func (t *task) run(pool *offload.Pool[answer], call int32) {
	a := answer{call: call, opened: opened{fd: noFile, direct: noFile}}
	left := false
	defer func() {
		if !left {
			a.drop()
			t.end()
		}
	}()
	pool.Abroad(func() { t.make(&a) })
	left = pool.Post(a)
}

func (t *task) make(a *answer) {
	if t.fault != nil {
		t.fault.Wait()
		if a.errno = t.fault.Errno; a.errno != 0 {
			a.op = "open"
			return
		}
	}
	t.do(a)
}

// end gives back what the task used.
func (t *task) end() {
	if t.root != nil {
		t.root.release()
	}
}

// drop closes what has been opened.
func (a *answer) drop() {
	for _, fd := range [...]int{a.fd, a.direct} {
		if fd >= 0 {
			_ = kernel.CloseFD(fd)
		}
	}
	if a.folder != nil {
		a.folder.Close()
	}
}

// open opens a path below a root, with the extra flags of open(2). here confines
// it to the root's own file system. direct opens a file a second time, with
// O_DIRECT. hashes, if not nil, tell the file's hash.
func (a *answer) open(r *Root, path []byte, extra int, here, direct bool, hashes *Hashes) {
	followed := false
	a.op = "open"
	if here {
		a.fd, a.errno = r.OpenHere(path, extra)
	} else {
		a.fd, followed, a.errno = r.find(path, extra)
	}
	if a.errno != 0 {
		return
	}
	a.op = "statx"
	var stat unix.Statx_t
	if a.id, a.mode, a.errno = Statx(a.fd, emptyPath, &stat); a.errno != 0 {
		return
	}
	a.nature = r.nature
	if !here || r.walk != nil {
		a.nature = natureOf(a.fd)
		a.away = followed || a.nature == remote || r.nature == remote || r.walk == nil && !here && !r.isLocal(path)
	}
	a.pseudo = a.nature == remote && a.mode&unix.S_IFMT == unix.S_IFREG && isPseudo(a.fd)
	if hashes != nil && !a.pseudo && a.mode&unix.S_IFMT == unix.S_IFREG {
		a.hash = hashes.of(a.fd, a.id, a.nature)
	}
	if direct && a.nature != remote && a.mode&unix.S_IFMT == unix.S_IFREG && a.id.Size > 0 {
		a.openDirect(r, path)
	}
}

// openDirect opens the file a second time, with O_DIRECT, unless that is
// impossible or the path leads to another file by now.
func (a *answer) openDirect(r *Root, path []byte) {
	fd, errno := r.Open(path, unix.O_DIRECT)
	if errno != 0 {
		return
	}
	var stat unix.Statx_t
	if id, _, errno := Statx(fd, emptyPath, &stat); errno != 0 || !id.sameFile(&a.id) {
		_ = kernel.CloseFD(fd)
		return
	}
	a.direct = fd
}

// isLocal says that all file systems on the way of a path are local, and that no
// symbolic link is on it, which may lead anywhere.
func (r *Root) isLocal(path []byte) bool {
	for at := 0; at < len(path)-1; {
		end := at + bytes.IndexAny(path[at:], "/\x00")
		part := append(append([]byte(nil), path[:end]...), 0)
		fd, errno := r.openat2(part, pathFlags, unix.RESOLVE_NO_SYMLINKS)
		if errno != 0 {
			return false
		}
		n := natureOf(fd)
		_ = kernel.CloseFD(fd)
		if n == remote {
			return false
		}
		at = end + 1
	}
	return true
}

// look looks at a path that starts at the folder dir, which may be AT_FDCWD.
func (a *answer) look(dir int, path []byte) {
	var stat unix.Statx_t
	a.op = "statx"
	a.id, a.mode, a.errno = Statx(dir, path, &stat)
}

// follow looks where a root's path leads, and opens the folder unless it is known.
func (a *answer) follow(path string, links Links, known folderID) {
	for range 2 {
		// Again, because the kernel may have read a link just before it was switched,
		// and found the folder that it had led to deleted just after.
		if a.openRoot(path, links, known); !isMissing(a.errno) {
			return
		}
	}
}

func (a *answer) openRoot(path string, links Links, known folderID) {
	a.op, a.errno = "open", 0
	var stat unix.Statx_t
	id, errno := statFolder(unix.AT_FDCWD, append([]byte(path), 0), &stat)
	if errno == 0 && id == known {
		return
	}
	folder, err := OpenRoot(path, links)
	if err != nil {
		a.errno = ErrnoOf(err)
		return
	}
	a.folder = folder
}

// read reads what fd has at off into b.
func (a *answer) read(fd int, b []byte, off int64) {
	for {
		n, err := kernel.Pread(fd, b, off)
		if err == unix.EINTR {
			continue
		}
		if a.n = n; err != nil {
			a.n = -int(ErrnoOf(err))
		}
		return
	}
}
