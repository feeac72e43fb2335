package simio_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"aws/backend"
	"aws/backend/simio"
)

func open(seed uint64, p simio.Probabilities) *simio.Engine {
	return simio.Open(backend.Options{Slots: 4, Reads: 4}, seed, p)
}

// next waits for one completion.
func next(t *testing.T, e *simio.Engine) backend.Completion {
	t.Helper()
	for range 1000 {
		if c, ok := e.Next(); ok {
			return c
		}
		if err := e.Wait(time.Second); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no completion")
	panic("unreachable")
}

func connect(t *testing.T, e *simio.Engine) (backend.Token, *simio.Peer) {
	t.Helper()
	p := e.Dial()
	return next(t, e).Token, p
}

func openFile(t *testing.T, size int) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func fileOf(f *os.File) backend.File { return backend.File{FD: int32(f.Fd()), Direct: -1} }

// page is a buffer for ReadFile.
func page() []byte {
	b := make([]byte, 2*backend.Align)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) % backend.Align
	return b[skip:][:backend.Align]
}

// trace runs four echoing connections and records all completions.
func trace(t *testing.T, seed uint64) []string {
	e := open(seed, simio.Probabilities{
		Park: 0.3, Late: 0.3, ShortRecv: 0.5, ShortSend: 0.5, LateAccept: 0.3, CutBatch: 0.3, EmptyWait: 0.1, Early: 0.3, Reset: 0.01,
	})
	for range 4 {
		_, _ = e.Dial().Write(make([]byte, 1000))
	}
	var lines []string
	buffers := map[backend.Token][]byte{}
	for range 300 {
		if err := e.Wait(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for c, ok := e.Next(); ok; c, ok = e.Next() {
			lines = append(lines, fmt.Sprint(e.Now(), c.Token, c.Op, c.N))
			switch {
			case c.N < 0:
				e.Close(c.Token)
			case c.Op == backend.OpRecv:
				buffers[c.Token] = slices.Clone(c.Data)
				e.Send(c.Token, buffers[c.Token])
			case c.Op == backend.OpSend && c.N < len(buffers[c.Token]):
				buffers[c.Token] = buffers[c.Token][c.N:]
				e.Send(c.Token, buffers[c.Token])
			default:
				e.Recv(c.Token)
			}
		}
	}
	return lines
}

func TestSameSeedSameRun(t *testing.T) {
	first := trace(t, 7)
	if again := trace(t, 7); !slices.Equal(first, again) {
		t.Error("the same seed gave another run")
	}
	if other := trace(t, 8); slices.Equal(first, other) {
		t.Error("another seed gave the same run")
	}
}

func TestVirtualTime(t *testing.T) {
	e := open(1, simio.Probabilities{})
	if err := e.Wait(time.Hour); err != nil {
		t.Fatal(err)
	}
	if e.Now() < time.Hour {
		t.Errorf("after a Wait of an hour it is %v", e.Now())
	}
}

func TestDeadlock(t *testing.T) {
	e := open(1, simio.Probabilities{})
	c, p := connect(t, e)
	e.Recv(c)
	err := e.Wait(-1)
	if !errors.Is(err, simio.ErrDeadlock) || !strings.Contains(err.Error(), c.String()+" recv") {
		t.Errorf("Wait(-1) with a Recv and a silent client: %v", err)
	}
	// A client that takes its time is no deadlock.
	turns := 0
	e.Clients = func() bool {
		if turns++; turns == 100 {
			_, _ = p.Write([]byte("at last"))
		}
		return turns < 100
	}
	if err := e.Wait(-1); err != nil {
		t.Error(err)
	}
	if got := next(t, e); string(got.Data) != "at last" {
		t.Errorf("recv: %d %q", got.N, got.Data)
	}
}

func TestLoanIsPoisoned(t *testing.T) {
	e := open(1, simio.Probabilities{})
	c, p := connect(t, e)
	_, _ = p.Write([]byte("mine"))
	e.Recv(c)
	kept := next(t, e).Data
	if string(kept) != "mine" {
		t.Fatalf("recv: %q", kept)
	}
	e.Next()
	if want := strings.Repeat(string([]byte{simio.Poison}), 4); string(kept) != want {
		t.Errorf("after the loan: %q", kept)
	}
}

func TestGuards(t *testing.T) {
	tests := []struct {
		name, want string
		meddle     func(e *simio.Engine, c backend.Token, f *os.File)
	}{
		{"send", "buffer has changed", func(e *simio.Engine, c backend.Token, _ *os.File) {
			b := []byte("mine")
			e.Send(c, b)
			b[0] = 'l'
		}},
		{"head", "buffer has changed", func(e *simio.Engine, c backend.Token, f *os.File) {
			b := []byte("mine")
			e.SendFile(c, b, fileOf(f), 0, 10)
			b[0] = 'l'
		}},
		{"file", "file was closed", func(e *simio.Engine, _ backend.Token, f *os.File) {
			e.ReadFile(0, page(), fileOf(f), 0)
			_ = f.Close()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := open(1, simio.Probabilities{})
			c, _ := connect(t, e)
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, test.want) {
					t.Errorf("want a panic that says %q, got %s", test.want, said)
				}
			}()
			test.meddle(e, c, openFile(t, 100))
			next(t, e)
		})
	}
}

func TestReadInFlightIsPoisoned(t *testing.T) {
	e := open(1, simio.Probabilities{})
	b := page()
	e.ReadFile(0, b, fileOf(openFile(t, backend.Align)), 0)
	if b[0] != simio.Poison || b[len(b)-1] != simio.Poison {
		t.Error("the buffer of a read in flight is as it was")
	}
	if got := next(t, e); got.N != len(b) || b[0] != 0 {
		t.Errorf("readfile: %d, first byte %#x", got.N, b[0])
	}
}

func TestFailures(t *testing.T) {
	e := open(1, simio.Probabilities{FailRead: 1, Reset: 1})
	c, p := connect(t, e)
	f := fileOf(openFile(t, backend.Align))
	e.ReadFile(0, page(), f, 0)
	if got := next(t, e); got.N != -int(syscall.EIO) {
		t.Errorf("readfile: %d, want EIO", got.N)
	}
	_, _ = p.Write([]byte("lost"))
	e.Recv(c)
	if got := next(t, e); got.N != -int(syscall.ECONNRESET) {
		t.Errorf("recv: %d, want ECONNRESET", got.N)
	}
	if _, err := p.Read(make([]byte, 1)); err != syscall.ECONNRESET {
		t.Errorf("peer: read: %v, want ECONNRESET", err)
	}
}

// Clients come from different addresses, or from where they are told to.
func TestPeerAddress(t *testing.T) {
	e := open(1, simio.Probabilities{})
	first, p := connect(t, e)
	second, q := connect(t, e)
	if e.Peer(first) != p.Address() || e.Peer(second) != q.Address() || p.Address() == q.Address() {
		t.Errorf("peers %v and %v, want %v and %v", e.Peer(first), e.Peer(second), p.Address(), q.Address())
	}
	elsewhere := backend.AddressFrom(netip.MustParseAddrPort("[2001:db8::1]:80"))
	p.SetAddress(elsewhere)
	if got := e.Peer(first); got != elsewhere {
		t.Errorf("peer %v, want %v", got, elsewhere)
	}
}

// A read counts as cold if it is told so and can go past the page cache.
func TestColdRead(t *testing.T) {
	e := open(1, simio.Probabilities{})
	f := fileOf(openFile(t, backend.Align))
	for _, test := range []struct {
		direct     bool
		cold, want bool
	}{{false, false, false}, {false, true, false}, {true, false, false}, {true, true, true}} {
		f.Cold, f.Direct = test.cold, -1
		if test.direct {
			f.Direct = f.FD
		}
		e.ReadFile(2, page(), f, 0)
		if got := next(t, e); got.Cold != test.want || got.Read != 2 || got.N != backend.Align {
			t.Errorf("%+v: %+v", test, got)
		}
	}
}
