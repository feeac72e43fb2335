package bench

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aws/cmd/awsbench/internal/load"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// dataset is the document root that all contestants serve. Every file is in
// static/ and, by a hard link, in dynamic/; servers that make no distinction
// serve both alike. Contents are pseudo-random, so that a checksum reveals the
// body of another file or of another part of it.
type dataset struct {
	root string
	made map[string]uint32 // checksum by path below static/
}

func newDataset(dir string) (*dataset, error) {
	d := &dataset{root: filepath.Join(dir, "root"), made: map[string]uint32{}}
	for _, tree := range []string{"static", "dynamic"} {
		if err := os.MkdirAll(filepath.Join(d.root, tree), 0o755); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// fillRandom fills b, whose length is a multiple of 8, with a Weyl sequence
// passed through the finalizer of SplitMix64.
func fillRandom(b []byte, state uint64) uint64 {
	for i := 0; i < len(b); i += 8 {
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		binary.LittleEndian.PutUint64(b[i:], z^z>>31)
	}
	return state
}

// file creates a file of the given size unless it exists, and returns the
// checksum of its content.
func (d *dataset) file(name string, size int64) (uint32, error) {
	if sum, made := d.made[name]; made {
		return sum, nil
	}
	path := filepath.Join(d.root, "static", name)
	link := filepath.Join(d.root, "dynamic", name)
	for _, p := range []string{path, link} {
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return 0, err
		}
	}
	sum, err := writeRandom(path, size, uint64(load.Sum([]byte(name)))<<32)
	if err != nil {
		return 0, err
	}
	if err := os.Link(path, link); err != nil {
		return 0, err
	}
	d.made[name] = sum
	return sum, nil
}

func writeRandom(path string, size int64, state uint64) (sum uint32, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	b := make([]byte, min((size+7)&^7, mib))
	for size > 0 {
		state = fillRandom(b, state)
		n := min(size, int64(len(b)))
		sum = load.Add(sum, b[:n])
		if _, err := f.Write(b[:n]); err != nil {
			return 0, err
		}
		size -= n
	}
	return sum, nil
}

// requestHead returns a request with the fields that a plain client sends.
// Accept-Encoding asks all servers for the same representation.
func requestHead(path, fields string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: awsbench\r\nAccept: */*\r\nAccept-Encoding: identity\r\n" + fields + "\r\n")
}

// whole requests an entire file.
func (d *dataset) whole(tree, name string, size int64, fields string) (load.Target, error) {
	sum, err := d.file(name, size)
	return load.Target{Request: requestHead("/"+tree+"/"+name, fields), Status: 200, Length: size, Sum: sum}, err
}

// many requests n different files.
func (d *dataset) many(tree, folder string, n int, size int64) ([]load.Target, error) {
	targets := make([]load.Target, n)
	for i := range targets {
		var err error
		// A hundred files per folder, like a tidy site.
		name := fmt.Sprintf("%s/%03d/%02d.bin", folder, i/100, i%100)
		if targets[i], err = d.whole(tree, name, size, ""); err != nil {
			return nil, err
		}
	}
	return targets, nil
}

// ranges requests n parts of one large file at random offsets.
func (d *dataset) ranges(tree, name string, size, part int64, n int) ([]load.Target, error) {
	if _, err := d.file(name, size); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(d.root, "static", name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	random := rand.New(rand.NewPCG(3, 4))
	body := make([]byte, part)
	targets := make([]load.Target, n)
	for i := range targets {
		offset := random.Int64N(size - part)
		if _, err := f.ReadAt(body, offset); err != nil {
			return nil, err
		}
		asked := load.Part{First: offset, Last: offset + part - 1, Size: size}
		field := fmt.Sprintf("Range: bytes=%d-%d\r\n", asked.First, asked.Last)
		targets[i] = load.Target{Request: requestHead("/"+tree+"/"+name, field), Status: 206, Length: part, Sum: load.Sum(body), Part: asked}
	}
	return targets, nil
}

// large lists the requested files of at least a mebibyte. Smaller ones are
// requested so often that they stay in the page cache.
func (d *dataset) large(targets []load.Target) (paths []string) {
	for _, t := range targets {
		if max(t.Length, t.Part.Size) < mib {
			continue
		}
		_, rest, _ := strings.Cut(string(t.Request), " ")
		path, _, _ := strings.Cut(rest, " ")
		if path = filepath.Join(d.root, path); !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// folder lists the files created below a folder.
func (d *dataset) folder(folder string) (paths []string) {
	for name := range d.made {
		if strings.HasPrefix(name, folder+"/") {
			paths = append(paths, filepath.Join(d.root, "static", name))
		}
	}
	slices.Sort(paths)
	return paths
}
