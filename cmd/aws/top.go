// 'aws top': the live page in a terminal.
//
//	admin address ─► topfeed.go ─► top.go ─► toprows.go ─► topview.go ─► screen.go
//	/events          heard         keys      rates         lines         terminal

package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// newTopCommand shows what a server does.
func newTopCommand() *cobra.Command {
	address := ""
	c := &cobra.Command{
		Use:   "top",
		Short: "show what a server that runs does, second by second",
		Long: `Show what a server that runs does, second by second: requests, bytes, latencies,
connections, loops, system calls, and what is asked for most. The server has to
have been started with --admin=ADDRESS.

Keys: q quits, p pauses, + and - change the interval.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return top(address) },
	}
	adminFlag(c, &address)
	return c
}

// intervals are those from one picture to the next, each longer than the one before.
var intervals = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute}

// top shows the server at an address until somebody ends it.
func top(address string) error {
	s, err := newScreen(os.Stdin, os.Stdout)
	if err != nil {
		return fmt.Errorf("aws top draws on a terminal, and %w; 'aws stats' prints the figures once", err)
	}
	c, body, err := openAdmin(address, "/events") // what is wrong now is said at once
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.open(); err != nil {
		return err
	}
	told, keys, signals := make(chan heard), make(chan byte), make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGWINCH, unix.SIGTSTP)
	go func() {
		defer s.close() // if it panics
		follow(address, c, body, told)
	}()
	go s.keys(keys)
	v := &topView{address: address, paint: inColour(os.Stdout)}
	for {
		if err := s.draw(v.lines(s.size())); err != nil {
			return err
		}
		select {
		case h := <-told:
			v.take(h)
		case key, open := <-keys:
			if !open {
				return errors.New("the terminal is gone")
			}
			if key == 'q' || key == 'Q' {
				return nil
			}
			v.press(key)
		case got := <-signals:
			switch got {
			case unix.SIGWINCH:
			case unix.SIGTSTP:
				if err := s.suspend(); err != nil {
					return err
				}
			default:
				return nil // a second signal finds no handler, should the terminal be stuck
			}
		}
	}
}

// suspend stops the process, as Ctrl-Z does, with the terminal as it was before.
func (s *screen) suspend() error {
	s.close()
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, unix.SIGCONT)
	defer signal.Stop(goesOn)
	if err := unix.Kill(unix.Getpid(), unix.SIGSTOP); err != nil {
		return err
	}
	<-goesOn // this thread may run on for a moment before it is stopped
	return s.open()
}
