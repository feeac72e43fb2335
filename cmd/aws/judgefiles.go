// What the file systems of the roots allow.

package main

import (
	"slices"
	"strings"
)

func (all *findings) judgeFiles(f *facts) {
	for _, r := range f.Roots {
		if all.judgeRoot(f, r) && !r.Remote {
			all.judgeDirect(f, r)
		}
	}
	all.judgeLookUps(f)
}

// judgeRoot says whether a root can be opened, and where it is. It returns false if there
// is no more to say of it.
func (all *findings) judgeRoot(f *facts, r rootFacts) bool {
	path := quoted(r.Path)
	switch {
	case r.Silent:
		all.add(failure, aboutFiles, "root", path+": its file system has not answered for "+patience.String(),
			"A start would wait for it, and serve nobody meanwhile.", "bring back the server or the process behind it ('grep "+r.Path+" /proc/mounts' names it), or take it away with 'umount -l'")
	case r.Refused != nil:
		if !slices.ContainsFunc(f.Problems, func(p problemOf) bool { return p.Refused && strings.Contains(p.Text, r.Refused.Error) }) {
			all.add(failure, aboutFiles, "root", r.Refused.Error, sentence(r.Refused.Cause), r.Refused.Remedy)
		}
	case r.Remote:
		all.add(warning, aboutFiles, "root", path+" is on "+r.kind()+", which asks a server or another process",
			"Its files go through goroutines, neither through sendfile nor through the engine, so that nobody else waits if it does not answer.", "keep on a local file system what is to be fast")
		return true
	default:
		all.add(good, aboutFiles, "root", path+" is on "+r.kind(), "It is a local file system, so sendfile and the engine read its files.", "")
		return true
	}
	return false
}

func (r rootFacts) kind() string {
	if r.FileSystem == "" {
		return "a file system that is not known"
	}
	return r.FileSystem
}

func (all *findings) judgeDirect(f *facts, r rootFacts) {
	path := quoted(r.Path)
	switch {
	case r.Tried == "":
		all.add(note, aboutFiles, "o_direct", "O_DIRECT on "+path+" has not been tried", "There is no file yet to try it with.", "")
	case r.Direct == "":
		all.add(good, aboutFiles, "o_direct", "O_DIRECT works on "+path, "What the page cache does not hold is read past it, while the loop goes on.", "")
	case slices.Contains([]string{"tmpfs", "ramfs"}, r.FileSystem):
		all.add(note, aboutFiles, "o_direct", "no O_DIRECT on "+path+": "+r.Direct, "Its files are in memory, so nothing is read past the page cache.", "")
	case f.Engine == "uring":
		all.add(warning, aboutFiles, "o_direct", "no O_DIRECT on "+path+": "+r.Direct, "The kernel's worker threads read what is not cached, which costs more.", "serve large or rare files from ext4, XFS or Btrfs")
	default:
		all.add(warning, aboutFiles, "o_direct", "no O_DIRECT on "+path+": "+r.Direct, "A loop waits for the disk, and its clients with it, when a file is not cached.", "serve large or rare files from ext4, XFS or Btrfs, or use --backend=uring")
	}
}

// judgeLookUps says how paths are looked up. The kernel answers for all roots alike.
func (all *findings) judgeLookUps(f *facts) {
	i := slices.IndexFunc(f.Roots, func(r rootFacts) bool { return !r.Silent && r.Refused == nil })
	if i < 0 {
		return
	}
	switch r := f.Roots[i]; {
	case r.Openat2 != "":
		all.add(warning, aboutFiles, "openat2", "no openat2(2): "+r.Openat2, "Paths are walked name by name, and each look-up takes a goroutine: as safe, and slower.", f.Kernel.allow("openat2", 5, 6))
	case !r.Cached:
		all.add(warning, aboutFiles, "openat2", "openat2(2) works, and cannot be asked not to wait", "Each look-up takes a goroutine.", "run Linux 5.12 or later")
	default:
		all.add(good, aboutFiles, "openat2", "openat2(2) and statx(2) work", "Look-ups stay below the roots, and tell when they would have to wait.", "")
	}
}
