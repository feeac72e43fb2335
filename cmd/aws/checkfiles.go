// Folders and files that a configuration names: whether they are there, and can be read.
// They are looked up as the server does it, below the roots, links included.

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/site"
)

// checkFiles reports what is missing. If nothing could be served, that is no warning
// any more. A file system that does not answer is waited for so long; answered says that
// all did.
func (o *options) checkFiles(wait time.Duration) (answered bool) {
	sites, err := site.Parse(o.served)
	if err != nil {
		return true // reported
	}
	if wait <= 0 {
		wait = longestTime
	}
	c, answered := within(wait, func() *fileCheck {
		c := &fileCheck{sites: sites, roots: map[site.RootDir]*files.Root{}}
		for i, s := range sites.All() {
			c.checkSite(o.sites[i], s)
		}
		c.checkPasswordFiles(o.sites, o.served, o.checkOnly)
		c.close()
		return c
	})
	if !answered {
		return false
	}
	for _, p := range c.problems {
		if p.severity == doubt && c.isMount[p.line] && !c.usable {
			p.severity = refuse
		}
		o.problems = append(o.problems, p)
	}
	return true
}

// within makes a call that asks a file system, which may never answer. It waits so long
// for it; ok says that the result is there. The call goes on alone otherwise.
func within[T any](wait time.Duration, call func() T) (result T, ok bool) {
	done := make(chan T, 1)
	go func() { done <- call() }()
	select {
	case result = <-done:
		return result, true
	case <-time.After(wait):
		return result, false
	}
}

// fileCheck is what has been found so far.
type fileCheck struct {
	sites    *site.Sites
	roots    map[site.RootDir]*files.Root // without their names; nil if it cannot be opened
	problems problems
	isMount  map[string]bool // lines of problems with mounts
	usable   bool            // something can be served
}

func (c *fileCheck) close() {
	for _, r := range c.roots {
		if r != nil {
			r.Close()
		}
	}
}

// root opens a root, once. It reports what is wrong with it at where.
func (c *fileCheck) root(dir site.RootDir, where, flag string) *files.Root {
	dir.Name = ""
	r, known := c.roots[dir]
	if known {
		return r
	}
	r, err := files.OpenRoot(dir.Path, dir.Links)
	var folder *os.PathError
	switch {
	case errors.As(err, &folder):
		c.problems.refuse(where, "%v; %s%s", err, folderRemedy(err, flag), similar(dir.Path, err))
	case err != nil: // the kernel's, which the start says better
		r = nil
	}
	c.roots[dir] = r
	return r
}

// checkSite checks the folders of a site, and the files that it is to send.
func (c *fileCheck) checkSite(o *siteOptions, s *site.Site) {
	c.usable = c.usable || len(s.Redirects) > 0
	whereRoot := o.whereIs("root", 0, s.Root)
	if c.root(site.RootDir{Path: s.Root, Links: s.Links}, whereRoot, rootFlag) == nil {
		return
	}
	mounts := all(o.given, "mount")
	broken := map[*site.Mount]bool{}
	missing := 0
	for i, m := range s.Mounts {
		where := whereRoot
		if i < len(mounts) {
			where = mounts[i].where
		}
		mount, _ := s.Route([]byte(strings.TrimSuffix(m.Prefix, "/") + "/"))
		if slices.ContainsFunc(s.Mounts[:i], func(o site.MountConfig) bool { return o.Prefix == m.Prefix }) {
			continue // reported
		}
		if len(mounts) == 0 { // one of the two trees, that nobody has asked for
			if info, err := os.Stat(filepath.Join(c.sites.Roots[mount.Root].Path, mount.Dir)); err != nil || !info.IsDir() {
				missing++
				broken[mount] = true
			} else {
				c.usable = true
			}
			continue
		}
		r := c.root(c.sites.Roots[mount.Root], where, mountFlag)
		if r == nil {
			broken[mount] = true
			continue
		}
		text, certain := c.folder(s, mount, r)
		switch {
		case text == "":
			c.usable = true
			continue
		case certain:
			c.problems.refuse(where, "%s", text)
		default:
			c.doubtMount(where, text)
		}
		broken[mount] = true
	}
	if missing == len(s.Mounts) && len(s.Redirects) == 0 && !o.hasFailed("mount") {
		c.doubtMount(whereRoot, fmt.Sprintf("%s has neither a folder static nor a folder dynamic: 'aws %s' serves the folder itself, and --mount=/=FOLDER another", s.Root, quoted(o.site.Root)))
	}
	c.checkPaths(o, s, broken)
}

func (c *fileCheck) doubtMount(where, text string) {
	c.problems.warn(where, "%s", text)
	if c.isMount == nil {
		c.isMount = map[string]bool{}
	}
	c.isMount[c.problems[len(c.problems)-1].line] = true
}

// folder says what is wrong with the folder of a mount, "" for nothing. certain says
// that waiting does not help: it is a file.
func (c *fileCheck) folder(s *site.Site, m *site.Mount, r *files.Root) (text string, certain bool) {
	root := c.sites.Roots[m.Root]
	if m.File {
		return c.regular(r, root.Path, m.Dir), true
	}
	path := filepath.Join(root.Path, m.Dir)
	fd, errno := r.Open([]byte(orDot(m.Dir)+"\x00"), unix.O_DIRECTORY)
	if errno == 0 {
		_ = unix.Close(fd)
	}
	readable := errno == 0
	if errno == 0 || errno == unix.EACCES { // it need not be read, but searched
		errno = searchable(path)
	}
	err := &os.PathError{Op: "open", Path: path, Err: errno}
	switch errno {
	case 0:
		if s.Autoindex && !readable {
			return fmt.Sprintf("%s cannot be listed: this user may not read it", path), false
		}
		return "", false
	case unix.EXDEV:
		return fmt.Sprintf("%s leads out of %s by a link: mount the folder that it leads to, or follow it with --follow-links=all", path, root.Path), false
	case unix.ENOTDIR:
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return fmt.Sprintf("%s is a file: mount the folder that it is in", path), true
		}
	}
	return fmt.Sprintf("%v; %s%s", err, folderRemedy(err, mountFlag), similar(path, err)), false
}

// searchable says whether this process may look for names in a folder.
func searchable(path string) unix.Errno {
	err := unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return 0
}

// checkPaths checks the files that a site is to send for others.
func (c *fileCheck) checkPaths(o *siteOptions, s *site.Site, broken map[*site.Mount]bool) {
	check := func(setting string, index int, path string) {
		if m, _ := s.Route([]byte(path)); m == nil || broken[m] {
			return // reported
		}
		if text := c.file(s, path); text != "" {
			c.problems.warn(o.whereIs(setting, index, path), "%s", text)
		}
	}
	if s.Fallback != "" {
		setting := "fallback"
		if o.spa && len(all(o.given, setting)) == 0 {
			setting = "spa"
		}
		check(setting, 0, s.Fallback)
	}
	for i, p := range s.ErrorPages {
		check("error-page", i, p.Path)
	}
	for _, p := range s.Circles(func(path []byte) []byte { return c.ownRedirect(s, path, broken) }) {
		_, where := o.place(p)
		if p.Warning {
			c.problems.warn(where, "%s", p.Text)
		} else {
			c.problems.refuse(where, "%s", p.Text)
		}
	}
	for i := range s.Templates {
		if path, fixed := s.Templates[i].Fixed(); fixed {
			check("try", i, path)
		}
	}
}

// file says what keeps the server from sending the file at a clean path, "" if nothing
// does.
func (c *fileCheck) file(s *site.Site, path string) (text string) {
	m, rel := s.Route([]byte(path))
	names := []string{""}
	if strings.HasSuffix(path, "/") {
		names = s.Index
	}
	root := c.sites.Roots[m.Root]
	text = fmt.Sprintf("%s is a folder: name the file in it, or its --index", path)
	for i, name := range names {
		below := filepath.Join(m.Dir, string(rel), name)
		said := c.regular(c.root(root, "", ""), root.Path, below)
		if said == "" || c.hasSidecar(s, c.root(root, "", ""), root.Path, below) {
			return ""
		}
		if i == 0 {
			text = fmt.Sprintf("%s leads to %s", path, said)
		}
	}
	return text
}

// hasSidecar says that a file is there at least in another coding, which the site sends.
func (c *fileCheck) hasSidecar(s *site.Site, r *files.Root, root, below string) bool {
	return slices.ContainsFunc(s.Codings, func(coding message.Coding) bool {
		return c.regular(r, root, below+coding.Extension()) == ""
	})
}

// folderText ends what is said of a folder.
const folderText = ", which is a folder: name the file in it"

// regular says why what lies at a path below a root is no file to send, "" if it is one.
func (c *fileCheck) regular(r *files.Root, root, below string) string {
	path := filepath.Join(root, below)
	fd, errno := r.Open([]byte(orDot(below)+"\x00"), 0)
	switch errno {
	case 0:
	case unix.ENOENT, unix.ENOTDIR:
		return fmt.Sprintf("%s, which is not there: make it, or correct the path%s", path, similar(path, errno))
	case unix.EACCES:
		return fmt.Sprintf("%s, which this user may not read: give it access", path)
	case unix.EXDEV:
		return fmt.Sprintf("%s, which is out of %s by a link: copy the file, or follow the link with --follow-links=all", path, root)
	default:
		return fmt.Sprintf("%s, which cannot be opened: %v", path, errno)
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	switch err := unix.Fstat(fd, &stat); {
	case err != nil:
		return fmt.Sprintf("%s, which cannot be looked at: %v", path, err)
	case stat.Mode&unix.S_IFMT == unix.S_IFDIR:
		return path + folderText
	case stat.Mode&unix.S_IFMT != unix.S_IFREG:
		return path + ", which is no regular file"
	}
	return ""
}

func orDot(path string) string {
	if path == "" {
		return "."
	}
	return path
}

// similar asks whether a name was meant that is like the last one of a path.
func similar(path string, err error) string {
	if !errors.Is(err, unix.ENOENT) {
		return ""
	}
	if strings.Contains(path, "/~") {
		return "; the shell leaves '~' after '=' alone: write $HOME"
	}
	const most = 1000
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return ""
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(most)
	if meant := nearest(filepath.Base(path), names); meant != "" && meant != filepath.Base(path) {
		return "; did you mean " + printable(meant) + "?"
	}
	return ""
}
