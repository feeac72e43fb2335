// A terminal that a command draws on: its mode, its size, its keys. ANSI sequences are
// those of ECMA-48 and xterm, which every terminal of today knows.

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// enterScreen takes the other screen, and turns the cursor and the wrapping of long
	// lines off. leaveScreen undoes that.
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
)

// screen is a terminal while something draws on it.
type screen struct {
	in, out *os.File
	before  unix.Termios // to be restored

	mu    sync.Mutex
	drawn bool // between open and close
}

// newScreen says what is wrong if the two are not a terminal that can be drawn on.
func newScreen(in, out *os.File) (*screen, error) {
	s := &screen{in: in, out: out}
	for name, f := range map[string]*os.File{"input": in, "output": out} {
		mode, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
		if err != nil {
			return nil, fmt.Errorf("the standard %s is no terminal", name)
		}
		s.before = *mode
	}
	if term := os.Getenv("TERM"); term == "" || term == "dumb" {
		return nil, errors.New("this terminal cannot be drawn on (TERM is " + cmp.Or(term, "not set") + ")")
	}
	return s, nil
}

// open begins to draw: keys come at once and are not shown. Ctrl-C and its like stay
// signals (termios(3)).
func (s *screen) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	mode := s.before
	mode.Lflag &^= unix.ICANON | unix.ECHO
	mode.Iflag &^= unix.IXON | unix.ICRNL
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETS, &mode); err != nil {
		return fmt.Errorf("setting the terminal's mode: %w", err)
	}
	s.drawn = true
	_, err := s.out.WriteString(enterScreen)
	return err
}

// close leaves the terminal as it was. It may be called by any goroutine, and again: each
// that may panic defers it.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.drawn {
		return
	}
	s.drawn = false
	_ = unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETS, &s.before)
	_, _ = s.out.WriteString(leaveScreen)
}

// size is how many columns and rows there are.
func (s *screen) size() (width, height int) {
	size, err := unix.IoctlGetWinsize(int(s.out.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return 80, 24
	}
	return int(size.Col), int(size.Row)
}

// draw shows lines, which fit, on all rows. Each is erased first: after a letter in the last
// column, that would erase the letter.
func (s *screen) draw(lines []string) error {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("\x1b[2K")
		b.WriteString(line)
	}
	_, err := s.out.WriteString(b.String())
	return err
}

// keys reads keys, and hands on one byte after the other until there is an error.
func (s *screen) keys(to chan<- byte) {
	defer s.close()
	b := make([]byte, 16)
	for {
		n, err := s.in.Read(b)
		for _, key := range b[:n] {
			to <- key
		}
		if err != nil {
			close(to)
			return
		}
	}
}
