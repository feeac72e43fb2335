package accesslog

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// testConfig logs numbers: see add.
func testConfig(t testing.TB, loops int, log io.Writer) Config {
	return Config{Format: parsed(t, "$loop $target"), Loops: loops, Names: testNames, Log: slog.New(slog.NewTextHandler(log, nil))}
}

// add adds the record with a number.
func add(l *Log, loop, number int) {
	r := testRecord()
	r.Loop, r.Texts = loop, textsOf(fmt.Sprintf("GET %d-%s HTTP/1.1", number, strings.Repeat("x", number%300)))
	l.Add(&r)
}

// wantLines wants of each loop lines that are whole and in order, each once. It returns
// how many there are.
func wantLines(t *testing.T, text string, loops int) (n int) {
	t.Helper()
	last := slices.Repeat([]int{-1}, loops)
	for line := range strings.Lines(text) {
		var loop, number int
		var rest string
		if _, err := fmt.Sscanf(line, "%d %d-%s", &loop, &number, &rest); number%300 != 0 && (err != nil || rest != strings.Repeat("x", number%300)) || !strings.HasSuffix(line, "\n") {
			t.Fatalf("torn: %q, %v", line, err)
		}
		if number <= last[loop] {
			t.Fatalf("loop %d: line %d follows line %d", loop, number, last[loop])
		}
		last[loop] = number
		n++
	}
	return n
}

// fickle is a sink that takes what it likes, and fails as disks and pipes do.
type fickle struct {
	random *rand.Rand
	took   bytes.Buffer
	mends  atomic.Bool // takes everything from now on
}

func (f *fickle) open() (bool, error) { return false, nil }
func (f *fickle) close()              {}
func (f *fickle) write(b []byte) (n int, err error) {
	if f.mends.Load() {
		return f.took.Write(b)
	}
	n, _ = f.took.Write(b[:f.random.IntN(len(b)+1)])
	return n, []error{nil, errBusy, unix.ENOSPC, unix.EIO}[f.random.IntN(4)]
}

// However little of it is taken at a time, each line is written whole and once, or
// counted as dropped.
func TestPartialWrites(t *testing.T) {
	for seed := range uint64(5) {
		const loops, lines = 3, 20000
		to := &fickle{random: rand.New(rand.NewPCG(seed, 0))}
		l, err := open(testConfig(t, loops, io.Discard), to)
		if err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		for loop := range loops {
			running.Go(func() {
				for i := range lines {
					add(l, loop, i)
				}
			})
		}
		running.Wait()
		to.mends.Store(true)
		if lost := l.Close(); lost > 0 {
			t.Errorf("%d lines are lost", lost)
		}
		if n := wantLines(t, to.took.String(), loops); n+int(l.Dropped()) != loops*lines {
			t.Errorf("seed %d: %d lines are written and %d dropped, of %d", seed, n, l.Dropped(), loops*lines)
		}
	}
}

// stuck is a sink that never returns, as a write to a dead file system does.
type stuck struct{ opens, let chan struct{} }

func (s stuck) open() (bool, error)       { <-s.opens; return true, nil }
func (s stuck) write([]byte) (int, error) { <-s.let; return 0, io.EOF }
func (s stuck) close()                    {}

// A sink that never answers holds up neither the start nor the loops nor the end, and all
// lines are accounted for.
func TestStuckSink(t *testing.T) {
	for _, opened := range []bool{true, false} {
		var said children.Output
		to := stuck{make(chan struct{}), make(chan struct{})}
		if opened {
			close(to.opens)
		}
		l, err := open(testConfig(t, 1, &said), to)
		if err != nil {
			t.Fatal(err)
		}
		const lines = 50000
		for i := range lines {
			add(l, 0, i)
		}
		if dropped, lost := int(l.Dropped()), l.Close(); dropped == 0 || lost == 0 || dropped+lost != lines {
			t.Errorf("%d lines are dropped and %d lost, of %d", dropped, lost, lines)
		}
		if n := strings.Count(said.String(), "lines of the access log are dropped"); n != 1 {
			t.Errorf("said %d times:\n%s", n, &said)
		}
		if !opened {
			close(to.opens)
		}
		close(to.let)
		<-l.ended
	}
}

// A file that is opened anew under its name takes what comes then, also if only a part of
// a line has gone into the old one.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	c := testConfig(t, 2, io.Discard)
	c.To.Path = path
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	const lines, files = 30000, 20
	var running sync.WaitGroup
	for loop := range 2 {
		running.Go(func() {
			for i := range lines {
				for l.rings[loop].filling.Load()-l.rings[loop].emptying.Load() > ringChunks/2 { // none is to be dropped
				}
				add(l, loop, i)
			}
		})
	}
	for i := range files {
		if err := os.Rename(path, fmt.Sprint(path, ".", i)); err != nil {
			t.Fatal(err)
		}
		l.Reopen()
		children.Eventually(t, "the new file", func() bool { _, err := os.Stat(path); return err == nil })
	}
	running.Wait()
	if lost := l.Close(); lost > 0 || l.Dropped() > 0 {
		t.Errorf("%d lines are lost, %d dropped", lost, l.Dropped())
	}
	var all []byte
	for i := range files + 1 {
		name := fmt.Sprint(path, ".", i)
		if i == files {
			name = path
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	if n := wantLines(t, string(all), 2); n != 2*lines {
		t.Errorf("%d lines, want %d", n, 2*lines)
	}
}

// A line of which the old file has a part is whole in the new one.
func TestReopenInLine(t *testing.T) {
	to := &halves{}
	c := testConfig(t, 1, io.Discard)
	l := &Log{config: c, sink: to, trouble: trouble{log: c.Log}}
	r, err := newRing(c.Format, c.Format.escapedNames(c.Names))
	if err != nil {
		t.Fatal(err)
	}
	l.rings = []*ring{r}
	for i := range 3 {
		add(l, 0, i+10)
	}
	if err := l.flush(); err != errBusy || l.current != r {
		t.Fatalf("%v, %v", err, l.current)
	}
	to.whole = true
	l.openAnew()
	if err := l.flush(); err != nil {
		t.Fatal(err)
	}
	if n := wantLines(t, to.took.String(), 1); n != 2 { // the first line is in the old one
		t.Errorf("%d lines: %q", n, &to.took)
	}
}

// halves is a sink that takes a line and a half, until it takes all.
type halves struct {
	whole bool
	took  bytes.Buffer
}

func (h *halves) open() (bool, error) { h.took.Reset(); return true, nil }
func (h *halves) close()              {}
func (h *halves) write(b []byte) (int, error) {
	if h.whole {
		return h.took.Write(b)
	}
	return len(b) / 2, errBusy
}

// One of so many exchanges is logged, and all with trouble.
func TestSample(t *testing.T) {
	c := testConfig(t, 1, io.Discard)
	to := &fickle{}
	to.mends.Store(true)
	c.Format, c.Sample = parsed(t, "$status $outcome"), 10
	var err error
	if c.Only, err = ParseFilter("method=GET"); err != nil {
		t.Fatal(err)
	}
	l, err := open(c, to)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		r := testRecord()
		r.Loop, r.Status, r.Outcome = 0, 200, 1
		switch i % 20 {
		case 0:
			r.Status = 404
		case 1:
			r.Outcome = 5
		case 2:
			r.Texts = textsOf("HEAD / HTTP/1.1")
		}
		l.Add(&r)
	}
	l.Close()
	got := map[string]int{}
	for line := range strings.Lines(to.took.String()) {
		got[line]++
	}
	if got["404 whole\n"] != 10 || got["200 shrunk\n"] != 10 || got["200 whole\n"] != 17 || len(got) != 3 {
		t.Error(got)
	}
}
