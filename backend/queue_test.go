package backend

import (
	"slices"
	"testing"
)

func newQueue(t *testing.T, slots, reads, listeners int) *Queue {
	t.Helper()
	q, err := NewQueue(slots, reads, listeners)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// batch takes all entries of a batch, and calls each for every one.
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

// What an entry's completion submits runs in the same batch, and what that one
// submits in the next: the kernel is asked in between.
func TestQueueRounds(t *testing.T) {
	q := newQueue(t, 5, 0, 0)
	q.Put(1)
	again := func(entry uint32) { q.Put(entry + 1) }
	for _, want := range [][]uint32{{1, 2}, {3, 4}, {5, 6}} {
		if q.Empty() {
			t.Fatal("empty")
		}
		if got := batch(q, again); !slices.Equal(got, want) {
			t.Errorf("a batch of %v, want %v", got, want)
		}
	}
}

// Bulk runs after everything else, a few in each batch, in turn.
func TestQueueBulk(t *testing.T) {
	q := newQueue(t, 10, 0, 0)
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
		if got := batch(q, onceMore); !slices.Equal(got, want) {
			t.Errorf("a batch of %v, want %v", got, want)
		}
	}
	if !q.Empty() {
		t.Error("not empty")
	}
}

// The queue holds all that can be on it, and asserts that there is no more.
func TestQueueOverflow(t *testing.T) {
	const slots, reads, listeners = 4, 5, 3 // 16 in all, and 4 of bulk: powers of two
	q := newQueue(t, slots, reads, listeners)
	for i := range uint32(2*slots + reads + listeners) {
		q.Put(i)
	}
	for i := range uint32(slots) {
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

// A lane's operation is bulk if it moves much, has no head and is not cancelled.
func TestIsBulk(t *testing.T) {
	small, large := make([]byte, BulkBytes-1), make([]byte, BulkBytes)
	for _, test := range []struct {
		name  string
		begin func(s *SocketOps)
		want  bool
	}{
		{"nothing", func(*SocketOps) {}, false},
		{"recv", func(s *SocketOps) { s.BeginRecv() }, false},
		{"send", func(s *SocketOps) { s.BeginSend(small) }, false},
		{"large send", func(s *SocketOps) { s.BeginSend(large) }, true},
		{"file", func(s *SocketOps) { s.BeginSendFile(nil, File{}, 0, BulkBytes-1) }, false},
		{"large file", func(s *SocketOps) { s.BeginSendFile(nil, File{}, 0, BulkBytes) }, true},
		{"large file with head", func(s *SocketOps) { s.BeginSendFile(large, File{}, 0, BulkBytes) }, false},
	} {
		var s SocketOps
		test.begin(&s)
		if got := s.IsBulk(); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
		if s.Send.Cancelled = true; s.IsBulk() {
			t.Errorf("%s, cancelled: bulk", test.name)
		}
	}
}
