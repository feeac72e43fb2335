// Package files finds and opens the files of the mounts, and keeps them open.
// Each loop has its own table and uses it from its own thread only.
//
//	path below a mount ► Table.Acquire ► entry, pinned ► response ► Table.Release
//	                       │ new, or replaced since
//	                       ├► Root.OpenCached ► statx(2) ► fields
//	                       └► what may wait: a call ► Table.NextEvent ► Acquire again
//
//	files.go      the table: what is open, used and evicted
//	lookup.go     from a path to an entry
//	ask.go        look-ups that may wait, on goroutines
//	calls.go      the goroutines' places, a few for each file system
//	task.go       what a goroutine does
//	finding.go    what it has found out, if that is no file
//	answer.go     its answer
//	remote.go     reads that may wait
//	pseudo.go     reads of files that the kernel makes
//	filesystem.go how a file system answers
//	mounts.go     whether anything has been mounted
//	sweep.go      closes what is not needed any more
//	entry.go      one open file
//	errno.go      what a failed look-up means
//	fields.go     the header fields that depend on the file alone
//	tag.go        entity tags
//	hash.go       hashes of files
//	hashing.go    hashes of large files, made while they are served without
//	change.go     whether a file has been written to while it was sent
//	moment.go     which requests a look at a file counts for
//	pagecache.go  whether the page cache holds a part of a file
//	open.go       the ways to open what a path below a root leads to
//	links.go      links that the kernel does not follow within a root
//	root.go       look-ups that never leave a folder
//	roots.go      the folders that the roots' paths lead to
package files

import (
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/site"
	"aws/httpx/stats"
)

// Table is the open-file table of one loop. It owns the descriptors. A pinned
// entry stays open; the others are evicted when there is no room, the least
// recently used first, or when nobody has used them for a while.
//
// By default nothing is ever stale: before an entry is used, one statx(2)
// confirms that its path still leads to the same version of the same file.
// That look counts for all requests that had arrived by then: see moment.go.
type Table struct {
	entries []Entry // as many as were ever open at a time
	free    []int32
	opened  int // descriptors, at most limit
	limit   int
	remotes int // descriptors of remote files, which are not among opened
	byKey   map[string]int32
	unused  [2]backend.List // listed entries without pins, the least recently used first: see unusedOf
	links   []backend.Link
	ttl     int64 // how long an entry is trusted without a new statx, in nanoseconds
	idle    int64 // how long an entry without pins stays open, in nanoseconds
	// patience is how long a file system is asked that answers nobody, in nanoseconds.
	patience int64
	roots    roots
	calls    calls
	found    findings
	counts   stats.Files // what the table has done; but for Away
	trouble  *Trouble    // of a simulation, or nil
	hashes   *Hashes
	stopped  *atomic.Bool // tells goroutines that hash large files to end

	now      int64 // of the last Sweep
	sweepAt  int64 // not before then is there another for unused files
	dropped  int   // of roots.changes, those whose entries are gone, or are going
	dropping int   // entries that are still to be looked at for that

	// last is the part of a file that was read last.
	last struct {
		file  int32
		id    Identity
		off   int64
		bytes []byte
		read  Moment // when
	}

	pathBuf []byte // the key being looked up
	fullBuf []byte // the absolute path being looked at
	statBuf unix.Statx_t
}

// Options are what a table is made with.
type Options struct {
	Limit int           // descriptors, 1 or more
	TTL   time.Duration // how long an entry is trusted before its path is looked at again; 0: not at all
	Idle  time.Duration // how long a file that nobody uses stays open; 0: not at all
	Roots []site.RootDir

	Mounts *Mounts // shared by all tables; nil never change
	Hashes *Hashes // shared by all tables; nil are the table's own

	// Askers is how many exchanges there may be, and Patience how long they ask a file
	// system that answers nobody. Wake makes the loop turn; any goroutine calls it.
	Askers   int
	Patience time.Duration
	Wake     func()

	Trouble *Trouble // of a simulation, or nil

	Warn func(msg string, err error) // is told of trouble that is the machine's or the operator's
	Log  *slog.Logger                // for what an operator may want to know
}

// NewTable opens the roots and returns a table. Destroy the table even after an
// error, which names the root.
func NewTable(o Options) (Table, error) {
	f := Table{
		limit:   o.Limit,
		byKey:   make(map[string]int32),
		unused:  [2]backend.List{backend.NewList(), backend.NewList()},
		ttl:     int64(o.TTL),
		idle:    int64(o.Idle),
		roots:   roots{warn: o.Warn, log: o.Log, mounts: o.Mounts},
		pathBuf: make([]byte, 0, keyPrefix+MaxPath),
		fullBuf: make([]byte, 0, MaxPath),
	}
	f.patience, f.trouble = int64(o.Patience), o.Trouble
	f.found.init()
	f.stopped = new(atomic.Bool)
	if f.hashes = o.Hashes; f.hashes == nil {
		f.hashes = NewHashes()
	}
	var err error
	if f.calls, err = newCalls(o.Askers, o.Wake); err != nil {
		return f, err
	}
	return f, f.roots.open(o.Roots, o.Patience)
}

// take returns a free entry. It may move all entries, so a pointer to one is
// good only until the next file is opened.
func (f *Table) take() (i int32) {
	if n := len(f.free); n > 0 {
		i = f.free[n-1]
		f.free = f.free[:n-1]
		return i
	}
	f.entries, f.links = append(f.entries, Entry{}), append(f.links, backend.Link{})
	return int32(len(f.entries) - 1)
}

// room makes room for one more descriptor. If need be it closes the least
// recently used file. It returns false if every file is in use.
func (f *Table) room() bool {
	return f.opened < f.limit || f.evict() && f.opened < f.limit
}

// remoteShare is the part of the limit that remote files may take in addition, as
// one of so many. As many may be being closed, which may take for ever.
const remoteShare = 8

// roomFor makes room for one more descriptor of a file.
func (f *Table) roomFor(n nature) bool {
	if n != remote {
		return f.room()
	}
	most := max(f.limit/remoteShare, 1)
	return f.calls.closing < most && (f.remotes < most || f.evictOf(&f.unused[1]) && f.remotes < most)
}

// count counts n more descriptors of files.
func (f *Table) count(of nature, n int) {
	if of == remote {
		f.remotes += n
	} else {
		f.opened += n
	}
}

// pin pins an entry.
func (f *Table) pin(i int32) {
	e := &f.entries[i]
	if e.pins == 0 && e.listed {
		f.unusedOf(e).Remove(f.links, i)
	}
	e.pins++
}

// evict closes the local file that was used least recently. It returns false if
// every one is in use.
func (f *Table) evict() bool { return f.evictOf(&f.unused[0]) }

func (f *Table) evictOf(unused *backend.List) bool {
	if unused.Empty() {
		return false
	}
	f.unlist(unused.First)
	return true
}

// unusedOf is the list that an entry is on while it is listed and unused. Closing
// a remote file may take for ever, so that makes no room for others.
func (f *Table) unusedOf(e *Entry) *backend.List {
	if e.nature == remote {
		return &f.unused[1]
	}
	return &f.unused[0]
}

// Release takes back one pin of entry i. An entry that is no longer listed is
// closed with its last pin, and so is every other where Options.Idle is 0.
func (f *Table) Release(i int32) {
	e := &f.entries[i]
	backend.Assert(e.pins > 0, "files: release of an entry that is not pinned")
	e.pins--
	switch {
	case e.pins > 0:
	case e.listed:
		e.released = f.now
		f.unusedOf(e).PushBack(f.links, i)
		if f.idle == 0 {
			f.unlist(i)
		}
	default:
		f.close(i)
	}
}

// unlist takes an entry out of look-ups. It is closed now, or with its last pin.
func (f *Table) unlist(i int32) {
	e := &f.entries[i]
	delete(f.byKey, e.key)
	e.listed = false
	if e.pins == 0 {
		f.unusedOf(e).Remove(f.links, i)
		f.close(i)
	}
}

// close closes the descriptors of an entry and frees it.
func (f *Table) close(i int32) {
	e := &f.entries[i]
	for _, fd := range [...]int32{e.File.FD, e.File.Direct} {
		if fd >= 0 {
			f.calls.closeFile(int(fd), e.nature, e.ID.device, f.now)
			f.count(e.nature, -1)
		}
	}
	*e = Entry{}
	f.free = append(f.free, i)
}

// Destroy closes all files and the roots, after Stop. No file may be pinned, except
// by calls.
func (f *Table) Destroy() {
	for f.evict() {
	}
	for f.evictOf(&f.unused[1]) {
	}
	for _, v := range f.found.byKey {
		f.CloseFolder(v.folder)
	}
	f.roots.close()
	f.calls.destroy()
}

// CloseFolder closes a folder, unless it is NoFolder.
func (f *Table) CloseFolder(d Folder) {
	n := local
	if d.Remote {
		n = remote
	}
	f.calls.closeFile(d.FD, n, d.Device, f.now)
}

// failed returns the status for what has become of a path, and has it logged if
// it is the machine's fault.
func (f *Table) failed(op string, m *site.Mount, path []byte, errno syscall.Errno) (status int) {
	if status = StatusOf(errno); status >= message.StatusInternalError {
		f.warn(op, m, path, errno)
	}
	return status
}

func (f *Table) warn(op string, m *site.Mount, path []byte, err error) {
	full := f.roots.all[m.Root].dir.Path + "/" + string(path[:len(path)-1])
	f.roots.warn("looking for a file", &os.PathError{Op: op, Path: full, Err: err})
}

// Name returns the path of entry i below its root, for messages.
func (f *Table) Name(i int32) string {
	key := f.entries[i].key
	return key[keyPrefix : len(key)-1]
}

// At returns entry i. The pointer is good until the next file is opened, by
// Acquire or Sidecar.
func (f *Table) At(i int32) *Entry { return &f.entries[i] }

// Opened returns how many descriptors of files are open.
func (f *Table) Opened() int { return f.opened }

// Counts returns what the table has done.
func (f *Table) Counts() stats.Files {
	c := f.counts
	c.Away = f.calls.submitted
	return c
}

// InUse returns how many entries are pinned.
func (f *Table) InUse() (n int) {
	for i := range f.entries {
		if f.entries[i].pins > 0 {
			n++
		}
	}
	return n
}

// Calls returns how many calls goroutines make, and how many wait for a place.
func (f *Table) Calls() (made, queued int) {
	for _, s := range f.calls.systems {
		made += s.inside
		queued += s.queue.Len()
	}
	return made, queued
}

// Pinned returns the names of the entries in use: none once every response has
// ended.
func (f *Table) Pinned() (names []string) {
	for i := range f.entries {
		if f.entries[i].pins > 0 {
			names = append(names, f.Name(int32(i)))
		}
	}
	return names
}
