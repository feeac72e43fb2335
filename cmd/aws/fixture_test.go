package main_test

import (
	"bytes"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fixture is the document root that most tests serve and none changes. Each file
// is in both trees: dynamic/x -> ../static/x.
var fixture string

// files are the fixture's files except for the sparse one.
var files = []struct {
	name string
	size int
}{
	{"empty.txt", 0},
	{"one.txt", 1},
	{"small.html", 2 << 10},
	{"medium.dat", 2 << 20},
	{"large.dat", 17 << 20},
}

const (
	small, medium, large, sparse = "small.html", "medium.dat", "large.dat", "sparse.dat"

	sparseSize = 5 << 30
)

var trees = []string{"/static/", "/dynamic/"}

// contents are the contents of the fixture's files.
var contents = map[string][]byte{}

// islands are the offsets at which the sparse file holds data: around the limits
// of 32 bits, signed and unsigned, and at both ends of the file.
var islands = []int64{0, 1<<31 - 4, 1<<32 - 4, sparseSize - 8}

func island(i int) []byte { return []byte("island " + string(rune('0'+i))) }

func makeFixture() error {
	fixture = filepath.Join(workDir, "root")
	random := rand.NewChaCha8([32]byte{1})
	for _, f := range files {
		contents[f.name] = make([]byte, f.size)
		_, _ = random.Read(contents[f.name])
		if err := publish(fixture, f.name, contents[f.name]); err != nil {
			return err
		}
	}
	if err := publish(fixture, sparse, nil); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(fixture, "static", sparse), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	for i, off := range islands {
		if _, err := f.WriteAt(island(i), off); err != nil {
			return err
		}
	}
	return f.Truncate(sparseSize)
}

// publish puts a file into both trees below root. Its name may have folders.
func publish(root, name string, content []byte) error {
	for _, tree := range trees {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, tree, name)), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(root, "static", name), content, 0o644); err != nil {
		return err
	}
	link := filepath.Join(root, "dynamic", name)
	_ = os.Remove(link)
	return os.Symlink(strings.Repeat("../", 1+strings.Count(name, "/"))+"static/"+name, link)
}

func mustPublish(t testing.TB, root, name, text string) {
	t.Helper()
	must(t, publish(root, name, []byte(text)))
}

// rootWith makes a document root for one test, with one file in both trees.
func rootWith(t testing.TB, name string, content []byte) string {
	t.Helper()
	root, err := os.MkdirTemp(workDir, "root-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := publish(root, name, content); err != nil {
		t.Fatal(err)
	}
	return root
}

// digest tells bodies apart. Its hash is fast on every processor.
type digest struct {
	size int64
	hash uint64
}

var seed = maphash.MakeSeed()

func digestOf(r io.Reader) (digest, error) {
	var h maphash.Hash
	h.SetSeed(seed)
	n, err := io.CopyBuffer(&h, r, make([]byte, 256<<10))
	return digest{n, h.Sum64()}, err
}

// wanted is the digest of one of the fixture's files.
func wanted(name string) digest {
	if name == sparse {
		return sparseDigest()
	}
	d, _ := digestOf(bytes.NewReader(contents[name]))
	return d
}

// sparseDigest composes the sparse file in memory, without reading the disk.
var sparseDigest = sync.OnceValue(func() digest {
	var parts []io.Reader
	at := int64(0)
	for i, off := range islands {
		parts = append(parts, io.LimitReader(zeros{}, off-at), bytes.NewReader(island(i)))
		at = off + int64(len(island(i)))
	}
	parts = append(parts, io.LimitReader(zeros{}, sparseSize-at))
	d, _ := digestOf(io.MultiReader(parts...))
	return d
})

// zeros reads as an endless run of zeros.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func write(t testing.TB, file, text string) {
	t.Helper()
	must(t, os.WriteFile(file, []byte(text), 0o644))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
