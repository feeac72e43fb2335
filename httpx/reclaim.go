// Stream buffers go back from clients that do not take them while others wait. The
// file can be read again.
//
//	sendBegins ─► on the list ─► recall ─► CancelSend ─► wire.go takeBack ─► putBack
//	                  └─ sendEnds            (a count, or -ECANCELED)
//
// filebody.go and wire.go use what is here.

package httpx

import (
	"errors"
	"time"

	"aws/backend"
)

// reclaimAfter is how long a client that takes nothing keeps a stream buffer while
// others wait for one.
const reclaimAfter = int64(time.Second)

// sends are the bodies of which a stream buffer is being sent. Bodies that are made
// are not among them: they cannot be made again.
type sends struct {
	after int64          // reclaimAfter; tests have another
	list  backend.List   // exchanges, the one whose client has taken nothing for longest first
	links []backend.Link // by exchange
	since []int64        // by exchange: when its send began, or 0 if it is not on the list

	recalled   int // buffers that have been recalled and are not back yet
	recalledAt int64
}

func newSends(exchanges int) (s sends, err error) {
	s = sends{after: reclaimAfter, list: backend.NewList()}
	var errs [2]error
	s.links, errs[0] = backend.MapArray[backend.Link](exchanges)
	s.since, errs[1] = backend.MapArray[int64](exchanges)
	return s, errors.Join(errs[:]...)
}

func (s *sends) destroy() {
	backend.UnmapArray(s.links)
	backend.UnmapArray(s.since)
}

// begin puts an exchange at the end of the list, unless it is there.
func (s *sends) begin(i int32, now int64) {
	if s.since[i] == 0 {
		s.since[i] = max(now, 1)
		s.list.PushBack(s.links, i)
	}
}

// end takes it off the list.
func (s *sends) end(i int32) {
	if s.since[i] != 0 {
		s.since[i] = 0
		s.list.Remove(s.links, i)
	}
}

// until returns the time until a buffer is to be recalled for those missing, or below 0
// if none is missing or none can be recalled. One that has been recalled stands for one
// that is missing, unless it fails to come: the network may hold it (zero copy).
func (s *sends) until(missing int, now int64) time.Duration {
	if missing == 0 || s.list.Empty() {
		return -1
	}
	due := s.since[s.list.First] + s.after
	if s.recalled >= missing {
		due = max(due, s.recalledAt+s.after)
	}
	return time.Duration(max(due-now, 0))
}

// recall notes that a buffer is recalled, and recallEnds that its send has ended.
func (s *sends) recall(now int64) {
	if now-s.recalledAt >= s.after {
		s.recalled = 0
	}
	s.recalled++
	s.recalledAt = now
}

func (s *sends) recallEnds() { s.recalled = max(s.recalled-1, 0) }
