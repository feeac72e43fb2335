package backend

// An entry of a Queue: its kind in the top bits, and below them a slot, the
// number of a read, or a listener's index.
const (
	RecvEntry     uint32 = 0
	SendEntry     uint32 = 1 << 30
	ReadEntry     uint32 = 2 << 30
	ListenerEntry uint32 = 3 << 30
	EntryKind     uint32 = 3 << 30
)

// Queue holds what Next has to do. Each lane of a connection, each read and
// each listener is on it at most once, so it cannot overflow.
//
// Large transfers run after everything else, a few per batch. Otherwise a
// request for a small file would wait for a turn of every large one being sent,
// which takes milliseconds.
type Queue struct {
	first, bulk ring
	end         uint32 // of the batch, in first
	round       int    // of the batch, in first
	left        int    // of the batch, in bulk
}

// ring is a queue in an array, a power of two long.
type ring struct {
	entries    []uint32
	head, tail uint32 // taken and put; they wrap
}

const (
	// A batch has two rounds: what Wait found, and what the completions of
	// that have submitted. So a request costs one turn of the loop, and yet
	// the kernel is asked at a steady pace.
	rounds = 2
	// bulkBatch is how many bulk entries a batch has.
	bulkBatch = 4
)

// NewQueue makes a queue for the entries of so many slots, reads and listeners.
// Only sends are bulk, one a slot.
func NewQueue(slots, reads, listeners int) (*Queue, error) {
	q := &Queue{}
	var err error
	if q.first.entries, err = MapArrayFor[uint32](q, ringSize(2*slots+reads+listeners)); err == nil {
		q.bulk.entries, err = MapArrayFor[uint32](q, ringSize(slots))
	}
	return q, err
}

func (q *Queue) Empty() bool { return q.first.empty() && q.bulk.empty() }

// Put puts an entry to be done with the others of its batch.
func (q *Queue) Put(entry uint32) { q.first.put(entry) }

// PutBulk puts the entry of a large transfer.
func (q *Queue) PutBulk(entry uint32) { q.bulk.put(entry) }

// PutRecv puts the Recv of a connection.
func (q *Queue) PutRecv(slot uint32, s *SocketOps) {
	s.Recv.Queued = true
	q.Put(RecvEntry | slot)
}

// PutSend puts the Send or SendFile of a connection.
func (q *Queue) PutSend(slot uint32, s *SocketOps) {
	s.Send.Queued = true
	if s.IsBulk() {
		q.PutBulk(SendEntry | slot)
	} else {
		q.Put(SendEntry | slot)
	}
}

func (q *Queue) StartBatch() {
	q.end = q.first.tail
	q.round = 1
	q.left = bulkBatch
}

// Take returns the next entry of the batch.
func (q *Queue) Take() (entry uint32, ok bool) {
	if q.first.head == q.end && q.round < rounds {
		q.round++
		q.end = q.first.tail
	}
	switch {
	case q.first.head != q.end:
		return q.first.take(), true
	case q.left > 0 && !q.bulk.empty():
		q.left--
		return q.bulk.take(), true
	}
	q.first.rewind()
	q.bulk.rewind()
	q.end = q.first.head
	return 0, false
}

// ringSize is the length of a ring for at least n entries.
func ringSize(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	return size
}

// rewind begins an empty ring anew, so that it touches only as much of its memory as
// is in use at a time.
func (r *ring) rewind() {
	if r.empty() {
		r.head, r.tail = 0, 0
	}
}

func (r *ring) empty() bool { return r.head == r.tail }

func (r *ring) put(entry uint32) {
	Assert(r.tail-r.head < uint32(len(r.entries)), "queue: overflow")
	r.entries[r.tail&uint32(len(r.entries)-1)] = entry
	r.tail++
}

func (r *ring) take() (entry uint32) {
	entry = r.entries[r.head&uint32(len(r.entries)-1)]
	r.head++
	return entry
}
