// What happens to the files of a soak while they are served.

package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// writer changes the files, one after the other.
type writer struct {
	*world
	random *rand.Rand
	made   int // files in next/
}

// writerPause bounds the pause between two changes.
const writerPause = 40 * time.Millisecond

// change makes one change of this kind. steady files lose their place in the page
// cache.
func (w *writer) change(h habit) error {
	w.changes[h].Add(1)
	if h == inFolder {
		return w.replaceFolder()
	}
	if h == inRelease {
		return w.switchRelease()
	}
	f := w.pick(w.random, h)
	switch {
	case h == steady:
		return evict(f.path)
	case h == replaced:
		return w.replace(f)
	case h == rewritten:
		return w.rewrite(f, f.base)
	case h == truncated:
		return w.rewrite(f, 8*w.random.Int64N(f.base/8))
	case f.doneSize.Load() > grownMost:
		return w.startAnew(f)
	case h == grown:
		return w.grow(f)
	case f.absent(f.done.Load() + 1):
		return w.remove(f)
	}
	return w.replace(f)
}

// weights are how often files change, by habit.
var weights = [habits]int{steady: 5, replaced: 30, rewritten: 10, truncated: 10, grown: 15, coming: 20, inFolder: 5, inRelease: 2}

// any picks a habit by these weights.
func (w *writer) any() habit {
	sum := 0
	for _, weight := range weights {
		sum += weight
	}
	n := w.random.IntN(sum)
	for h := range habits {
		if n -= weights[h]; n < 0 {
			return h
		}
	}
	return steady
}

// evict makes the page cache forget a file, if nobody uses its pages.
func evict(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// next writes a file that is about to be put in place.
func (w *writer) next(content []byte) (path string, err error) {
	w.made++
	path = filepath.Join(w.dir, "next", fmt.Sprint(w.made))
	return path, os.WriteFile(path, content, 0o644)
}

// replace puts the next version in the place of a file.
func (w *writer) replace(f *soakFile) error {
	path, err := w.next(f.content(f.done.Load() + 1))
	if err != nil {
		return err
	}
	f.begun.Add(1)
	err = os.Rename(path, f.path)
	f.done.Add(1)
	return err
}

func (w *writer) remove(f *soakFile) error {
	f.begun.Add(1)
	err := os.Remove(f.path)
	f.done.Add(1)
	return err
}

// rewrite writes the next version of a file in place, after it has been cut to
// size. It writes in pieces, and takes its time.
func (w *writer) rewrite(f *soakFile, size int64) error {
	file, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	content := f.content(f.done.Load() + 1)
	f.begun.Add(1)
	defer f.done.Add(1)
	if size < f.base {
		if err := file.Truncate(size); err != nil {
			return err
		}
		time.Sleep(time.Duration(w.random.IntN(5)) * time.Millisecond)
	}
	for len(content) > 0 {
		n := min(len(content), 8*(1+w.random.IntN(64<<10)))
		if _, err := file.Write(content[:n]); err != nil {
			return err
		}
		content = content[n:]
		if w.random.IntN(4) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// grow appends to a file, as those do that write logs.
func (w *writer) grow(f *soakFile) error {
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	size := f.doneSize.Load()
	more := make([]byte, 1+w.random.IntN(100_000))
	f.fill(more, f.done.Load(), size)
	f.begunSize.Store(size + int64(len(more)))
	_, err = file.Write(more)
	f.doneSize.Store(size + int64(len(more)))
	return err
}

// startAnew puts a short file in the place of one that has grown long.
func (w *writer) startAnew(f *soakFile) error {
	b := make([]byte, f.base)
	f.fill(b, f.done.Load()+1, 0)
	path, err := w.next(b)
	if err != nil {
		return err
	}
	f.begun.Add(1)
	err = os.Rename(path, f.path)
	f.begunSize.Store(f.base)
	f.doneSize.Store(f.base)
	f.done.Add(1)
	return err
}

// replaceFolder puts another folder in the place of one. For an instant there may
// be none.
func (w *writer) replaceFolder() error {
	w.made++
	path := filepath.Join(w.dir, "next", fmt.Sprint(w.made))
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	for _, f := range w.of[inFolder] {
		if err := os.WriteFile(filepath.Join(path, f.name), f.content(f.done.Load()+1), 0o644); err != nil {
			return err
		}
	}
	folder := filepath.Join(w.dir, "live", habitNames[inFolder])
	w.folder.begun.Add(1)
	defer w.folder.done.Add(1)
	if w.random.IntN(2) == 0 {
		if err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, folder, unix.RENAME_EXCHANGE); err != nil {
			return err
		}
		return os.RemoveAll(path)
	}
	if err := os.Rename(folder, path+"~"); err != nil {
		return err
	}
	if err := os.Rename(path, folder); err != nil {
		return err
	}
	return os.RemoveAll(path + "~")
}

// makeRelease makes a release, which nobody sees yet.
func (w *world) makeRelease(version uint32) error {
	root := w.releaseDir(version)
	for _, f := range w.of[inRelease] {
		if err := publish(root, f.name, f.content(version)); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) releaseDir(version uint32) string {
	return filepath.Join(w.dir, "releases", fmt.Sprint(version))
}

// switchRelease publishes another release, and removes the one before the last.
func (w *writer) switchRelease() error {
	version := w.release.done.Load() + 1
	if err := w.makeRelease(version); err != nil {
		return err
	}
	link := filepath.Join(w.dir, "next", "site")
	if err := os.Symlink(filepath.Join("releases", fmt.Sprint(version)), link); err != nil {
		return err
	}
	w.release.begun.Add(1)
	err := os.Rename(link, filepath.Join(w.dir, "site"))
	w.release.done.Add(1)
	if err != nil || version <= firstVersion+1 {
		return err
	}
	return os.RemoveAll(w.releaseDir(version - 2))
}
