// Findings: what goroutines have found out about paths that lead to no file that can
// be opened. They are kept until those who have asked look again.

package files

// Folder is an open folder. FD is its descriptor, or -1.
type Folder struct {
	FD     int
	Remote bool // reading it may wait for a server or another process
	Device uint64
}

// NoFolder stands for none.
var NoFolder = Folder{FD: noFile}

// finding is what has been found out about a path: why it leads to no file that
// can be opened, or a folder.
type finding struct {
	status int // or 0
	folder Folder
	looked Moment
}

// findings are the latest, by key.
type findings struct {
	byKey map[string]finding
	keys  []string // a ring of them, made with the first
	next  int
}

// maxFindings is more than the look-ups that requests wait for at a time are
// likely to be.
const maxFindings = 4096

func (d *findings) init() { d.byKey = make(map[string]finding) }

// take returns what has been found out for a request. A folder has one owner: nobody
// else finds it.
func (d *findings) take(key []byte, k Look) (v finding, ok bool) {
	v, ok = d.byKey[string(key)]
	if ok = ok && v.looked.covers(k, 0); ok && v.folder.FD >= 0 {
		delete(d.byKey, string(key))
	}
	return v, ok
}

// keep keeps a finding, and returns the folders of those that it replaces: the one
// of the same key, and the oldest.
func (d *findings) keep(key string, v finding) (replaced [2]Folder) {
	if d.keys == nil {
		d.keys = make([]string, maxFindings)
	}
	replaced = [2]Folder{d.discard(d.keys[d.next]), d.discard(key)}
	d.byKey[key], d.keys[d.next] = v, key
	d.next = (d.next + 1) % maxFindings
	return replaced
}

func (d *findings) discard(key string) Folder {
	v, ok := d.byKey[key]
	if !ok {
		return NoFolder
	}
	delete(d.byKey, key)
	return v.folder
}
