// What composed heads and saved input hold of the memory budget. They come and go
// with every request, so a loop counts for itself the pages that they have touched,
// and brings the sum into the budget once a turn, in steps.

package httpx

import "aws/backend"

// held is what one loop holds.
type held struct {
	outPages int32 // touched by what has been composed
	counted  int64 // bytes in the budget
	short    bool  // no memory is left
}

// heldStep is the unit in bytes of what a loop brings into the budget. It has one
// of its own, so that few clients cost no atomic operation.
const heldStep = 1 << 20

// count brings what is held into the budget, and asks whether memory is short. It
// goes down only once a second.
func (h *held) count(m *memory, inputPages int32, second bool) {
	n := int64(h.outPages+inputPages) * backend.Align
	n = n / heldStep * heldStep
	if n > h.counted || n < h.counted && second {
		m.held.used.Add(n - h.counted)
		h.counted = n
	}
	h.short = m.short()
}
