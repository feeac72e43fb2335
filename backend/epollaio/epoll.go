// Package epollaio is the engine over epoll(7), sendfile(2) and Linux AIO
// (io_submit(2)) with an eventfd. It never sees HTTP.
//
// epoll reports what is possible, while the contract asks for what was done; one
// queue connects the two. A submission whose socket is ready, as far as we know,
// goes onto the queue; one whose socket is not waits for epoll. Next takes an
// operation from the queue and makes one attempt: a result is a completion,
// EAGAIN sends the operation back to wait. The two lanes of a connection do so
// independently.
//
//	Recv, Send, SendFile ──ready?──► queue ──► Next: one attempt ──► completion
//	          └─not ready─► parked ──epoll event──┘        │
//	                          ▲────────── EAGAIN ──────────┘
//	ReadFile ──► pending ──Wait: io_submit──► eventfd in epoll ──► queue
//
// Files: epoll.go the engine and Wait; queue.go Next and what it takes from;
// socket.go the attempts on sockets; accept.go listeners; aio.go and aioring.go
// file reads; probe.go what the kernel must allow.
package epollaio

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
	"aws/backend/sockop"
)

// Tokens of generation 0 name the engine's own descriptors in epoll_data;
// slots below aioToken are listeners.
const (
	wakeToken = backend.Token(1<<32 - 1)
	aioToken  = backend.Token(1<<32 - 2)
)

// maxEvents is how many events one epoll_wait takes; the next one reports what
// does not fit.
const maxEvents = 256

// interest is registered once for each connection, when it first has to wait,
// and never changed. Edge triggered: an event says that something has changed,
// and readiness is remembered until an attempt disproves it (epoll(7)).
const interest = unix.EPOLLIN | unix.EPOLLPRI | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

// The readiness of a socket.
const (
	readable   = 1 << iota // recv may yield something
	writable               // send may take something
	hungUp                 // the peer has shut down or reset: recv no longer waits
	urgent                 // it holds an urgent byte, where recv stops short
	watched                // epoll knows the socket
	unixSocket             // recv stops short where descriptors are attached
)

// conn is the engine's side of a connection: no pointers, see backend.MapArray.
type conn struct {
	backend.SocketOps
	peer backend.Address
	bits uint8
}

type engine struct {
	transfer sockop.Transfer
	slots    *backend.Slots
	account  *backend.Account  // of connections
	conns    []conn            // by slot
	reads    backend.FileReads // by number
	counters backend.Counters
	queue    *backend.Queue
	aio      aio
	hold     backend.Hold
	faults   *backend.Injector
	warn     func(string, error)

	epfd, wakefd int
	events       []unix.EpollEvent
	recvBuf      []byte // lent out by Next

	listeners []listener
	sockaddr  backend.SockaddrBuffer // of the last accept
	starved   bool                   // a listener is ready, but slots or descriptors are not
	pause     backend.AcceptPause    // for want of descriptors
	accepting bool
}

var _ backend.Backend = (*engine)(nil)

// Open makes an engine. The error wraps the errno and, where a limit was hit,
// says what to raise.
func Open(opts backend.Options) (backend.Backend, error) {
	e := &engine{
		reads:     backend.NewFileReads(opts.Reads),
		hold:      backend.NewHold(opts.Faults, opts.Slots, opts.Reads),
		faults:    backend.NewInjector(opts.Faults, uint64(opts.Loop)),
		warn:      opts.Warn,
		epfd:      -1,
		wakefd:    -1,
		aio:       aio{eventfd: -1},
		events:    make([]unix.EpollEvent, maxEvents),
		recvBuf:   make([]byte, backend.RecvSize),
		accepting: true,
	}
	e.account = backend.NewAccount(opts.Budget, opts.Slots, e.Wake)
	e.transfer = sockop.Transfer{
		Calls:    sockop.Calls{Libc: opts.LibcCalls},
		Faults:   e.faults,
		Counters: &e.counters,
	}
	if err := e.open(opts); err != nil {
		_ = e.Destroy()
		return nil, err
	}
	return e, nil
}

func (e *engine) open(opts backend.Options) (err error) {
	if e.slots, err = backend.NewSlots(opts.Slots); err != nil {
		return err
	}
	if e.conns, err = backend.MapArrayFor[conn](e, opts.Slots); err != nil {
		return err
	}
	if e.queue, err = backend.NewQueue(opts.Slots, opts.Reads, len(opts.Listeners)); err != nil {
		return err
	}
	if e.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if e.wakefd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	if err = e.aio.open(opts.Reads); err != nil {
		return err
	}
	if err = e.watch(e.wakefd, unix.EPOLLIN|unix.EPOLLET, wakeToken); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	if err = e.watch(e.aio.eventfd, unix.EPOLLIN|unix.EPOLLET, aioToken); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	if err = e.probe(); err != nil {
		return err
	}
	for i, fd := range opts.Listeners {
		if err = unix.SetNonblock(fd, true); err != nil {
			return fmt.Errorf("listener: %w", os.NewSyscallError("fcntl", err))
		}
		if err = e.watch(fd, unix.EPOLLIN|unix.EPOLLET, backend.MakeToken(uint32(i), 0)); err != nil {
			return fmt.Errorf("listener: %w", os.NewSyscallError("epoll_ctl", err))
		}
		domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		if err != nil {
			return fmt.Errorf("listener: %w", os.NewSyscallError("getsockopt", err))
		}
		e.listeners = append(e.listeners, listener{fd: int32(fd), unix: domain == unix.AF_UNIX})
	}
	return nil
}

// watch registers fd; its events carry t.
func (e *engine) watch(fd int, events uint32, t backend.Token) error {
	ev := unix.EpollEvent{Events: events}
	setEventToken(&ev, t)
	return kernel.WatchFD(e.epfd, unix.EPOLL_CTL_ADD, fd, &ev)
}

// epoll_data is 64 bits wide, which x/sys/unix shows as two int32.
func setEventToken(ev *unix.EpollEvent, t backend.Token) {
	ev.Fd, ev.Pad = int32(uint32(t)), int32(uint32(t>>32))
}

func eventToken(ev *unix.EpollEvent) backend.Token {
	return backend.Token(uint32(ev.Fd)) | backend.Token(uint32(ev.Pad))<<32
}

// Wait submits the file reads, asks epoll, and opens the next batch.
//
// It first polls epoll, raw, and blocks through the scheduler only if there is
// nothing: on a busy server there nearly always is something, and a call through
// the scheduler costs more than twice a raw one.
func (e *engine) Wait(timeout time.Duration) error {
	if e.account.Called() {
		e.called()
	}
	e.release()
	e.submitReads()
	n, err := e.poll(0)
	if n == 0 && err == nil && timeout != 0 && e.queue.Empty() {
		n, err = e.poll(milliseconds(e.bounded(timeout)))
	}
	if err != nil {
		return err
	}
	for i := range e.events[:n] {
		e.event(&e.events[i])
	}
	e.release()
	e.retryAccept()
	e.queue.StartBatch()
	return nil
}

// poll calls epoll_wait. A signal counts as nothing to report.
func (e *engine) poll(msec int) (int, error) {
	e.counters.Waits++
	n, errno := e.transfer.EpollWait(e.epfd, e.events, msec)
	if errno == unix.EINTR {
		return 0, nil
	}
	if errno != 0 {
		return 0, os.NewSyscallError("epoll_wait", errno)
	}
	return n, nil
}

// bounded shortens timeout to what the engine itself waits for.
func (e *engine) bounded(timeout time.Duration) time.Duration {
	timeout = e.hold.Bound(timeout)
	if !e.slots.Full() {
		timeout = e.pause.Bound(timeout)
	}
	if len(e.aio.pending) > 0 { // io_submit had no room: try again soon
		timeout = backend.Sooner(timeout, time.Millisecond)
	}
	return timeout
}

// milliseconds rounds up, so that a deadline has passed when epoll_wait
// returns for it.
func milliseconds(d time.Duration) int {
	if d < 0 {
		return -1
	}
	return int(min((d+time.Millisecond-1)/time.Millisecond, 1<<30))
}

// release starts the operations whose injected delay is over.
func (e *engine) release() {
	for {
		entry, ok := e.hold.Take()
		if !ok {
			return
		}
		index := entry &^ backend.EntryKind
		switch entry & backend.EntryKind {
		case backend.ReadEntry:
			e.aio.pending = append(e.aio.pending, index)
		case backend.RecvEntry:
			e.conns[index].Recv.Held = false
			e.enqueueRecv(index)
		case backend.SendEntry:
			e.conns[index].Send.Held = false
			e.enqueueSend(index)
		}
	}
}

// event notes what epoll reports and queues what has been waiting for it.
func (e *engine) event(ev *unix.EpollEvent) {
	t := eventToken(ev)
	switch {
	case t == wakeToken: // edge triggered: the counter need not be read
	case t == aioToken:
		e.reapReads()
	case t.Generation() == 0:
		e.listenerReady(t.Slot())
	case e.slots.Live(t):
		e.ready(t.Slot(), ev.Events)
	default:
		e.counters.Stale++
	}
}

func (e *engine) ready(slot uint32, events uint32) {
	c := &e.conns[slot]
	if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		c.bits |= hungUp | readable
	}
	if events&unix.EPOLLIN != 0 {
		c.bits |= readable
	}
	if events&unix.EPOLLPRI != 0 {
		c.bits |= urgent
	}
	if events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		c.bits |= writable
	}
	e.enqueueRecv(slot)
	e.enqueueSend(slot)
}

// Wake makes Wait return. It fails only after Destroy.
func (e *engine) Wake() error { return sockop.Wake(e.wakefd) }

func (e *engine) Counters() *backend.Counters { return &e.counters }

// Destroy closes everything. io_destroy waits for reads in flight, so after it
// their buffers are free.
func (e *engine) Destroy() error {
	for slot := uint32(0); e.slots != nil && slot < e.slots.Fresh(); slot++ {
		if e.slots.Taken(slot) {
			_ = unix.Close(int(e.conns[slot].FD))
		}
	}
	e.account.Close()
	errs := []error{e.aio.destroy()}
	for _, fd := range []int{e.wakefd, e.epfd} {
		if fd >= 0 {
			errs = append(errs, os.NewSyscallError("close", unix.Close(fd)))
		}
	}
	return errors.Join(errs...)
}

// negErrno is how a completion carries an error.
func negErrno(errno syscall.Errno) int { return -int(errno) }
