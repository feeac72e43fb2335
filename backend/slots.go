package backend

// Slots hands out connection slots with generations. Engines keep their own
// state per slot in arrays of their own.
//
// Freed slots are reused last in, first out, so that the slots in use stay few
// and warm; slots never used have never been touched.
type Slots struct {
	generations []uint32 // of the current or the last connection; never 0 while taken
	taken       []bool
	free        []uint32 // a stack of freed slots
	fresh       uint32   // this slot and those after it were never taken
}

// NewSlots makes n slots, 1 to MaxSlots.
func NewSlots(n int) *Slots {
	Assert(n >= 1 && n <= MaxSlots, "slots: count out of range")
	return &Slots{
		generations: make([]uint32, n),
		taken:       make([]bool, n),
		free:        make([]uint32, 0, n),
	}
}

// Len is the number of slots.
func (s *Slots) Len() int { return len(s.generations) }

// Full says that no slot is free.
func (s *Slots) Full() bool { return len(s.free) == 0 && int(s.fresh) == len(s.generations) }

// Used is the number of slots taken.
func (s *Slots) Used() int { return int(s.fresh) - len(s.free) }

// Take takes a free slot and returns its token, of a generation that the slot
// has not had before. There must be one: see Full.
func (s *Slots) Take() Token {
	Assert(!s.Full(), "slots: take while full")
	var i uint32
	if n := len(s.free); n > 0 {
		i = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		i = s.fresh
		s.fresh++
	}
	s.generations[i]++
	if s.generations[i] == 0 { // wrapped: generation 0 names the engine's own events
		s.generations[i] = 1
	}
	s.taken[i] = true
	return MakeToken(i, s.generations[i])
}

// Live says that t names a connection that is open now.
func (s *Slots) Live(t Token) bool {
	i := t.Slot()
	return int(i) < len(s.generations) && s.taken[i] && s.generations[i] == t.Generation()
}

// Check asserts that t names a connection that is open now, and returns its
// slot.
func (s *Slots) Check(t Token) (slot uint32) {
	Assert(s.Live(t), "stale token")
	return t.Slot()
}

// Token returns the token of a taken slot.
func (s *Slots) Token(slot uint32) Token {
	Assert(s.taken[slot], "slots: token of a free slot")
	return MakeToken(slot, s.generations[slot])
}

// Free gives t's slot back.
func (s *Slots) Free(t Token) {
	Assert(s.Live(t), "slots: free of a stale token")
	s.taken[t.Slot()] = false
	s.free = append(s.free, t.Slot())
}

// Fresh returns one more than the highest slot ever taken, the bound for
// walks over all live slots.
func (s *Slots) Fresh() uint32 { return s.fresh }

// Taken says that the slot is in use.
func (s *Slots) Taken(slot uint32) bool { return s.taken[slot] }
