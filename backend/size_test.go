package backend

import (
	"testing"
	"unsafe"
)

// What there is one of for each connection, read or completion keeps its size.
func TestSizes(t *testing.T) {
	for name, size := range map[string][2]uintptr{
		"Completion": {unsafe.Sizeof(Completion{}), 48},
		"SocketOps":  {unsafe.Sizeof(SocketOps{}), 64},
		"FileRead":   {unsafe.Sizeof(FileRead{}), 56},
		"File":       {unsafe.Sizeof(File{}), 12},
		"Address":    {unsafe.Sizeof(Address{}), 24},
	} {
		if size[0] != size[1] {
			t.Errorf("%s has %d bytes, want %d", name, size[0], size[1])
		}
	}
}
