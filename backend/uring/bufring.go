package uring

import (
	"sync/atomic"
	"unsafe"

	"aws/backend"
)

// bufRing is a ring of buffers provided to the kernel (io_uring_register(2),
// IORING_REGISTER_PBUF_RING): a recv takes one only when there is something to put
// into it, so connections that wait hold none.
//
// The kernel takes buffers in turn, so it touches every one provided. We begin
// with a few, and provide more when those have run out.
type bufRing struct {
	entries *backend.Arena // the ring itself, a page or more
	buffers *backend.Arena
	bufs    []ringBuf
	tail    *uint16 // shared; it lies in the reserved field of the first entry
	next    uint16  // our tail
}

// ringBuf is struct io_uring_buf.
type ringBuf struct {
	addr uint64
	len  uint32
	id   uint16
	_    uint16
}

// bufReg is struct io_uring_buf_reg.
type bufReg struct {
	ringAddr    uint64
	ringEntries uint32
	group       uint16
	flags       uint16
	_           [3]uint64
}

const (
	recvGroup   = 1
	fewRecvBufs = 8 // provided at first
)

// openBufRing makes a ring of up to n buffers, a power of two.
func openBufRing(r *ring, n int) (*bufRing, error) {
	b := &bufRing{}
	var err error
	entryBytes := n * int(unsafe.Sizeof(ringBuf{}))
	if b.entries, err = backend.NewArena(1, (entryBytes+backend.Align-1)&^(backend.Align-1)); err != nil {
		return nil, err
	}
	if b.buffers, err = backend.NewArena(n, backend.RecvSize); err != nil {
		b.destroy()
		return nil, err
	}
	memory := b.entries.Bytes(b.entries.Take())
	b.bufs = unsafe.Slice((*ringBuf)(unsafe.Pointer(&memory[0])), n)
	b.tail = (*uint16)(unsafe.Pointer(&memory[14])) // offsetof(struct io_uring_buf_ring, tail)
	reg := bufReg{
		ringAddr:    uint64(uintptr(unsafe.Pointer(&memory[0]))),
		ringEntries: uint32(n),
		group:       recvGroup,
	}
	if err = r.register(registerPbufRing, unsafe.Pointer(&reg), 1); err != nil {
		b.destroy()
		return nil, err
	}
	b.provideMore(fewRecvBufs)
	return b, nil
}

// provideMore gives the kernel n buffers that it has never had, or returns false
// if there are no more.
func (b *bufRing) provideMore(n int) bool {
	for ; n > 0; n-- {
		id := b.buffers.Take()
		if id < 0 {
			return false
		}
		b.provide(uint16(id))
	}
	return true
}

// bytes returns the n bytes that a recv has put into a buffer.
func (b *bufRing) bytes(id uint16, n int) []byte {
	buf := b.buffers.Bytes(int32(id))
	return buf[:n:n]
}

// provide gives a buffer to the kernel. It writes every field but the reserved
// one, which in the first entry is the tail.
func (b *bufRing) provide(id uint16) {
	entry := &b.bufs[int(b.next)&(len(b.bufs)-1)]
	entry.addr = uint64(uintptr(unsafe.Pointer(&b.buffers.Bytes(int32(id))[0])))
	entry.len = backend.RecvSize
	entry.id = id
	b.next++
	// The tail is 16 bits wide and shares its aligned word with the first
	// entry's id, which only we write: one 32-bit store publishes both.
	word := (*uint32)(unsafe.Pointer(uintptr(unsafe.Pointer(b.tail)) - 2))
	atomic.StoreUint32(word, uint32(b.bufs[0].id)|uint32(b.next)<<16)
}

func (b *bufRing) destroy() {
	for _, a := range []*backend.Arena{b.entries, b.buffers} {
		if a != nil {
			_ = a.Destroy()
		}
	}
}
