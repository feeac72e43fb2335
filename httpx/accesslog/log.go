// The log: loops add records, and one goroutine writes lines.

package accesslog

import (
	"bytes"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Config is what is logged, and where to.
type Config struct {
	To     Target
	Format *Format
	Only   *Filter // nil for all
	Sample int     // log one of so many exchanges, and all with trouble; 0 and 1 log all
	Names  Names
	Loops  int
	Log    *slog.Logger // for what keeps lines from being written
}

// Log is an access log.
type Log struct {
	config Config
	picky  bool // some exchanges are not logged
	rings  []*ring
	sink   sink

	asleep  atomic.Bool   // the writer waits for a line
	wake    chan struct{} // there is one
	urgent  chan struct{} // a chunk is full, or one of the following is set
	reopen  atomic.Bool
	ending  atomic.Bool
	ended   chan struct{} // closed once the writer has given up
	current *ring         // whose line has been written in part, or nil
	trouble trouble

	tooLate atomic.Bool // nobody waits for the writer any more
}

const (
	// gather is how long a line waits for others to be written with, at most.
	gather = time.Second
	// openPatience is how long the start waits for a file system to open the file.
	openPatience = time.Second
	// EndPatience is how long Close waits for what is left, at most.
	EndPatience = time.Second
)

// Open opens a log. An error says that it cannot be opened; a file system or a reader
// that does not answer is no error, but a warning.
func Open(c Config) (*Log, error) { return open(c, c.To.sink()) }

func open(c Config, to sink) (*Log, error) {
	l := &Log{
		config: c, picky: c.Only != nil || c.Sample > 1, sink: to,
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), ended: make(chan struct{}),
		trouble: trouble{log: c.Log, to: c.To.String()},
	}
	names := c.Format.escapedNames(c.Names)
	for range c.Loops {
		r, err := newRing(c.Format, names)
		if err != nil {
			return nil, err
		}
		l.rings = append(l.rings, r)
	}
	opened := make(chan error, 1)
	go l.write(opened)
	select {
	case err := <-opened:
		if err != nil {
			l.ending.Store(true)
			poke(l.urgent)
			return nil, err
		}
		return l, nil
	case <-time.After(openPatience):
		c.Log.Warn("the access log is not open yet, and lines wait for it", "path", c.To.String())
		return l, nil
	}
}

// Add logs an exchange, if it is one that is to be logged. Only the loop of the exchange
// may call it.
func (l *Log) Add(r *Record) {
	ring := l.rings[r.Loop]
	if l.picky && !l.wants(ring, r) {
		return
	}
	b, full := ring.room()
	if b == nil {
		ring.drop(l.config.Log, r.End)
	} else {
		ring.add(ring.composer.line(b, ring.n, r))
	}
	switch {
	case full:
		poke(l.urgent)
	case l.asleep.Load() && l.asleep.CompareAndSwap(true, false):
		poke(l.wake)
	}
}

// wants says whether an exchange is to be logged.
func (l *Log) wants(ring *ring, r *Record) bool {
	if l.config.Only != nil && !l.config.Only.matches(r, ring, &l.config.Names) {
		return false
	}
	if n := uint64(l.config.Sample); n > 1 && !r.trouble() {
		ring.seen++
		return ring.seen%n == 1
	}
	return true
}

func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it has been
	}
}

// Reopen opens the file anew, under the name that it had: for logrotate(8).
func (l *Log) Reopen() {
	l.reopen.Store(true)
	poke(l.urgent)
}

// Written is how many lines have been written, whole. Any goroutine may ask.
func (l *Log) Written() (n uint64) {
	for _, r := range l.rings {
		n += r.out.Load()
	}
	return n
}

// Dropped is how many lines have been dropped. Any goroutine may ask.
func (l *Log) Dropped() (n uint64) {
	for _, r := range l.rings {
		n += r.dropped.Load()
	}
	return n
}

// Close writes what is left, and waits for that for up to EndPatience. It returns how many
// lines could not be written, without those that were dropped before. No loop runs any
// more.
func (l *Log) Close() (lost int) {
	l.ending.Store(true)
	poke(l.urgent)
	select {
	case <-l.ended:
	case <-time.After(EndPatience):
		l.tooLate.Store(true)
	}
	for _, r := range l.rings {
		lost += int(r.lines - r.out.Load())
	}
	return lost
}

// write is the writer.
func (l *Log) write(opened chan<- error) {
	defer close(l.ended)
	_, err := l.sink.open()
	if errors.Is(err, unix.ENXIO) { // a FIFO that nobody reads yet
		l.trouble.is(err)
		err = nil
	}
	opened <- err
	defer l.sink.close()
	timer := time.NewTimer(gather)
	for !l.ending.Load() {
		l.sleep(timer)
		if l.reopen.Swap(false) {
			l.openAnew()
		}
		if err := l.flush(); err != nil {
			l.trouble.is(err)
		}
	}
	for l.pending() && !l.tooLate.Load() {
		if err := l.flush(); err != nil && err != errBusy {
			l.trouble.is(err)
			return
		}
	}
}

// sleep waits for a line and then for a while, so that one write takes many. Something
// urgent ends both waits.
func (l *Log) sleep(timer *time.Timer) {
	l.asleep.Store(true)
	if l.pending() || l.reopen.Load() || l.ending.Load() { // added, or asked for, before that was to be seen
		l.asleep.Store(false)
	} else {
		select {
		case <-l.wake:
		case <-l.urgent:
			l.asleep.Store(false)
			return
		}
	}
	timer.Reset(gather)
	select {
	case <-timer.C:
	case <-l.urgent:
	}
}

// pending says that there is something to write.
func (l *Log) pending() bool {
	for _, r := range l.rings {
		if len(r.ready()) > 0 {
			return true
		}
	}
	return false
}

// flush writes what there is, or returns why that does not work now.
func (l *Log) flush() error {
	if l.current != nil { // a line is ended before another begins
		if err := l.flushRing(l.current); err != nil {
			return err
		}
	}
	for _, r := range l.rings {
		if err := l.flushRing(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) flushRing(r *ring) error {
	for b := r.ready(); len(b) > 0; b = r.ready() {
		n, err := l.sink.write(b)
		r.take(n, bytes.Count(b[:n], newline))
		if l.current = nil; r.inLine() {
			l.current = r
		}
		if err != nil {
			return err
		}
		l.trouble.over()
	}
	return nil
}

// openAnew opens the file anew. A line of which the old one has a part is written whole
// into the new one.
func (l *Log) openAnew() {
	another, err := l.sink.open()
	if err != nil {
		l.config.Log.Warn("the access log could not be opened anew; lines go where they went", "path", l.config.To.String(), "err", err)
		return
	}
	if another && l.current != nil {
		l.current.back()
		l.current = nil
	}
}
