// The roots of a table: the paths that the operator named, and the folders that
// they lead to. A path may lead to another folder at any time: somebody switches
// a link, renames a folder over it, makes it anew, or mounts over it.

package files

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/httpx/site"
)

// roots are the roots of one table, by site.Mount.Root.
type roots struct {
	all     []root
	changes int // how often a path has led to another folder, or to none
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
}

// open opens all roots. It may be closed after an error, which names the root.
func (r *roots) open(dirs []site.RootDir) error {
	for _, dir := range dirs {
		folder, err := OpenRoot(dir.Path)
		if err != nil {
			return fmt.Errorf("%s: %w", dir.Name, err)
		}
		r.all = append(r.all, root{dir: dir, path: append([]byte(dir.Path), 0), folder: folder})
	}
	return nil
}

// close closes the roots. Files opened below them stay open.
func (r *roots) close() {
	for i := range r.all {
		r.all[i].follow(nil)
	}
	r.all = nil
}

// at returns the folder that a root's path leads to. It looks at the path unless
// a look at it counts for the request. The folder is the roots', until the next
// call.
func (r *roots) at(number int, k Look) (*Root, syscall.Errno) {
	p := &r.all[number]
	if !p.looked.covers(k, 0) {
		p.looked = k.Now
		if p.errno = r.look(p); isShortage(p.errno) {
			p.looked = Moment{} // there may be room in a moment
		}
	}
	if p.errno != 0 {
		return nil, p.errno
	}
	return p.folder, 0
}

// look looks at where a root's path leads, and follows it.
func (r *roots) look(p *root) syscall.Errno {
	errno := r.tryFollow(p)
	if isMissing(errno) && p.folder != nil {
		// The kernel may have read a link just before it was switched, and found
		// the folder that it had led to deleted just after.
		errno = r.tryFollow(p)
	}
	if errno == 0 {
		return 0
	}
	if isMissing(errno) && p.folder != nil {
		p.follow(nil)
		r.changes++
	}
	r.warn(p.dir.Name, &os.PathError{Op: "open", Path: p.dir.Path, Err: errno})
	return errno
}

// tryFollow opens the folder that a root's path leads to, unless it is the one
// that is open.
func (r *roots) tryFollow(p *root) syscall.Errno {
	id, errno := statFolder(unix.AT_FDCWD, p.path, &r.statBuf)
	if errno == 0 && (p.folder == nil || id != p.folder.id) {
		errno = r.reopen(p)
	}
	return errno
}

// reopen opens the folder that a root's path leads to now.
func (r *roots) reopen(p *root) (errno syscall.Errno) {
	folder, err := OpenRoot(p.dir.Path)
	switch {
	case err == nil:
		p.follow(folder)
		r.changes++
		r.log.Info("another folder is served now", "root", p.dir.Name, "path", p.dir.Path)
	case !errors.As(err, &errno):
		errno = unix.EIO
	}
	return errno
}

// follow takes another folder in place of the one before, which it closes.
func (p *root) follow(folder *Root) {
	if p.folder != nil {
		p.folder.Close()
	}
	p.folder = folder
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
