package sockop

import (
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Transfer makes the attempts of which the contract of package backend speaks:
// one call each, repeated only after a signal, with injected faults, and counted.
type Transfer struct {
	Calls
	Faults   *backend.Injector
	Counters *backend.Counters
}

// Receive receives into b. drained says that the socket is known to be empty: it
// had less than was asked for (epoll(7), question 9), and neither a library in
// between nor the end of a unix socket's message can have cut the call short. An
// urgent byte does so too, of which only epoll tells (EPOLLPRI).
func (x *Transfer) Receive(fd int32, b []byte, unixSocket bool) (n int, drained bool, errno syscall.Errno) {
	want := x.Faults.Limit(backend.OpRecv, len(b))
	for {
		if x.Faults.Interrupted() {
			continue
		}
		x.Counters.Recvs++
		cut := x.Libc
		if unixSocket && !x.Libc {
			n, cut, errno = RecvMessage(fd, b[:want])
		} else {
			n, errno = x.Recv(fd, b[:want])
		}
		if errno == unix.EINTR {
			continue
		}
		if errno == unix.EAGAIN {
			x.Counters.WouldBlock++
		}
		return n, errno == unix.EAGAIN || errno == 0 && n < want && !cut, errno
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

// TransmitFile makes the attempt of a SendFile: it sends the head, held back by
// MSG_MORE until the file's first bytes join it, and then of the file up to
// backend.BulkBytes after a head, and otherwise up to backend.SendFileMax.
// Whatever stops it after the head, the head's bytes are a result.
func (x *Transfer) TransmitFile(s *backend.SocketOps) (int, syscall.Errno) {
	most := int64(backend.SendFileMax)
	if len(s.Buf()) > 0 {
		most = backend.BulkBytes
		n, errno := x.Transmit(s.FD, s.Buf(), unix.MSG_MORE)
		if errno != 0 || n < len(s.Buf()) {
			return n, errno
		}
	}
	sent, errno := x.transmitBody(s, int(min(s.Left, most)))
	if errno != 0 {
		if len(s.Buf()) > 0 {
			return len(s.Buf()), 0
		}
		return sent, errno
	}
	return len(s.Buf()) + sent, 0
}

func (x *Transfer) transmitBody(s *backend.SocketOps, n int) (int, syscall.Errno) {
	want := x.Faults.Limit(backend.OpSendFile, n)
	for {
		if x.Faults.Interrupted() {
			continue
		}
		at := s.Off
		x.Counters.Sendfiles++
		sent, errno := x.Sendfile(s.FD, s.File, &at, want, s.Cached)
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
