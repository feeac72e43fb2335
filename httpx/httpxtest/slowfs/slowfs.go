// Package slowfs is a file system for tests that answers only when it is told to:
// a network mount whose server has died looks like that. It is mounted by FUSE
// (fuse(4)), which asks this process for everything.
package slowfs

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
)

// The operations that can be left without an answer.
const (
	Lookup  = "lookup"
	Getattr = "getattr"
	Open    = "open"
	Read    = "read"
	Flush   = "flush" // at each close(2) of a file
	Opendir = "opendir"
	Readdir = "readdir"
	Statfs  = "statfs"
)

// All are all of them.
var All = []string{Lookup, Getattr, Open, Read, Flush, Opendir, Readdir, Statfs}

// FS is a mounted file system.
type FS struct {
	mu      sync.Mutex
	changed sync.Cond
	stalled map[string]bool
	waiting int
	passed  int               // how often Pass was called
	files   map[string][]byte // by path
}

// Mount mounts files, by their paths, at dir until the test ends. The kernel may
// remember what it is told for so long. The test has mounts of its own: see
// httpxtest.OwnMounts.
func Mount(t *testing.T, dir string, remembered time.Duration, files map[string][]byte) *FS {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		backendtest.Missing(t, err)
	}
	f := &FS{stalled: map[string]bool{}, files: maps.Clone(files)}
	f.changed.L = &f.mu
	server, err := fs.Mount(fmt.Sprintf("/dev/fd/%d", mount(t, dir)), &node{fs: f}, &fs.Options{
		EntryTimeout: &remembered, AttrTimeout: &remembered,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Resume()
		_ = unix.Unmount(dir, unix.MNT_DETACH)
		server.Wait()
	})
	return f
}

// mount mounts a file system of this process and returns the descriptor of its
// questions. No child inherits it: when this process dies, so does the file system,
// and nobody waits for it any more.
func mount(t *testing.T, dir string) (fd int) {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err == nil {
		err = unix.Mount("slowfs", dir, "fuse.slowfs", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd))
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// Stall leaves these operations without an answer until Resume.
func (f *FS) Stall(operations ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range operations {
		f.stalled[o] = true
	}
}

// Resume answers everything again, also what has been asked meanwhile.
func (f *FS) Resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.stalled)
	f.changed.Broadcast()
}

// Pass answers what waits now, and nothing that is asked later.
func (f *FS) Pass() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.passed++
	f.waiting = 0
	f.changed.Broadcast()
}

// Waiting is how many operations wait for an answer now.
func (f *FS) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waiting
}

// Write changes a file.
func (f *FS) Write(name string, content []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[name] = content
}

// wait returns once the operation may be answered.
func (f *FS) wait(operation string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting++
	passed := f.passed
	for f.stalled[operation] && f.passed == passed {
		f.changed.Wait()
	}
	if f.passed == passed {
		f.waiting--
	}
}

// content is that of a file.
func (f *FS) content(name string) (content []byte, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok = f.files[name]
	return content, ok
}

// below are the names in a folder, true for folders.
func (f *FS) below(dir string) map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := map[string]bool{}
	for name := range f.files {
		if rest, ok := strings.CutPrefix(name, dir); ok {
			first, _, deeper := strings.Cut(rest, "/")
			names[first] = deeper
		}
	}
	return names
}

// node is a file, or a folder whose path is empty or ends with a slash.
type node struct {
	fs.Inode
	fs   *FS
	path string
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	n.fs.wait(Lookup)
	folder, ok := n.fs.below(n.path)[name]
	if !ok {
		return nil, syscall.ENOENT
	}
	child, mode := &node{fs: n.fs, path: n.path + name}, uint32(fuse.S_IFREG)
	if folder {
		child.path += "/"
		mode = fuse.S_IFDIR
	}
	child.attributes(&out.Attr)
	return n.NewInode(ctx, child, fs.StableAttr{Mode: mode, Ino: inodeOf(child.path)}), 0
}

// inodeOf tells paths apart (FNV-1a).
func inodeOf(path string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(path) {
		h = (h ^ uint64(path[i])) * 1099511628211
	}
	return h
}

func (n *node) attributes(out *fuse.Attr) {
	out.Mode = fuse.S_IFREG | 0o644
	if n.path == "" || strings.HasSuffix(n.path, "/") {
		out.Mode = fuse.S_IFDIR | 0o755
	}
	content, _ := n.fs.content(n.path)
	out.Size = uint64(len(content))
	out.SetTimes(nil, &time.Time{}, nil)
	out.Mtime = 1_000_000_000
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.fs.wait(Getattr)
	n.attributes(&out.Attr)
	return 0
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	n.fs.wait(Open)
	return nil, 0, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, into []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n.fs.wait(Read)
	content, _ := n.fs.content(n.path)
	off = min(off, int64(len(content)))
	return fuse.ReadResultData(content[off:min(off+int64(len(into)), int64(len(content)))]), 0
}

func (n *node) Flush(context.Context, fs.FileHandle) syscall.Errno {
	n.fs.wait(Flush)
	return 0
}

func (n *node) Opendir(context.Context) syscall.Errno {
	n.fs.wait(Opendir)
	return 0
}

func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	n.fs.wait(Readdir)
	var entries []fuse.DirEntry
	for name, folder := range n.fs.below(n.path) {
		mode := uint32(fuse.S_IFREG)
		if folder {
			mode = fuse.S_IFDIR
		}
		entries = append(entries, fuse.DirEntry{Name: path.Base(name), Mode: mode})
	}
	return fs.NewListDirStream(entries), 0
}

func (n *node) Statfs(context.Context, *fuse.StatfsOut) syscall.Errno {
	n.fs.wait(Statfs)
	return 0
}
