package main

import (
	"bytes"
	"fmt"
	"io"
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
	dropped atomic.Int64
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
	}
	return len(b), nil
}

func (w *lineWriter) run() {
	for line := range w.lines {
		if n := w.dropped.Swap(0); n > 0 {
			_, _ = fmt.Fprintf(w.out, "aws: %d lines were dropped here: nobody read them in time\n", n)
		}
		_, _ = w.out.Write(line) // nobody is left to tell of an error
		w.written.Done()
	}
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
