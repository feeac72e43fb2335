package uring

import (
	"testing"
	"unsafe"
)

// There is one conn for each slot, so its size is what an idle connection costs
// the engine.
func TestConnSize(t *testing.T) {
	if got := unsafe.Sizeof(conn{}); got != 104 {
		t.Errorf("conn has %d bytes, want 104", got)
	}
}
