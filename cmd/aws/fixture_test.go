package main_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fixture is the document root that most tests serve, and none changes. Each
// file is in both trees: dynamic/x -> ../static/x.
var fixture string

// files are the fixture's files, but for the sparse one.
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

// contents are what the fixture's files hold.
var contents = map[string][]byte{}

// islands are where the sparse file holds something: where 32 bits end with
// and without a sign, and at both of its own ends.
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

func mustPublish(t *testing.T, root, name, text string) {
	t.Helper()
	must(t, publish(root, name, []byte(text)))
}

// rootWith makes a document root of a test's own, with one file in both trees.
func rootWith(t *testing.T, name string, content []byte) string {
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

// digest tells a body from every other one.
type digest struct {
	size int64
	hash [sha256.Size]byte
}

func digestOf(r io.Reader) (digest, error) {
	h := sha256.New()
	n, err := io.CopyBuffer(h, r, make([]byte, 256<<10))
	return digest{n, [sha256.Size]byte(h.Sum(nil))}, err
}

// wanted is the digest of each of the fixture's files.
func wanted(name string) digest {
	if name == sparse {
		return sparseDigest()
	}
	d, _ := digestOf(bytes.NewReader(contents[name]))
	return d
}

// sparseDigest composes the sparse file anew, without asking the disk.
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

// zeros reads as zeros for ever.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func write(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.WriteFile(file, []byte(text), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
