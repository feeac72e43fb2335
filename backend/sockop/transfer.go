package sockop

import (
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Transfer makes the attempts that the contract of package backend speaks of:
// one call each, repeated only when a signal interrupted it, with the injected
// faults, and counted.
type Transfer struct {
	Calls
	Faults   *backend.Injector
	Counters *backend.Counters
}

// Receive receives into b. drained says that the socket is known to be empty:
// it had less than was asked for (epoll(7), question 9), and no library stands
// between that could have cut the call short.
func (x *Transfer) Receive(fd int32, b []byte) (n int, drained bool, errno syscall.Errno) {
	want := x.Faults.Limit(backend.OpRecv, len(b))
	for {
		if x.Faults.Interrupted() {
			continue
		}
		x.Counters.Recvs++
		if n, errno = x.Recv(fd, b[:want]); errno == unix.EINTR {
			continue
		}
		if errno == unix.EAGAIN {
			x.Counters.WouldBlock++
		}
		return n, errno == unix.EAGAIN || errno == 0 && n < want && !x.Libc, errno
	}
}

// Transmit sends what the socket takes of b. Only EAGAIN says that it is full.
func (x *Transfer) Transmit(fd int32, b []byte, flags int) (int, syscall.Errno) {
	want := x.Faults.Limit(backend.OpSend, len(b))
	for {
		if x.Faults.Interrupted() {
			continue
		}
		x.Counters.Sends++
		n, errno := x.Send(fd, b[:want], flags)
		if errno == unix.EINTR {
			continue
		}
		x.sent(n, len(b), errno)
		return n, errno
	}
}

// TransmitFile sends head, held back by MSG_MORE until the file's first bytes
// join it, and then up to n bytes of the file from off: backend.BulkBytes at
// most behind a head, and otherwise backend.SendFileMax.
// Whatever stops it behind the head, the head's bytes are a result of their
// own.
func (x *Transfer) TransmitFile(fd int32, head []byte, file backend.File, off, n int64) (int, syscall.Errno) {
	most := int64(backend.SendFileMax)
	if len(head) > 0 {
		most = backend.BulkBytes
		n, errno := x.Transmit(fd, head, unix.MSG_MORE)
		if errno != 0 || n < len(head) {
			return n, errno
		}
	}
	sent, errno := x.transmitBody(fd, file, off, int(min(n, most)))
	if errno != 0 {
		if len(head) > 0 {
			return len(head), 0
		}
		return sent, errno
	}
	return len(head) + sent, 0
}

func (x *Transfer) transmitBody(fd int32, file backend.File, off int64, n int) (int, syscall.Errno) {
	want := x.Faults.Limit(backend.OpSendFile, n)
	for {
		if x.Faults.Interrupted() {
			continue
		}
		at := off
		x.Counters.Sendfiles++
		sent, errno := x.Sendfile(fd, file.FD, &at, want, file.Cached)
		if errno == unix.EINTR {
			continue
		}
		x.sent(sent, n, errno)
		return sent, errno
	}
}

func (x *Transfer) sent(n, asked int, errno syscall.Errno) {
	if errno == unix.EAGAIN {
		x.Counters.WouldBlock++
	} else if errno == 0 && n < asked {
		x.Counters.Short++
	}
}
