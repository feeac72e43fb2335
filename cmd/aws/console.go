package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// stdout and stderr are what the process prints on. Whoever reads them may stop
// reading, such as a log collector that hangs or a pager: that must not stop a
// loop, nor the start or the end.
var (
	stdout = &lineWriter{out: os.Stdout}
	stderr = &lineWriter{out: os.Stderr}
)

const (
	// queuedLines bounds the lines that wait to be written.
	queuedLines = 1024
	// flushTime is how long the end of the process waits for them.
	flushTime = time.Second
)

// lineWriter is an io.Writer that never waits: a thread of its own writes the
// lines. When the queue is full a line is dropped, and the next one that is
// written says how many.
type lineWriter struct {
	out     io.Writer
	start   sync.Once
	lines   chan []byte
	written sync.WaitGroup
	dropped atomic.Int64                // since the last line that was written
	lost    atomic.Uint64               // lines that were not written, since the start
	mu      sync.Mutex                  // held while out is written on
	log     atomic.Pointer[slog.Logger] // which writes on it, if programs read it
}

// Write takes a line, or several. It always succeeds.
func (w *lineWriter) Write(b []byte) (int, error) {
	w.start.Do(func() {
		w.lines = make(chan []byte, queuedLines)
		go w.run()
	})
	w.written.Add(1)
	select {
	case w.lines <- bytes.Clone(b):
	default:
		w.written.Done()
		w.dropped.Add(1)
		w.lost.Add(1)
	}
	return len(b), nil
}

func (w *lineWriter) run() {
	for line := range w.lines {
		if n := w.dropped.Swap(0); n > 0 {
			if w.log.Load() != nil {
				slog.New(slog.NewJSONHandler(w.direct(), nil)).Warn("lines were dropped here: nobody read them in time", "lines", n)
			} else {
				_, _ = fmt.Fprintf(w.direct(), "aws: %d lines were dropped here: nobody read them in time\n", n)
			}
		}
		if _, err := w.direct().Write(line); err != nil {
			w.lost.Add(1) // nobody else is left to tell
		}
		w.written.Done()
	}
}

// direct writes on the same, and waits for whoever reads it. Neither tears what the other
// writes.
func (w *lineWriter) direct() directWriter { return directWriter{w} }

type directWriter struct{ w *lineWriter }

func (d directWriter) Write(b []byte) (int, error) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.w.out.Write(b)
}

// flush waits until everything has been written, or for flushTime.
func (w *lineWriter) flush() {
	done := make(chan struct{})
	go func() {
		w.written.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(flushTime):
	}
}
