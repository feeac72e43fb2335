// Calls that may wait: for a disk, for a server, or for a process that never
// answers. They are made on goroutines, and each file system has a few places for
// them. So a dead one holds up those who ask for its files, and nobody else.
//
//	ask.go, remote.go ─► submit ─► queue of the file system ─► goroutine (task.go)
//	                                                             │
//	Table.NextEvent, to those who wait ◄── answered (answer.go) ◄┘

package files

import (
	"container/list"
	"errors"

	"aws/backend"
	"aws/backend/kernel"
	"aws/httpx/message"
	"aws/httpx/offload"
	"aws/httpx/site"
)

// Pending is the status of a look-up that a goroutine makes. An event announces
// that asking again makes sense.
const Pending = -1

// callsAtOnce is how many calls of a loop may wait for one file system.
const callsAtOnce = 8

// call is something that a goroutine does for a table, or that waits in the queue
// of its file system until one may.
type call struct {
	kind   callKind
	number int32        // in calls.all
	key    string       // of what is looked up, or "": those who ask for the same wait for one call
	askers backend.List // the exchanges that wait for it

	start  Moment // what it finds out counts from then: a path, from the look at its root
	since  int64  // when its goroutine was started, in nanoseconds of the loop's clock
	device uint64 // of the file system that it waits for
	system *system
	queued *list.Element // in the system's queue, or nil
	inside bool          // it has a place

	task task
	// What the answer is for, by kind.
	of      int // the number of a root
	mount   *site.Mount
	coding  message.Coding
	version uint32 // root.version of its root
	mounts  uint32 // Mounts.version when it began
	here    bool   // the path is followed on the root's own file system only
	entry   int32  // pinned until the answer, of a lookCall or a hashCall
	buffer  int32  // that is read into
}

type callKind uint8

const (
	openCall   callKind = iota // opens a file
	folderCall                 // opens a folder
	lookCall                   // looks where the path of an entry leads
	rootCall                   // looks where the path of a root leads
	placeCall                  // none: somebody waits for a place to read
	readCall                   // reads a part of a file
	closeCall                  // closes a descriptor
	hashCall                   // hashes the file of an entry
)

// system is a file system that calls wait for.
type system struct {
	device uint64
	places [callsAtOnce]*call
	inside int // of places, how many are taken
	queue  list.List
}

// calls are those of one table.
type calls struct {
	pool    *offload.Pool[answer]
	all     []*call // by number
	free    []int32
	taken   int
	reading int // readCalls
	closing int // closeCalls
	// submitted is how many there have been.
	submitted uint64
	byKey     map[string]*call
	systems   map[uint64]*system

	notes   []answer // collected, of which noteAt have been taken
	noteAt  int
	telling *call   // its askers are being told
	vacant  *system // has a place that nobody has been given yet

	waits []int32        // by exchange: the number of the call it waits for and 1, or 0
	links []backend.Link // by exchange, of call.askers
}

func newCalls(askers int, wake func()) (c calls, err error) {
	c.pool = offload.NewPool[answer](nil, wake)
	c.byKey, c.systems = make(map[string]*call), make(map[uint64]*system)
	var errs [2]error
	c.waits, errs[0] = backend.MapArray[int32](askers)
	c.links, errs[1] = backend.MapArray[backend.Link](askers)
	return c, errors.Join(errs[:]...)
}

func (c *calls) destroy() {
	backend.UnmapArray(c.waits)
	backend.UnmapArray(c.links)
}

// add makes a call of the file system with this device. It starts nothing.
func (c *calls) add(kind callKind, device uint64, start Moment) *call {
	n := len(c.free) - 1
	if n < 0 {
		c.all = append(c.all, nil)
		c.free = append(c.free, int32(len(c.all)-1))
		n = 0
	}
	number := c.free[n]
	c.free = c.free[:n]
	p := &call{kind: kind, number: number, device: device, start: start, entry: backend.None, buffer: backend.None, askers: backend.NewList()}
	c.all[number] = p
	c.taken++
	return p
}

// submit starts a call, or queues it until its file system has a place.
func (c *calls) submit(p *call, now int64) {
	c.submitted++
	s := c.systems[p.device]
	if s == nil {
		s = &system{device: p.device}
		c.systems[p.device] = s
	}
	if p.system = s; s.inside == callsAtOnce {
		p.queued = s.queue.PushBack(p)
		return
	}
	c.enter(p, now)
}

// enter gives a call a place, and starts it.
func (c *calls) enter(p *call, now int64) {
	s := p.system
	for i := range s.places {
		if s.places[i] == nil {
			s.places[i] = p
			break
		}
	}
	s.inside++
	p.inside, p.since = true, now
	if p.kind != placeCall {
		task, number := p.task, p.number
		c.pool.Go(func() { task.run(c.pool, number) })
	}
}

// leave takes a call's place away.
func (c *calls) leave(p *call) {
	if !p.inside {
		return
	}
	s := p.system
	for i := range s.places {
		if s.places[i] == p {
			s.places[i] = nil
		}
	}
	s.inside--
	p.inside = false
	if c.vacant = s; s.inside == 0 && s.queue.Len() == 0 {
		c.vacant = nil
		delete(c.systems, s.device)
	}
}

// end ends a call that nobody waits for.
func (c *calls) end(p *call) {
	backend.Assert(p.askers.Empty(), "files: a call ends that somebody waits for")
	c.leave(p)
	c.unlist(p)
	if p.queued != nil { // so its file system has no place
		p.system.queue.Remove(p.queued)
		p.queued = nil
	}
	p.task.end()
	c.all[p.number] = nil
	c.free = append(c.free, p.number)
	c.taken--
}

// list lets others wait for the call of a key.
func (c *calls) list(p *call, key string) {
	p.key = key
	c.byKey[key] = p
}

// unlist keeps others from waiting for it.
func (c *calls) unlist(p *call) {
	if p.key != "" {
		delete(c.byKey, p.key)
		p.key = ""
	}
}

// ask makes an exchange wait for a call.
func (c *calls) ask(p *call, asker int32) {
	c.forget(asker)
	p.askers.PushBack(c.links, asker)
	c.waits[asker] = p.number + 1
}

// forget makes an exchange wait no more. A call that nobody waits for any more is
// dropped, unless a goroutine makes it already.
func (c *calls) forget(asker int32) {
	n := c.waits[asker]
	if n == 0 {
		return
	}
	p := c.all[n-1]
	p.askers.Remove(c.links, asker)
	c.waits[asker] = 0
	if p.askers.Empty() && !p.inside && p != c.telling && p.kind != lookCall {
		c.end(p)
	}
}

// fill gives the places of the file system that has some to those in its queue. One
// that only waits for a place is told before it gives any more.
func (c *calls) fill(now int64) {
	for s := c.vacant; s.inside < callsAtOnce && s.queue.Len() > 0; {
		p := s.queue.Remove(s.queue.Front()).(*call)
		p.queued = nil
		c.enter(p, now)
		if p.kind == placeCall {
			c.telling = p
			return
		}
	}
	c.vacant = nil
}

// nextAsker takes the next exchange that is to be told.
func (c *calls) nextAsker() (i int32, ok bool) {
	p := c.telling
	if p == nil {
		return i, false
	}
	if i = p.askers.First; i == backend.None {
		c.telling = nil
		c.end(p)
		return i, false
	}
	p.askers.Remove(c.links, i)
	c.waits[i] = 0
	if p.kind == placeCall { // it is the asker's to take again
		c.leave(p)
	}
	return i, true
}

// nextAnswer takes the next answer. It is valid until the next call.
func (c *calls) nextAnswer() (*answer, bool) {
	if c.noteAt == len(c.notes) {
		if c.notes, c.noteAt = c.pool.Collect(), 0; len(c.notes) == 0 {
			return nil, false
		}
	}
	c.noteAt++
	return &c.notes[c.noteAt-1], true
}

// stuck says that a file system has answered nobody for so long, in nanoseconds,
// that asking it is vain.
func (c *calls) stuck(device uint64, now, patience int64) bool {
	s := c.systems[device]
	if s == nil {
		return false
	}
	for _, p := range s.places {
		if p == nil || now-p.since < patience {
			return false
		}
	}
	return true
}

// closeFile closes a descriptor, unless it is none. A remote file is closed by a
// goroutine: its file system is told (FLUSH of FUSE, say), and may not answer.
func (c *calls) closeFile(fd int, n nature, device uint64, now int64) {
	switch {
	case fd < 0:
	case n != remote:
		_ = kernel.CloseFD(fd)
	default:
		p := c.add(closeCall, device, Moment{})
		p.task.do = func(*answer) { _ = kernel.CloseFD(fd) }
		c.closing++
		c.submit(p, now)
	}
}
