package explain

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// What the asking process sends, a line each. All but files wait until the server
// rests: its loop sleeps in the kernel.
const (
	askConnected = "connected" // and until a client has been accepted
	askAnswered  = "answered"
	askClosed    = "closed" // and until its connection has been closed
	askFiles     = "files"  // the paths of the files that have been opened
)

// reply is what it gets, as a line of JSON.
type reply struct {
	Address string   `json:",omitempty"` // only at first
	Error   string   `json:",omitempty"`
	Records []Record `json:",omitempty"` // since the last reply that had some
	Files   []string `json:",omitempty"`
}

// Recorder keeps what it is told of the kernel's calls.
type Recorder struct {
	mu       sync.Mutex
	records  []Record
	sent     int  // of these
	waits    bool // the loop sleeps in the kernel
	underWay int  // calls, that of the loop among them
	accepted int  // connections
	closed   int
	sockets  []int32 // that have been accepted and are open
	opened   []int32 // descriptors of files
}

// Begins notes that a call is about to be made.
func (r *Recorder) Begins(waits bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = r.waits || waits
	r.underWay++
}

// Told notes an event.
func (r *Recorder) Told(e *kernel.Event) {
	thread := unix.Gettid()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.underWay--
	if e.Waits {
		r.waits = false
	}
	r.records = append(r.records, Record{*e, thread})
	switch {
	case e.Result < 0:
	case e.Call == kernel.Accept4 || e.Call == kernel.CQE && entryOf(r.records, len(r.records)-1).Call == kernel.SQEAccept:
		r.accepted++
		r.sockets = append(r.sockets, int32(e.Result))
	case e.Call == kernel.Close && slices.Contains(r.sockets, e.FD):
		r.closed++
		r.sockets = slices.DeleteFunc(r.sockets, func(fd int32) bool { return fd == e.FD })
	case e.Call == kernel.Openat2 && e.Flags&unix.O_PATH == 0:
		r.opened = append(r.opened, int32(e.Result))
	}
}

// entryOf is the entry that the completion at i belongs to: the last one with its tag.
func entryOf(records []Record, i int) *Record {
	for j := i - 1; j >= 0; j-- {
		if e := &records[j]; e.Tag == records[i].Tag && !e.Call.IsSystemCall() && !e.Call.IsCompletion() {
			return e
		}
	}
	return &Record{}
}

// Rests of the server are looked for this often, and believed after some looks in
// which nothing has happened: more of them if another thread is in a call, which may
// never end.
const (
	restPause = 2 * time.Millisecond
	restLooks = 5
	longLooks = 500
)

// await waits until the server rests and done holds, or has ended.
func (r *Recorder) await(ended <-chan error, done func() bool) error {
	seen, quiet, looks := -1, 0, restLooks
	for quiet < looks {
		select {
		case err := <-ended:
			return fmt.Errorf("the server has ended: %w", err)
		case <-time.After(restPause):
		}
		r.mu.Lock()
		if r.waits && len(r.records) == seen && done() {
			quiet++
		} else {
			seen, quiet = len(r.records), 0
		}
		if looks = restLooks; r.underWay > 1 {
			looks = longLooks
		}
		r.mu.Unlock()
	}
	return nil
}

// Serve answers the process that asks, until that closes in. The server runs, listens
// at address, and tells ended of its end.
func (r *Recorder) Serve(address string, ended <-chan error, in io.Reader, out io.Writer) error {
	encoder := json.NewEncoder(out)
	err := r.await(ended, func() bool { return true })
	if err == nil {
		err = encoder.Encode(reply{Address: address, Records: r.since()})
	}
	for asked := bufio.NewScanner(in); err == nil && asked.Scan(); {
		switch asked.Text() {
		case askConnected:
			err = r.await(ended, func() bool { return r.accepted > 0 })
		case askClosed:
			err = r.await(ended, func() bool { return r.closed == r.accepted })
		case askFiles:
			err = encoder.Encode(reply{Files: r.files()})
			continue
		default:
			err = r.await(ended, func() bool { return true })
		}
		if err == nil {
			err = encoder.Encode(reply{Records: r.since()})
		}
	}
	return err
}

// since returns what has been told since the last call.
func (r *Recorder) since() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	step := slices.Clone(r.records[r.sent:])
	r.sent = len(r.records)
	return step
}

// Fail tells the process that asks why there is no server.
func Fail(out io.Writer, err error) { _ = json.NewEncoder(out).Encode(reply{Error: err.Error()}) }

// files are the paths of the files that have been opened, as far as they are open.
func (r *Recorder) files() (paths []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, fd := range r.opened {
		b := make([]byte, unix.PathMax)
		if n, err := unix.Readlink("/proc/self/fd/"+strconv.Itoa(int(fd)), b); err == nil && !slices.Contains(paths, string(b[:n])) {
			paths = append(paths, string(b[:n]))
		}
	}
	return paths
}
