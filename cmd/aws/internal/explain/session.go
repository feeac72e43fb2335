package explain

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Session is a server that is watched, and asked.
type Session struct {
	server  *exec.Cmd
	asks    io.WriteCloser
	replies *bufio.Reader
	hurry   *time.Timer
	address string
	start   []Record
}

// Open starts a server: a command whose standard input and output go to
// Recorder.Serve.
func Open(server *exec.Cmd) (s *Session, err error) {
	s = &Session{server: server}
	if s.asks, err = server.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.replies = bufio.NewReaderSize(out, 1<<20)
	if err = server.Start(); err != nil {
		return nil, err
	}
	s.hurry = time.AfterFunc(2*patience, func() { _ = server.Process.Kill() })
	first, err := s.reply()
	if err != nil {
		s.Close()
		return nil, err
	}
	s.address, s.start = first.Address, first.Records
	return s, nil
}

// Close ends the server.
func (s *Session) Close() {
	_ = s.asks.Close()
	_ = s.server.Wait()
	s.hurry.Stop()
}

func (s *Session) reply() (r reply, err error) {
	line, err := s.replies.ReadBytes('\n')
	if err != nil {
		return r, errors.New("the server has ended without a word")
	}
	if err = json.Unmarshal(line, &r); err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return r, err
}

func (s *Session) ask(what string) (reply, error) {
	if _, err := io.WriteString(s.asks, what+"\n"); err != nil {
		return reply{}, err
	}
	return s.reply()
}

// Serve has the server serve a request twice on one connection, and adds to run what
// it does. before, if not nil, runs when the connection is there.
func (s *Session) Serve(r *Request, run *Run, before func()) error {
	run.start = s.start
	c, err := dial(s.address)
	if err != nil {
		return err
	}
	defer c.Close()
	rest := func(what, title, answer string) {
		if err != nil {
			return
		}
		var done reply
		if done, err = s.ask(what); err == nil {
			run.Steps = append(run.Steps, Step{Title: title, Answer: answer, Records: done.Records})
		}
	}
	rest(askConnected, "A client connects", "")
	if err == nil && before != nil {
		before()
	}
	for _, title := range []string{"The request", "The same again"} {
		if err != nil || c.over {
			break
		}
		var answer string
		if answer, err = c.ask(r); err == nil {
			rest(askAnswered, title, answer)
		}
	}
	_ = c.Close()
	rest(askClosed, "The client leaves", "")
	return err
}

// Files are the files that the server has opened.
func (s *Session) Files() ([]string, error) {
	r, err := s.ask(askFiles)
	return r.Files, err
}

// Drop drops files from the page cache. The error names one that stays there.
func Drop(paths []string) error {
	for _, path := range paths {
		if err := drop(path); err != nil {
			return err
		}
	}
	return nil
}

func drop(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return err
	}
	_ = f.Sync()    // what has not been written yet cannot be dropped
	for range 100 { // a page that somebody looks at stays for now
		if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
			return os.NewSyscallError("posix_fadvise", err)
		}
		if resident, _ := backend.Resident(int32(f.Fd()), 0, backend.Align); !resident {
			return nil
		}
		time.Sleep(restPause)
	}
	return fmt.Errorf("%s stays in the page cache: its file system has no disk, or somebody uses it", path)
}
