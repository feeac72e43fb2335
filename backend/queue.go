package backend

// What an entry of a Queue stands for, in its top bits; the rest is a slot or
// a listener's index.
const (
	SocketEntry   uint32 = 0
	ReadEntry     uint32 = 1 << 30
	ListenerEntry uint32 = 2 << 30
	EntryKind     uint32 = 3 << 30
)

// Queue holds what Next has to do. A connection is on it at most once for its
// socket operation and once for its file read, a listener once, so it cannot
// overflow.
//
// What moves many bytes waits behind all the rest, and is done a few at a time:
// otherwise a request for a small file would wait until all large ones that are
// being sent have had their turn, which takes milliseconds.
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
	// bulkBatch is how many entries of bulk a batch has, and BulkBytes from
	// how many bytes on a send is one.
	bulkBatch = 4
	BulkBytes = 128 << 10
)

// NewQueue makes a queue for so many entries, of which each may be bulk.
func NewQueue(capacity int) Queue {
	size := 1
	for size < capacity {
		size *= 2
	}
	return Queue{first: ring{entries: make([]uint32, size)}, bulk: ring{entries: make([]uint32, size)}}
}

// IsBulk says of a socket operation with so many bytes in memory and left of a
// file whether it is bulk. A head does not wait, and has no more than BulkBytes
// of its file sent with it.
func IsBulk(op Op, memory int, left int64) bool {
	return op == OpSend && memory >= BulkBytes || op == OpSendFile && memory == 0 && left >= BulkBytes
}

func (q *Queue) Empty() bool { return q.first.empty() && q.bulk.empty() }

// Put puts an entry that is to be done with the others of its batch.
func (q *Queue) Put(entry uint32) { q.first.put(entry) }

// PutBulk puts an entry that moves much.
func (q *Queue) PutBulk(entry uint32) { q.bulk.put(entry) }

// PutSocket puts a connection's socket operation, bulk or not: see IsBulk.
func (q *Queue) PutSocket(slot uint32, bulk bool) {
	if bulk {
		q.PutBulk(SocketEntry | slot)
	} else {
		q.Put(SocketEntry | slot)
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
	return 0, false
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
