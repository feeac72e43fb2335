package backend

// Slots hands out connection slots with generations. Engines keep their own
// state per slot in arrays of their own.
//
// Freed slots are reused last in, first out, so that the slots in use stay few
// and warm; slots never used have never been touched, and cost no memory.
type Slots struct {
	all   []slot
	free  int    // how many have been freed: a stack, see slot.freed
	fresh uint32 // this slot and those after it were never taken
}

type slot struct {
	generation uint32 // odd while taken; counts up at each take and free
	freed      uint32 // an entry of the stack of freed slots, which has no array of its own
}

func (s slot) taken() bool { return s.generation%2 == 1 }

// NewSlots makes n slots, 1 to MaxSlots.
func NewSlots(n int) (*Slots, error) {
	Assert(n >= 1 && n <= MaxSlots, "slots: count out of range")
	s := &Slots{}
	var err error
	s.all, err = MapArrayFor[slot](s, n)
	return s, err
}

// Len is the number of slots.
func (s *Slots) Len() int { return len(s.all) }

// Full says that no slot is free.
func (s *Slots) Full() bool { return s.free == 0 && int(s.fresh) == len(s.all) }

// Used is the number of slots taken.
func (s *Slots) Used() int { return int(s.fresh) - s.free }

// Take takes a free slot and returns its token, of a generation that the slot
// has not had before. There must be one: see Full.
func (s *Slots) Take() Token {
	Assert(!s.Full(), "slots: take while full")
	var i uint32
	if s.free > 0 {
		s.free--
		i = s.all[s.free].freed
	} else {
		i = s.fresh
		s.fresh++
	}
	s.all[i].generation++ // to an odd number: 0 names the engine's own events
	return MakeToken(i, s.all[i].generation)
}

// Live says that t names a connection that is open now.
func (s *Slots) Live(t Token) bool {
	i := t.Slot()
	return int(i) < len(s.all) && s.all[i].taken() && s.all[i].generation == t.Generation()
}

// Check asserts that t names a connection that is open now, and returns its
// slot.
func (s *Slots) Check(t Token) (slot uint32) {
	Assert(s.Live(t), "stale token")
	return t.Slot()
}

// Token returns the token of a taken slot.
func (s *Slots) Token(slot uint32) Token {
	Assert(s.all[slot].taken(), "slots: token of a free slot")
	return MakeToken(slot, s.all[slot].generation)
}

// Free gives t's slot back.
func (s *Slots) Free(t Token) {
	Assert(s.Live(t), "slots: free of a stale token")
	s.all[t.Slot()].generation++
	s.all[s.free].freed = t.Slot()
	s.free++
}

// Fresh returns one more than the highest slot ever taken, the bound for
// walks over all live slots.
func (s *Slots) Fresh() uint32 { return s.fresh }

// Taken says that the slot is in use.
func (s *Slots) Taken(slot uint32) bool { return s.all[slot].taken() }
