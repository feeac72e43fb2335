// What a root's file system and the kernel allow. A server finds it out by itself, file
// by file; an operator wants to know it before.

package files

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

// Survey is what there is to know of a root.
type Survey struct {
	FileSystem string        // its type as in proc(5), mountinfo; "" if that does not say
	Remote     bool          // it asks a server or another process, or is not known
	Confined   syscall.Errno // why openat2(2) does not confine look-ups: 0 if it does
	Cached     bool          // the kernel can look a path up without waiting
}

// Survey asks the kernel. It may have to wait for the file system, for ever.
func (r *Root) Survey() Survey {
	s := Survey{FileSystem: r.fileSystem(), Remote: r.nature == remote, Cached: r.asks}
	if r.walk != nil {
		s.Confined = r.probe(0)
	}
	return s
}

// fileSystem finds the root's mount in mountinfo, by its number or else its device.
func (r *Root) fileSystem() (kind string) {
	table, _ := os.ReadFile("/proc/self/mountinfo")
	mount := fmt.Sprint(r.id.mount)
	device := fmt.Sprintf("%d:%d", r.id.device>>32, uint32(r.id.device))
	for line := range strings.Lines(string(table)) {
		// ID parent major:minor root mount-point options … - type source super-options
		before, after, _ := strings.Cut(line, " - ")
		at, of := strings.Fields(before), strings.Fields(after)
		switch {
		case len(at) < 3 || len(of) == 0:
		case at[0] == mount:
			return of[0]
		case r.id.mount == 0 && at[2] == device:
			kind = of[0]
		}
	}
	return kind
}

// mostLooks bounds how many names TryDirect looks at.
const mostLooks = 200

// TryDirect reads a block of some file below a folder of the root past the page cache,
// as a server does what the cache does not hold (O_DIRECT, open(2)). tried is the file
// that it has found, by its path below the root, or "". It may have to wait.
func (r *Root) TryDirect(folder string) (tried string, errno syscall.Errno) {
	looks := 0
	for queue := []string{path.Clean(folder)}; len(queue) > 0 && looks < mostLooks; queue = queue[1:] {
		for _, e := range r.entries(queue[0], mostLooks-looks) {
			looks++
			name := path.Join(queue[0], e.Name())
			if e.IsDir() {
				queue = append(queue, name)
			} else if regular, errno := r.readDirect(name); regular {
				return name, errno
			}
		}
	}
	return "", 0
}

// entries are up to n of those of a folder, in any order.
func (r *Root) entries(folder string, n int) []fs.DirEntry {
	fd, errno := r.Open([]byte(folder+"\x00"), unix.O_DIRECTORY)
	if errno != 0 {
		return nil
	}
	f := os.NewFile(uintptr(fd), folder)
	defer f.Close()
	entries, _ := f.ReadDir(n)
	return entries
}

// readDirect reads the first block of a file with O_DIRECT. regular says that it is one
// and can be opened.
func (r *Root) readDirect(name string) (regular bool, errno syscall.Errno) {
	fd, errno := r.Open([]byte(name+"\x00"), 0)
	if errno != 0 {
		return false, errno
	}
	defer kernel.CloseFD(fd)
	_, mode, errno := Statx(fd, emptyPath, new(unix.Statx_t))
	if errno != 0 || mode&unix.S_IFMT != unix.S_IFREG {
		return false, errno
	}
	direct, errno := openAgain(fd, unix.O_DIRECT)
	if errno != 0 {
		return true, errno
	}
	defer kernel.CloseFD(direct)
	block, err := backend.NewArena(1, backend.Align)
	if err != nil {
		return true, unix.ENOMEM
	}
	defer func() { _ = block.Destroy() }()
	b := block.Bytes(block.Take())
	for errno = unix.EINTR; errno == unix.EINTR; {
		_, err := kernel.Pread(direct, b, 0)
		errno, _ = err.(syscall.Errno)
	}
	return true, errno
}
