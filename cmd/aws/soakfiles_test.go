// The files that a soak serves, and what may be in them at any time.

package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// habit is how a file changes while it is served.
type habit uint8

const (
	steady    habit = iota
	replaced        // by another file, with rename(2)
	rewritten       // in place, at the same length
	truncated       // in place, and written anew
	grown           // appended to, and replaced once it is long
	coming          // removed and made again
	inFolder        // the folder that it is in is replaced
	inRelease       // the document root is a link that is switched
	habits
)

var habitNames = [habits]string{"steady", "replaced", "rewritten", "truncated", "grown", "coming", "folder", "release"}

// inPlace says that an answer may hold bytes of several versions.
func (h habit) inPlace() bool { return h == rewritten || h == truncated }

// soakFiles are the sizes of the files, by habit, and what their names end with.
// Versions of most differ in size: see soakFile.size.
var soakFiles = [habits]map[string][]int64{
	steady: {
		".dat": {0, 1, 7, 8, 100, 4096, 16 << 10, 64<<10 + 8, 128<<10 + 1, 300_000, 1<<20 + 3, 3 << 20},
		".css": {10_000, 90_000},
	},
	replaced:  {".dat": {20, 2000, 64 << 10, 200_000, 1 << 20, 3 << 20}, ".css": {3000, 150_000, 600_000}},
	rewritten: {".dat": {4096, 200_000, 2 << 20}},
	truncated: {".dat": {64 << 10, 1 << 20}},
	grown:     {".dat": {1000, 50_000}},
	coming:    {".dat": {100, 70_000}},
	inFolder:  {".dat": {50, 5000, 140_000}, ".css": {20_000}},
	inRelease: {".dat": {10, 3000, 66_000, 500_000}, ".css": {30_000}},
}

// grownMost is about how long files grow.
const grownMost = 2 << 20

// sidecar is the only file that has a compressed form beside it.
const sidecar = "sidecar.css"

// history counts the versions of a file, or of several that change together: the
// one that nobody can have seen the successor of is begun, the one that nobody can
// see the predecessor of is done.
type history struct{ begun, done atomic.Uint32 }

// soakFile is a file whose bytes tell which file, which version and which place
// they are of.
type soakFile struct {
	*history
	id    uint64
	habit habit
	name  string // below the folder of its habit
	path  string // unless it is in a release
	urls  [2]string
	base  int64

	begunSize, doneSize atomic.Int64 // of a file that grows
}

// versionOf is the first version of all files.
const firstVersion = 1

// size is how long a version is, or below 0 if that varies or it is absent. Two
// versions that follow each other differ, so that they never have the same tag.
func (f *soakFile) size(version uint32) int64 {
	switch {
	case f.habit == steady || f.habit.inPlace():
		return f.base
	case f.habit == grown || f.absent(version):
		return -1
	}
	return f.base + int64(version%61)
}

// absent says that there is no file in this version.
func (f *soakFile) absent(version uint32) bool { return f.habit == coming && version%3 == 0 }

// word is what a file holds at 8 times this index, little-endian: three bytes of
// the index, two of the file, three of the version.
func (f *soakFile) word(version uint32, index int64) uint64 {
	return uint64(index)&0xff_ffff | f.id<<24 | uint64(version)<<40
}

// fill fills b with what the version holds from off.
func (f *soakFile) fill(b []byte, version uint32, off int64) {
	for len(b) > 0 {
		w := f.word(version, off/8)
		n := 0
		for at := off % 8; at < 8 && n < len(b); at++ {
			b[n] = byte(w >> (8 * at))
			n++
		}
		b, off = b[n:], off+int64(n)
	}
}

// content is what the version holds.
func (f *soakFile) content(version uint32) []byte {
	b := make([]byte, f.size(version))
	f.fill(b, version, 0)
	return b
}

// since is what is certain of a file before a request for it leaves.
type since struct {
	version uint32
	size    int64
}

func (f *soakFile) now() since { return since{f.done.Load(), f.doneSize.Load()} }

// changed says that the file may have changed since then.
func (f *soakFile) changed(s since) bool {
	return f.begun.Load() != s.version || f.begunSize.Load() != s.size
}

// mayBeAbsent says that a look-up since then may have found nothing. A folder or
// a release may go while it is being looked into, though another has its place.
func (f *soakFile) mayBeAbsent(s since) bool {
	last := f.begun.Load()
	switch f.habit {
	case inFolder:
		return last > s.version
	case inRelease: // the release before the last is kept
		return last > s.version+1
	}
	for v := s.version; v <= last; v++ {
		if f.absent(v) {
			return true
		}
	}
	return false
}

// world is a folder with all that a soak serves:
//
//	live/HABIT/NAME                  served at /live/static and /live/dynamic
//	releases/N/{static,dynamic}/NAME
//	site -> releases/N               the document root
//	next/                            what is about to be put in place
type world struct {
	dir     string
	files   []*soakFile
	of      [habits][]*soakFile
	folder  history
	release history
	changes [habits]atomic.Int64
}

func makeWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: rootWith(t, "unused", nil)}
	for h := range habits {
		for _, ext := range []string{".dat", ".css"} {
			for _, size := range soakFiles[h][ext] {
				w.add(h, fmt.Sprint(size, ext), size)
			}
		}
	}
	w.add(steady, sidecar, 40_000)
	must(t, os.MkdirAll(filepath.Join(w.dir, "next"), 0o755))
	for _, f := range w.files {
		if f.habit != inRelease {
			must(t, os.MkdirAll(filepath.Dir(f.path), 0o755))
			must(t, os.WriteFile(f.path, f.first(), 0o644))
		}
	}
	packed := coded(t, "gzip", string(w.sidecar().content(firstVersion)))
	must(t, os.WriteFile(w.sidecar().path+".gz", packed, 0o644))
	must(t, w.makeRelease(firstVersion))
	must(t, os.Symlink(filepath.Join("releases", fmt.Sprint(firstVersion)), filepath.Join(w.dir, "site")))
	return w
}

// add adds a file in its first version.
func (w *world) add(h habit, name string, size int64) {
	f := &soakFile{history: &history{}, id: uint64(len(w.files) + 1), habit: h, name: name, base: size}
	below := "/live/static/" + habitNames[h] + "/" + name
	f.urls = [2]string{below, "/live/dynamic/" + habitNames[h] + "/" + name}
	f.path = filepath.Join(w.dir, "live", habitNames[h], name)
	switch h {
	case inFolder:
		f.history = &w.folder
	case inRelease:
		f.history = &w.release
		f.urls, f.path = [2]string{"/static/" + name, "/dynamic/" + name}, ""
	case grown:
		f.begunSize.Store(size)
		f.doneSize.Store(size)
	}
	f.begun.Store(firstVersion)
	f.done.Store(firstVersion)
	w.files, w.of[h] = append(w.files, f), append(w.of[h], f)
}

// first is what a file holds at first.
func (f *soakFile) first() []byte {
	if f.habit != grown {
		return f.content(firstVersion)
	}
	b := make([]byte, f.base)
	f.fill(b, firstVersion, 0)
	return b
}

func (w *world) sidecar() *soakFile { return w.of[steady][len(w.of[steady])-1] }

// arguments are those of a server of this world.
func (w *world) arguments() []string {
	live := filepath.Join(w.dir, "live")
	return []string{
		"--mount=/static=static", "--mount=/dynamic=dynamic:dynamic",
		"--mount=/live/static=" + live + ":static", "--mount=/live/dynamic=" + live + ":dynamic",
		"--autoindex", "--compress=gzip", "--precompressed=gzip",
	}
}

// pick picks a file, mostly a short one, with one of these habits.
func (w *world) pick(random *rand.Rand, among ...habit) *soakFile {
	h := among[random.IntN(len(among))]
	f := w.of[h][random.IntN(len(w.of[h]))]
	for tries := 3; f.base > 150_000 && tries > 0; tries-- {
		f = w.of[h][random.IntN(len(w.of[h]))]
	}
	return f
}
