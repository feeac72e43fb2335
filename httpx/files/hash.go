// Hashes of files, for entity tags of their content. They are made on goroutines, one
// large file at a time, and kept: in memory, and those of large files in an extended
// attribute, too.
//
//	task.go ─► Hashes.of ─► known? ─► attribute? ─► small: read and hash
//	hashing.go ─► Hashes.ofLarge ─► the same for a large one, after the response

package files

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

const (
	// smallHashed is the size in bytes of the largest files that requests wait for to
	// be hashed.
	smallHashed = 4 << 20
	// maxHashes bounds the hashes in memory, of about 200 bytes each.
	maxHashes = 16 << 10
	// hashPiece is how many bytes are read at a time.
	hashPiece = 256 << 10
	// hashLook is after how many bytes it is looked whether the file has changed.
	hashLook = 64 << 20
)

// Hashes are those of the files of all loops. Any goroutine may use them; no loop does,
// since they are locked.
type Hashes struct {
	mu     sync.Mutex
	byID   map[Identity]Hash
	ids    []Identity // a ring of the keys
	next   int
	small  chan struct{} // places for small files
	large  chan struct{} // the place for a large file
	remote chan struct{} // the place for a file that may take for ever
}

// NewHashes makes an empty store.
func NewHashes() *Hashes {
	return &Hashes{
		byID:  make(map[Identity]Hash),
		small: make(chan struct{}, runtime.NumCPU()), large: make(chan struct{}, 1), remote: make(chan struct{}, 1),
	}
}

// get returns a hash that is in memory.
func (h *Hashes) get(id Identity) Hash {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.byID[id]
}

// put keeps a hash in memory, in place of the oldest if there are too many.
func (h *Hashes) put(id Identity, hash Hash) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.byID[id]; !known {
		if len(h.ids) < maxHashes {
			h.ids = append(h.ids, id)
		} else {
			delete(h.byID, h.ids[h.next])
			h.ids[h.next] = id
			h.next = (h.next + 1) % maxHashes
		}
	}
	h.byID[id] = hash
}

// of returns the hash of the version id of the file that is open as fd, without
// taking long: if it is large, or may take for ever, only a hash that is known.
func (h *Hashes) of(fd int, id Identity, n nature) (hash Hash) {
	if hash = h.kept(fd, id, n); hash.known() || id.Size > smallHashed || n == remote {
		return hash
	}
	h.small <- struct{}{}
	defer func() { <-h.small }()
	if hash = read(fd, id, nil); hash.known() {
		h.put(id, hash)
	}
	return hash
}

// kept returns a hash that is in memory or in the file's attribute.
func (h *Hashes) kept(fd int, id Identity, n nature) (hash Hash) {
	if hash = h.get(id); hash.known() || id.Size <= smallHashed || n == remote {
		return hash
	}
	if hash = attributeOf(fd, id); hash.known() {
		h.put(id, hash)
	}
	return hash
}

// ofLarge returns the hash of the version id of a large file, however long it takes,
// unless stop is set. With the hash it keeps an attribute, which changes the version:
// the one that it returns.
func (h *Hashes) ofLarge(fd int, id Identity, n nature, stop *atomic.Bool) (Hash, Identity) {
	place := h.large
	if n == remote {
		place = h.remote
	}
	place <- struct{}{}
	defer func() { <-place }()
	hash := h.kept(fd, id, n) // another loop may have made it meanwhile
	if hash.known() {
		return hash, id
	}
	if hash = read(fd, id, stop); !hash.known() {
		return hash, id
	}
	if n != remote {
		id = keepAttribute(fd, id, hash)
	}
	h.put(id, hash)
	return hash, id
}

// read hashes the version id of the file that is open as fd. It returns the zero hash
// if the file is of another version by the end, cannot be read, or stop is set.
func read(fd int, id Identity, stop *atomic.Bool) (hash Hash) {
	sum := sha256.New()
	b := make([]byte, min(id.Size+1, hashPiece))
	looked := int64(0)
	for off := int64(0); off < id.Size; {
		if stop != nil && stop.Load() {
			return hash
		}
		n, err := kernel.Pread(fd, b, off)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil || n == 0:
			return hash
		}
		sum.Write(b[:n]) // never fails
		if off += int64(n); off-looked >= hashLook {
			looked = off
			if !isStill(fd, id) {
				return hash
			}
		}
	}
	if !isStill(fd, id) {
		return hash
	}
	copy(hash[:], sum.Sum(nil))
	return hash
}

// isStill says that the open file is of the version id.
func isStill(fd int, id Identity) bool {
	now, errno := StatxOpen(fd, new(unix.Statx_t))
	return errno == 0 && now == id
}

// attribute has the hash of a file, with the size and time of modification that it
// holds for and when it was written, in nanoseconds.
const (
	attribute       = "user.aws.sha256"
	attributeFormat = "1 %d %d %d %s"
)

// To write an attribute sets the time of change. If that is another one than when it
// was written, something else has happened to the file since, maybe to its content.
const (
	writtenBefore = int64(20 * time.Millisecond) // the kernel's clock for files may lag a tick behind
	writtenAfter  = int64(time.Second)
)

// attributeOf returns the hash in the file's attribute, if it is of the version id.
func attributeOf(fd int, id Identity) (hash Hash) {
	b := make([]byte, 256)
	n, err := kernel.GetAttribute(fd, attribute, b)
	if err != nil || n == len(b) {
		return hash
	}
	var size, mtime, written int64
	var text string
	if _, err := fmt.Sscanf(string(b[:n]), attributeFormat, &size, &mtime, &written, &text); err != nil {
		return hash
	}
	since := nanoseconds(id.Ctime) - written
	sum, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sum) != len(hash) || size != id.Size || mtime != nanoseconds(id.Mtime) || since < -writtenBefore || since > writtenAfter {
		return hash
	}
	copy(hash[:], sum)
	return hash
}

// keepAttribute writes the hash of the version id into the file's attribute, if the
// file system and the file's permissions allow it. It returns the version that the
// file is of then, which differs in its time of change. Overlayfs would copy all of a
// file of a lower layer for that (ovl_xattr_set, fs/overlayfs/xattrs.c).
func keepAttribute(fd int, id Identity, hash Hash) Identity {
	var s unix.Statfs_t
	if err := kernel.Statfs(fd, &s); err != nil || s.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return id
	}
	value := fmt.Sprintf(attributeFormat, id.Size, nanoseconds(id.Mtime), time.Now().UnixNano(), base64.RawURLEncoding.EncodeToString(hash[:]))
	if kernel.SetAttribute(fd, attribute, []byte(value)) != nil {
		return id
	}
	now, errno := StatxOpen(fd, new(unix.Statx_t))
	if errno != 0 || now.Size != id.Size || now.Mtime != id.Mtime {
		return id
	}
	return now
}
