package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/httpx/stats"
)

// busy is a snapshot, and another one 2 s later.
func busy() (first, second *stats.Snapshot) {
	first, second = madeUp(), madeUp()
	second.Time = first.Time.Add(2 * time.Second)
	first.Top = &stats.Top{Paths: []stats.Path{{Path: "/a", Count: 100}}}
	second.Top = &stats.Top{
		Paths:  []stats.Path{{Path: "/a", Count: 300}, {Path: "/\x1b[31m世界", Count: 1000, Excess: 2}},
		Errors: []stats.Path{{Path: "/" + strings.Repeat("x", 1000), Status: 404, Count: 20}},
	}
	f := &second.Loops[0].Figures
	f.Requests[0].Count += 24690
	f.Requests[1].Count += 10
	f.Duration.Add(1e6, 24000)
	f.Duration.Add(1e9, 700)
	f.Sent += 3 << 20
	f.CPU += 1e9
	f.Turns += 100
	f.Completions += 350
	f.Engine.Recvs += 24700
	f.Engine.Sends += 12350
	f.Engine.CachedReads += 2000
	f.Engine.DirectReads += 10
	second.Logs.AccessDropped = 567
	second.Sum()
	return first, second
}

// shown is a view after events, a line for each row of a terminal.
func shown(width, height int, events ...heard) (*topView, []string) {
	v := &topView{address: "127.0.0.1:9888"}
	for _, h := range events {
		v.take(h)
	}
	return v, v.lines(width, height)
}

// The rows say what has happened in the time between two snapshots.
func TestTopRates(t *testing.T) {
	first, second := busy()
	_, lines := shown(100, 30, heard{State: "serving", Snapshot: *first}, heard{State: "draining", Snapshot: *second})
	text := strings.Join(lines, "\n")
	for _, pattern := range []string{
		`aws v9  uring  2 workers  up 1h0m2s +draining`,
		`Requests +12\.3k/s .*█ 2xx 12\.3k/s  4xx 5/s  all 1,259,270`,
		`Sent +1\.5 MiB/s .* received 0 B/s  all 3 GiB`,
		`Latency p99 +1\.01s .* p50 983µs  p90 983µs  p99\.9 1\.01s`,
		`Connections +6 .* idle: 5, sending: 1  limit 1,024`,
		`CPU loop 0 +50 % .*█ requests 12\.3k/s  connections 6  lag 31\.2µs`,
		`CPU loop 1 +- .* does not answer`,
		`System calls +1\.50 a request: recv 1\.00  send 0\.50`,
		`Batches +3\.5 events a turn`,
		`Reads +1\.00k/s cache 1\.00k/s  disk 5/s  other 0/s  look-ups that miss 0/s`,
		`Memory +20 MiB resident; budget 1\.5 MiB of 1 GiB; 0 B in Go's heap`,
		`Refused +3 host: 2, head late: 1`,
		`Not whole +10 client gone: 10`,
		`Lost +575 lines of the access log: 567, lines of the log: 8`,
		`Top paths, a second over 2s +Top errors`,
		` +499 /\\x1b\[31m世界 + +10 404 /x+…`,
		` +100 /a`,
		`q quit  p pause  \+ - interval 1s`,
	} {
		if !regexp.MustCompile(`(?m)^` + pattern + ` *$`).MatchString(text) {
			t.Errorf("no %s in\n%s", pattern, text)
		}
	}
}

// The lines fit terminals of every size.
func TestTopFits(t *testing.T) {
	first, second := busy()
	for range 40 { // more loops than fit
		first.Loops, second.Loops = append(first.Loops, first.Loops[0]), append(second.Loops, second.Loops[0])
	}
	v, lines := shown(80, 24, heard{Snapshot: *first}, heard{Snapshot: *second})
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "the busiest of 42, loop 0;") || !strings.Contains(text, "loops that do not answer: 1") || !strings.Contains(text, "Top paths") {
		t.Errorf("%s", text)
	}
	v.paint = palette{true}
	codes := regexp.MustCompile(`\x1b\[\d+m`)
	for width := range 150 {
		for height := range 70 {
			lines := v.lines(width, height)
			if len(lines) != height {
				t.Fatalf("%d×%d: %d lines", width, height, len(lines))
			}
			for _, line := range lines {
				if plain := codes.ReplaceAllString(line, ""); cells(plain) > max(width, 1) || strings.Contains(plain, "\x1b") {
					t.Fatalf("%d×%d: %q", width, height, line)
				}
			}
		}
	}
}

// After a restart, or a gap, nothing is compared with what was before. While it pauses,
// and until the interval is over, the picture stays.
func TestTopTakes(t *testing.T) {
	first, second := busy()
	v, _ := shown(80, 24, heard{Snapshot: *first}, heard{Snapshot: *second})
	v.take(heard{err: errors.New("it has ended")})
	if text := strings.Join(v.lines(80, 24), "\n"); v.since != nil || !strings.Contains(text, " disconnected: it has ended; trying again") {
		t.Errorf("a gap: %s", text)
	}
	v, _ = shown(80, 24, heard{Snapshot: *first})
	second.Started = second.Started.Add(time.Hour)
	if v.take(heard{Snapshot: *second}); v.since != nil {
		t.Error("another server is compared with the one before")
	}
	if v.take(heard{State: "starting"}); v.last == nil || v.state != "starting" {
		t.Error("a server that has not begun to serve")
	}
	first, second = busy()
	v, _ = shown(80, 24, heard{Snapshot: *first})
	v.press('p')
	if v.take(heard{Snapshot: *second}); v.since != nil || !strings.Contains(v.lines(80, 24)[0], " paused") {
		t.Error("it does not pause")
	}
	v.press('p')
	for range 10 {
		v.press('+')
	}
	if v.take(heard{Snapshot: *second}); v.since != nil || !strings.Contains(strings.Join(v.lines(80, 24), "\n"), "interval 1m0s") {
		t.Error("it does not wait for the interval")
	}
	for range 10 {
		v.press('-')
	}
	if v.take(heard{Snapshot: *second}); v.since == nil {
		t.Error("it does not go on")
	}
}

// Numbers have three digits.
func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", 0.5: "0.50", 9.99: "9.99", 12.34: "12.3", 99.96: "100", 999.4: "999", 999.6: "1.00k", 1000: "1.00k", 12345: "12.3k", 2e15: "2000T"} {
		if got := short(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if got := sparkline([]float64{9, 0, 1, 4, 8}, 4); got != " ▂▅█" {
		t.Errorf("%q", got)
	}
	if got := sparkline([]float64{3}, 3); got != "  █" {
		t.Errorf("%q", got)
	}
}

// A panic leaves the terminal as it was.
func TestScreenAfterPanic(t *testing.T) {
	t.Setenv("TERM", "xterm")
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	_ = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(number)), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	mode := func() unix.Termios {
		m, err := unix.IoctlGetTermios(int(other.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return *m
	}
	before := mode()
	func() {
		defer func() { _ = recover() }()
		s, err := newScreen(other, other)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		if err := s.open(); err != nil {
			t.Fatal(err)
		}
		if mode() == before {
			t.Error("the mode has not changed")
		}
		panic("of a goroutine that draws")
	}()
	if mode() != before {
		t.Errorf("%+v, want %+v", mode(), before)
	}
	text := make([]byte, len(enterScreen+leaveScreen))
	if n, err := io.ReadFull(master, text); err != nil || string(text) != enterScreen+leaveScreen { // in pieces
		t.Errorf("%v, %q", err, text[:n])
	}
}
