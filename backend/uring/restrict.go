// Restrictions: what the ring may be used for from the moment it is enabled on
// (io_uring_register(2), IORING_REGISTER_RESTRICTIONS, Linux 5.10). Most holes that
// were found in io_uring were in operations that no web server needs. Whoever takes
// over the process can still set up another ring, unless something forbids the call
// io_uring_setup.

package uring

import (
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
)

// restriction is struct io_uring_restriction: one thing that is allowed.
type restriction struct {
	kind uint16
	// allowed is an opcode of io_uring_register(2), an IORING_OP, or all flags that an
	// entry may have, by kind.
	allowed uint8
	_       uint8
	_       [3]uint32
}

// Kinds of restrictions (linux/io_uring.h).
const (
	allowRegister = 0 // IORING_RESTRICTION_REGISTER_OP
	allowOp       = 1 // IORING_RESTRICTION_SQE_OP
	allowFlags    = 2 // IORING_RESTRICTION_SQE_FLAGS_ALLOWED
)

// restrict leaves the ring what the engine does with these features. It counts from
// enable on, which must not have been called.
func (r *ring) restrict(has Features) error {
	flags := uint8(0)
	var allowed []restriction
	for _, need := range required {
		allowed = append(allowed, restriction{kind: allowOp, allowed: need.op})
	}
	if has.BufRing {
		flags |= iouring.IOSQE_FLAGS_BUFFER_SELECT
	}
	if has.Link {
		flags |= iouring.IOSQE_FLAGS_IO_LINK
	}
	if has.CQESkip {
		flags |= sqeCQESkipSuccess
	}
	if has.Fixed {
		allowed = append(allowed, restriction{kind: allowRegister, allowed: iouring.IORING_REGISTER_BUFFERS},
			restriction{kind: allowOp, allowed: iouring.IORING_OP_READ_FIXED})
	}
	if has.ZeroCopy {
		allowed = append(allowed, restriction{kind: allowOp, allowed: iouring.IORING_OP_SEND_ZC})
	}
	allowed = append(allowed, restriction{kind: allowFlags, allowed: flags})
	return r.register(iouring.IORING_REGISTER_RESTRICTIONS, unsafe.Pointer(&allowed[0]), uint32(len(allowed)))
}
