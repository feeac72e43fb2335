package backend

// What an entry of a Queue stands for, in its top bits; the rest is a slot or
// a listener's index.
const (
	SocketEntry   uint32 = 0
	ReadEntry     uint32 = 1 << 30
	ListenerEntry uint32 = 2 << 30
	EntryKind     uint32 = 3 << 30
)

// Queue is the ring of what Next has to do. A connection is on it at most
// once for its socket operation and once for its file read, a listener once,
// so it cannot overflow.
type Queue struct {
	ring       []uint32 // a power of two long
	head, tail uint32   // taken and put; they wrap
	end        uint32   // of the batch
	round      int      // of the batch
}

// A batch has two rounds: what Wait found, and what the completions of that
// have submitted. So a request costs one turn of the loop, and yet the kernel
// is asked at a steady pace.
const rounds = 2

func NewQueue(capacity int) Queue {
	size := 1
	for size < capacity {
		size *= 2
	}
	return Queue{ring: make([]uint32, size)}
}

func (q *Queue) Empty() bool { return q.head == q.tail }

func (q *Queue) Put(entry uint32) {
	Assert(q.tail-q.head < uint32(len(q.ring)), "queue: overflow")
	q.ring[q.tail&uint32(len(q.ring)-1)] = entry
	q.tail++
}

func (q *Queue) StartBatch() {
	q.end = q.tail
	q.round = 1
}

// Take returns the next entry of the batch.
func (q *Queue) Take() (entry uint32, ok bool) {
	if q.head == q.end {
		if q.round >= rounds || q.Empty() {
			return 0, false
		}
		q.round++
		q.end = q.tail
	}
	entry = q.ring[q.head&uint32(len(q.ring)-1)]
	q.head++
	return entry, true
}
