// What 'aws top' hears: the events of an admin address, and whether it answers.

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"time"

	"aws/httpx/stats"
)

const (
	// silence in which nothing is heard ends a connection: there is an event a second,
	// and two seconds later if a loop does not answer.
	silence = 5 * time.Second
	// retryPause is the time from one attempt to connect to the next.
	retryPause = time.Second
)

// heard is an event, or why there is none.
type heard struct {
	State string `json:"state"` // starting, serving or draining
	stats.Snapshot
	err error
}

// follow tells of what a server does, for ever. It begins with a connection that there
// is, and makes a new one when that ends.
func follow(address string, c net.Conn, body *bufio.Reader, tell chan<- heard) {
	for {
		err := readEvents(c, body, tell)
		_ = c.Close()
		for {
			tell <- heard{err: err}
			time.Sleep(retryPause)
			if c, body, err = openAdmin(address, "/events"); err == nil {
				break
			}
		}
	}
}

// readEvents tells of events, and returns why there are no more.
func readEvents(c net.Conn, body *bufio.Reader, tell chan<- heard) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxAdmin)
	for {
		_ = c.SetReadDeadline(time.Now().Add(silence))
		if !lines.Scan() {
			if err := lines.Err(); err != nil {
				return errors.New("it does not answer")
			}
			return errors.New("it has ended")
		}
		data, found := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !found {
			continue
		}
		var h heard
		if err := json.Unmarshal(data, &h); err != nil {
			return errors.New("what it sends is not understood; is it another version?")
		}
		tell <- h
	}
}
