// The roots of a table: the paths that the operator named, and the folders that
// they lead to. A path may lead to another folder at any time: somebody switches
// a link, renames a folder over it, makes it anew, or mounts over it.

package files

import (
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/httpx/site"
)

// roots are the roots of one table, by site.Mount.Root.
type roots struct {
	all     []root
	changes int // how often a path has led to another folder, or to none
	mounts  *Mounts
	warn    func(msg string, err error)
	log     *slog.Logger
	statBuf unix.Statx_t
}

// root is one of them.
type root struct {
	dir     site.RootDir
	path    []byte        // dir.Path, with a NUL
	folder  *Root         // that the path led to at the last look; nil for none
	errno   syscall.Errno // why the last look failed, or 0
	looked  Moment        // when that was
	version uint32        // counts the folders
	mounts  uint32        // Mounts.version when that look began
}

// open opens all roots. It may be closed after an error, which names the root. A file
// system that does not answer for so long is one.
func (r *roots) open(dirs []site.RootDir, patience time.Duration) error {
	mounts := r.mounts.version()
	for _, dir := range dirs {
		folder, err := openInTime(dir, patience)
		if err != nil {
			return fmt.Errorf("%s: %w", dir.Name, err)
		}
		r.all = append(r.all, root{dir: dir, path: append([]byte(dir.Path), 0), folder: folder.use(), mounts: mounts})
	}
	return nil
}

// openInTime is OpenRoot that waits no longer than patience.
func openInTime(dir site.RootDir, patience time.Duration) (folder *Root, err error) {
	opened := make(chan struct{})
	go func() {
		folder, err = OpenRoot(dir.Path, dir.Links)
		close(opened)
	}()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-opened:
		return folder, err
	case <-late.C:
		return nil, &os.PathError{Op: "open", Path: dir.Path, Err: errNoAnswer}
	}
}

// close closes the roots. Files opened below them stay open.
func (r *roots) close() {
	for i := range r.all {
		r.all[i].replace(nil)
	}
	r.all = nil
}

// at returns the folder that a root's path leads to. It looks at the path unless
// a look at it counts for the request. The folder is the roots', until the next
// call. away means that the look is to be made on a goroutine: see follow.
func (r *roots) at(number int, k Look) (folder *Root, errno syscall.Errno, away bool) {
	p := &r.all[number]
	if !p.looked.covers(k, 0) {
		if p.folder == nil || p.folder.nature == remote || p.mounts != r.mounts.version() {
			return nil, 0, true
		}
		id, errno := statFolder(unix.AT_FDCWD, p.path, &r.statBuf)
		if errno != 0 || id != p.folder.id {
			return nil, 0, true
		}
		p.looked, p.errno = k.Now, 0
	}
	if p.errno != 0 {
		return nil, p.errno, false
	}
	return p.folder, 0, false
}

// follow takes what a goroutine has found at a root's path, by a look at this
// moment, with these mounts: another folder, none for the one that is known, or an error.
func (r *roots) follow(number int, folder *Root, errno syscall.Errno, looked Moment, mounts uint32) {
	p := &r.all[number]
	p.looked, p.errno, p.mounts = looked, errno, mounts
	switch {
	case folder != nil:
		p.replace(folder)
		r.changes++
		r.log.Info("another folder is served now", "root", p.dir.Name, "path", p.dir.Path)
	case errno == 0:
	default:
		if isMissing(errno) && p.folder != nil {
			p.replace(nil)
			r.changes++
		}
		r.warn(p.dir.Name, &os.PathError{Op: "open", Path: p.dir.Path, Err: errno})
	}
}

// known is the folder that a root's path led to at the last look.
func (p *root) known() (id folderID) {
	if p.folder != nil {
		id = p.folder.id
	}
	return id
}

// replace takes another folder in place of the one before, which it closes.
func (p *root) replace(folder *Root) {
	if p.folder != nil {
		p.folder.release()
	}
	if p.folder = folder; folder != nil {
		folder.use()
	}
	p.version++
}

// appendPath appends the absolute path of a path below the root. Both end with a
// NUL. It returns nil where the kernel would refuse it for its length, though
// not the path below.
func (p *root) appendPath(b, path []byte) []byte {
	if len(p.path)+len(path) > MaxPath {
		return nil
	}
	b = append(b, p.path[:len(p.path)-1]...)
	b = append(b, '/')
	return append(b, path...)
}
