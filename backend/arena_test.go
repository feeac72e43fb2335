package backend

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Trimmed buffers hold no memory, while those kept warm and those in use do, and
// all can be taken again.
func TestArenaTrim(t *testing.T) {
	const count, size = 10, 2 * Align
	a, err := NewArena(count, size)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Destroy() }()
	for range count {
		a.Bytes(a.Take())[0] = 1
	}
	for i := int32(1); i < count; i++ { // 0 stays in use, 9 was used last
		a.Give(i)
	}
	check := func(want string) {
		t.Helper()
		got := make([]byte, count)
		for i := range got {
			var in [size / Align]byte
			if err := mincore(a.Bytes(int32(i)), in[:]); err != nil {
				t.Fatal(err)
			}
			got[i] = '0' + in[0]&1
		}
		if string(got) != want {
			t.Errorf("buffers that hold memory: %s, want %s", got, want)
		}
	}
	check("1111111111")
	a.Trim(9, 100) // nothing to do
	check("1111111111")
	a.Trim(3, 2)
	check("1001111111")
	a.Trim(3, 100)
	check("1000000111")
	a.Trim(3, 100)
	a.Bytes(a.Take())[0] = 1
	a.Trim(0, 1)
	check("1000000011")
	for range count - 2 {
		a.Bytes(a.Take())[0] = 1
	}
	a.Trim(0, 100)
	check("1111111111")
}

func mincore(b, in []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&in[0])))
	if errno != 0 {
		return errno
	}
	return nil
}
