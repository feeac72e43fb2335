package uring

import (
	"errors"
	"slices"
	"testing"
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
)

// A ring does what the engine needs and nothing else, whatever is written into it.
func TestRestrictedRing(t *testing.T) {
	backendtest.OneThread(t)
	all, err := Probe(AllFeatures())
	if err != nil {
		backendtest.Missing(t, err)
	}
	for _, has := range []Features{all, {Restricted: true}} {
		t.Run(has.String(), func(t *testing.T) { testRestrictedRing(t, has) })
	}
}

func testRestrictedRing(t *testing.T, has Features) {
	r, has, err := openProbed(8, 16, has)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	supported, err := r.probe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.restrict(has), r.enable()); err != nil {
		t.Fatal(err)
	}
	wanted := []uint8{}
	for _, need := range required {
		wanted = append(wanted, need.op)
	}
	if has.Fixed {
		wanted = append(wanted, iouring.IORING_OP_READ_FIXED)
	}
	if has.ZeroCopy {
		wanted = append(wanted, iouring.IORING_OP_SEND_ZC)
	}
	for op := range supported {
		if !supported[op] {
			continue
		}
		refused := r.resultOf(t, uint8(op), 0) == -int32(unix.EACCES)
		if refused == slices.Contains(wanted, uint8(op)) {
			t.Errorf("operation %d: refused %v", op, refused)
		}
	}
	// The descriptor is not one, so what is allowed fails with EBADF.
	if res := r.resultOf(t, iouring.IORING_OP_READ, iouring.IOSQE_FLAGS_IO_DRAIN); res != -int32(unix.EACCES) {
		t.Errorf("an entry with a flag that is not needed: %v", unix.Errno(-res))
	}
	var files [1]int32
	for name, err := range map[string]error{
		"probe":          func() error { _, err := r.probe(); return err }(),
		"register files": r.register(iouring.IORING_REGISTER_FILES, unsafe.Pointer(&files[0]), 1),
		"restrict":       r.restrict(AllFeatures()),
	} {
		if !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EBADFD) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// resultOf submits an entry for no descriptor, and returns its result.
func (r *ring) resultOf(t *testing.T, op, flags uint8) (result int32) {
	t.Helper()
	s := r.take()
	s.PrepOperation(op, -1, 0, 0, 0)
	s.SetFlags(flags)
	for more := true; more; r.advance() {
		for r.head() == r.ready() {
			if errno := r.enter(true, -1); errno != 0 && errno != unix.EINTR {
				t.Fatal(errno)
			}
		}
		done := r.peek()
		if done.Flags()&cqeNotification == 0 {
			result = done.Result()
		}
		more = done.Flags()&cqeMore != 0
	}
	return result
}
