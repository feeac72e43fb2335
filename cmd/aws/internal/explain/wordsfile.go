package explain

import (
	"strings"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// Sentences about what is done with files.

// resolveCached is RESOLVE_CACHED of linux/openat2.h.
const resolveCached = 0x20

func (d *describer) saysFile(r *Record) string {
	switch r.Call {
	case kernel.Openat2:
		return d.saysOpen(r)
	case kernel.Openat:
		return saysOpenAgain(r)
	case kernel.Statx, kernel.Newfstatat:
		return d.saysStat(r)
	case kernel.Fstatfs:
		return "Asks what kind of file system holds it: one that never waits for anybody, a disk, or a server that may be gone."
	case kernel.Cachestat:
		return "Asks whether the page cache holds what comes next: only then does sendfile not wait for a disk."
	case kernel.Preadv2:
		if r.Result < 0 {
			return "The page cache does not hold it, and the loop must not wait (RWF_NOWAIT)."
		}
		if r.Size == 1 {
			return "Asks the page cache for one byte: is it there?"
		}
		return "Copies the file from the page cache in after its head, and would never wait for a disk (RWF_NOWAIT): one send takes both."
	case kernel.Pread64:
		return "Reads the file on a goroutine, as that may wait."
	case kernel.Fadvise64:
		return "Asked for again and still cold: has the kernel read it into the page cache, and does not wait for it."
	case kernel.Getdents64:
		return choose(r.Result == 0, "There are no more names.", "Reads the names in the folder, many at a time.")
	case kernel.Lseek:
		return "The folder is read from its start."
	case kernel.Readlinkat:
		return "Reads where a link leads."
	case kernel.Fgetxattr:
		return "Looks for a hash that was kept with the file."
	case kernel.Fsetxattr:
		return "Keeps the hash with the file."
	case kernel.FstatCall:
		return "Asks whether it is still the version that was read last."
	case kernel.Fcntl:
		return "A second descriptor, for whoever goes on with it."
	case kernel.IoUringRegister:
		return "Registers memory or switches the ring on."
	}
	return "Takes events without the shared ring."
}

func (d *describer) saysOpen(r *Record) string {
	where := "The kernel keeps the path below the root (RESOLVE_BENEATH)"
	switch {
	case r.Result == -int64(unix.EAGAIN):
		return "The kernel would have to wait for a disk, or the path has a link that it may not follow (RESOLVE_CACHED): a goroutine looks, and the loop goes on."
	case r.Result == -int64(unix.ENOENT):
		return "There is nothing of that name."
	case r.Result == -int64(unix.EXDEV):
		return "The path leads out of the root, or to another file system."
	case r.Result == -int64(unix.ELOOP):
		return "There is a link on the way; its owner decides whether it is followed."
	case r.Result < 0:
		return "The kernel refuses it."
	case r.Flags&unix.O_PATH != 0:
		return "Takes hold of it without opening it, to see what it is."
	case r.Flags&unix.O_DIRECT != 0:
		return "Opens the file once more, past the page cache (O_DIRECT): only so is a read of a cold file asynchronous."
	case r.Flags&unix.O_DIRECTORY != 0:
		return "Opens the folder. " + where + "."
	case d.now().Thread != d.loop:
		return "Opens the file on a goroutine, since it may have to wait. " + where + "."
	case r.Size&resolveCached != 0:
		return "Opens the file. " + where + ", and fails rather than wait for a disk (RESOLVE_CACHED)."
	}
	return "Opens the file. " + where + "."
}

// justOpened says that the call before has opened fd.
func (d *describer) justOpened(fd int32) bool {
	for i := d.at - 1; i >= 0; i-- {
		if r := &d.all[i]; r.Thread == d.now().Thread {
			return isCall(kernel.Openat, kernel.Openat2)(r) && r.Result == int64(fd)
		}
	}
	return false
}

func saysOpenAgain(r *Record) string {
	switch {
	case r.Flags&unix.O_DIRECT != 0:
		return "Opens what is open once more, past the page cache (O_DIRECT): only so is a read of a cold file asynchronous."
	case strings.HasPrefix(r.Path, "/proc/self/fd/"):
		return "Opens what is held, by its link in proc."
	case r.Flags&unix.O_PATH != 0:
		return "Follows the path itself, a name at a time: a link's owner decides whether it is followed."
	}
	return "Opens the file of passwords on a goroutine, to see whether it has changed."
}

func (d *describer) saysStat(r *Record) string {
	switch {
	case r.Result < 0:
		return "There is nothing of that name any more."
	case r.Path == "" && !d.justOpened(r.FD):
		return "Asks the open file whether it is still as the head has promised: it may have been written to while it was read."
	case r.Path == "":
		return "Asks what has been opened: size, time and identity, of which ETag and Content-Length are made."
	case d.roots[r.Path]:
		return "Looks whether the root is still the same folder; it may have been replaced."
	case d.now().Thread != d.loop:
		return "Asks for size and time of an entry."
	}
	return "Looks whether the path still leads to the file that is open, so that nothing stale is sent: one look for all requests that have arrived."
}
