// Deadlines of connections. loop.go waits for the earliest, conn.go acts on
// those missed.

package httpx

import (
	"errors"
	"time"

	"aws/backend"
)

// deadline is something a connection has to do in time.
type deadline uint8

const (
	noDeadline       deadline = iota
	headerDeadline            // complete the head of a request
	idleDeadline              // begin the next request
	stallDeadline             // make progress with a transfer; see stall.go
	lookUpDeadline            // none of its own: a file system has to answer
	bodyDeadline              // complete the body of a request; see http1body.go
	lingerDeadline            // close its side, once we have closed ours
	deliveryDeadline          // take the rest of its responses; see delivery.go
	deadlineKinds
)

// lingerTimeout is how long a connection is still read after we have closed our
// side.
const lingerTimeout = 5 * time.Second

// deliveryLook is the time between two looks whether a client has taken the rest of
// its responses: for so long it occupies a slot after that.
const deliveryLook = 500 * time.Millisecond

// sparedFor is how long an idle connection is not closed to make room for another:
// one that has just been used may have its next request on its way.
const sparedFor = time.Second

// deadlines are those of one loop's connections.
//
// All deadlines of a kind last equally long, so a list in order of arming is
// also in order of expiry. Arming is exact and O(1), and takes no timer, no heap
// and no system call.
type deadlines struct {
	after [deadlineKinds]time.Duration
	lists [deadlineKinds]backend.List
	links []backend.Link // by slot
	due   []int64        // by slot: nanoseconds of the loop's clock
	kind  []deadline     // by slot
}

func newDeadlines(slots int, after [deadlineKinds]time.Duration) (d deadlines, err error) {
	d.after = after
	for k := range d.lists {
		d.lists[k] = backend.NewList()
	}
	var errs [3]error
	d.links, errs[0] = backend.MapArray[backend.Link](slots)
	d.due, errs[1] = backend.MapArray[int64](slots)
	d.kind, errs[2] = backend.MapArray[deadline](slots)
	return d, errors.Join(errs[:]...)
}

func (d *deadlines) destroy() {
	backend.UnmapArray(d.links)
	backend.UnmapArray(d.due)
	backend.UnmapArray(d.kind)
}

// arm gives the slot a deadline of this kind, counted from now. It replaces the
// one the slot has.
func (d *deadlines) arm(slot int32, k deadline, now int64) {
	d.disarm(slot)
	d.kind[slot] = k
	d.due[slot] = now + int64(d.after[k])
	d.lists[k].PushBack(d.links, slot)
}

// disarm takes the slot's deadline away, if it has one.
func (d *deadlines) disarm(slot int32) {
	if k := d.kind[slot]; k != noDeadline {
		d.lists[k].Remove(d.links, slot)
		d.kind[slot] = noDeadline
	}
}

// untilNext returns the time until the earliest deadline: 0 if it has passed,
// below 0 if there is none.
func (d *deadlines) untilNext(now int64) time.Duration {
	earliest := int64(-1)
	for k := range d.lists {
		if first := d.lists[k].First; first != none {
			if due := d.due[first]; earliest < 0 || due < earliest {
				earliest = due
			}
		}
	}
	if earliest < 0 {
		return -1
	}
	return time.Duration(max(earliest-now, 0))
}

// untilUnspared returns the time for which an idle connection is still spared, or 0.
func (d *deadlines) untilUnspared(slot int32, now int64) time.Duration {
	idleSince := d.due[slot] - int64(d.after[idleDeadline])
	return time.Duration(max(idleSince+int64(sparedFor)-now, 0))
}

// expired disarms one slot that has missed its deadline, and returns the slot
// and the kind of deadline. It returns none if no deadline has passed.
func (d *deadlines) expired(now int64) (slot int32, k deadline) {
	for k := range d.lists {
		if first := d.lists[k].First; first != none && d.due[first] <= now {
			d.disarm(first)
			return first, deadline(k)
		}
	}
	return none, noDeadline
}
