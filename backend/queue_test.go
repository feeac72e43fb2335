package backend

import (
	"slices"
	"testing"
)

// batch takes all entries of a batch, and calls each with its entry.
func batch(q *Queue, each func(entry uint32)) (taken []uint32) {
	q.StartBatch()
	for {
		entry, ok := q.Take()
		if !ok {
			return taken
		}
		taken = append(taken, entry)
		each(entry)
	}
}

// What an entry's completion submits is done in the same batch, and what that
// submits in the next one: the kernel is asked in between.
func TestQueueRounds(t *testing.T) {
	q := NewQueue(10)
	q.Put(1)
	again := func(entry uint32) { q.Put(entry + 1) }
	for _, want := range [][]uint32{{1, 2}, {3, 4}, {5, 6}} {
		if q.Empty() {
			t.Fatal("empty")
		}
		if got := batch(&q, again); !slices.Equal(got, want) {
			t.Errorf("a batch of %v, want %v", got, want)
		}
	}
}

// Bulk comes behind all the rest, a few in each batch, in turn.
func TestQueueBulk(t *testing.T) {
	q := NewQueue(20)
	for i := range uint32(6) {
		q.PutBulk(100 + i)
	}
	q.Put(1)
	onceMore := func(entry uint32) {
		switch {
		case entry < 3:
			q.Put(entry + 1)
		case entry >= 100 && entry < 200: // the next piece of the same file
			q.PutBulk(entry + 100)
		}
	}
	for _, want := range [][]uint32{
		{1, 2, 100, 101, 102, 103},
		{3, 104, 105, 200, 201},
		{202, 203, 204, 205},
	} {
		if got := batch(&q, onceMore); !slices.Equal(got, want) {
			t.Errorf("a batch of %v, want %v", got, want)
		}
	}
	if !q.Empty() {
		t.Error("not empty")
	}
}

func TestQueueOverflow(t *testing.T) {
	q := NewQueue(3)
	for i := range uint32(4) { // a power of two
		q.Put(i)
		q.PutBulk(i)
	}
	for name, put := range map[string]func(uint32){"Put": q.Put, "PutBulk": q.PutBulk} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error(name, "beyond the capacity does not panic")
				}
			}()
			put(9)
		}()
	}
}
