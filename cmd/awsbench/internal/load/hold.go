package load

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Held is a set of connections that are kept open: either idle after one answer
// each, or slowly reading a large answer.
type Held struct {
	fds     []int
	source  int // number of the source address, for bindSource
	slow    *slowReading
	stop    chan struct{}
	reading sync.WaitGroup
}

// slowReading is the pace of slow readers: the bytes read from each connection
// per interval.
type slowReading struct {
	bytes    int
	interval time.Duration
}

const (
	holdTimeout = 30 * time.Second
	// slowBuffer is the receive buffer of a slow reader. It is small, so that
	// the kernel does not buffer much of the answer.
	slowBuffer = 16 << 10
)

// HoldIdle opens n connections, reads a whole answer on each, and leaves them
// idle.
func HoldIdle(addr netip.AddrPort, target Target, n int) (*Held, error) {
	h := &Held{}
	buffer := make([]byte, bufferSize)
	for range n {
		fd, err := h.dial(addr, target)
		if err == nil {
			err = readAnswer(fd, buffer, &target)
		}
		if err != nil {
			return nil, h.fail(n, err)
		}
	}
	return h, nil
}

// HoldSlow opens n connections that request a large answer. Until Close, a
// goroutine reads the given number of bytes from each of them per interval.
func HoldSlow(addr netip.AddrPort, target Target, n, bytes int, interval time.Duration) (*Held, error) {
	h := &Held{slow: &slowReading{bytes, interval}, stop: make(chan struct{})}
	for range n {
		if _, err := h.dial(addr, target); err != nil {
			return nil, h.fail(n, err)
		}
	}
	h.reading.Go(h.readSlowly)
	return h, nil
}

// fail gives up opening n connections.
func (h *Held) fail(n int, err error) error {
	opened := len(h.fds)
	h.Close()
	if errors.Is(err, unix.EAGAIN) {
		err = fmt.Errorf("no answer within %v", holdTimeout)
	}
	return fmt.Errorf("connection %d of %d: %w", opened, n, err)
}

// dial connects and sends the request.
func (h *Held) dial(addr netip.AddrPort, target Target) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	h.fds = append(h.fds, fd)
	timeout := unix.NsecToTimeval(int64(holdTimeout))
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &timeout)
	// Close with a reset: thousands of connections in TIME_WAIT would disturb
	// the next measurement.
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	if h.slow != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, slowBuffer)
	}
	if err := h.connect(fd, addr); err != nil {
		return -1, fmt.Errorf("connect: %w", err)
	}
	if _, err := unix.Write(fd, target.Request); err != nil {
		return -1, fmt.Errorf("send: %w", err)
	}
	return fd, nil
}

// connect connects from the first source address that has a free port. After a
// failed connect, the socket can be bound to another address and tried again.
func (h *Held) connect(fd int, addr netip.AddrPort) error {
	to := &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	if errno := bindSource(fd, h.source); errno != 0 {
		return errno
	}
	err := connectWhole(fd, to)
	for errors.Is(err, unix.EADDRNOTAVAIL) && h.source < maxSources {
		h.source++
		if errno := bindSource(fd, h.source); errno != 0 {
			return errno
		}
		err = connectWhole(fd, to)
	}
	return err
}

// connectWhole connects in spite of signals. With SO_SNDTIMEO the kernel does
// not restart an interrupted connect, signal(7); a second call waits for the
// connection in progress.
func connectWhole(fd int, to unix.Sockaddr) error {
	for deadline := time.Now().Add(holdTimeout); ; {
		err := unix.Connect(fd, to)
		if !errors.Is(err, unix.EINTR) || time.Now().After(deadline) {
			return err
		}
	}
}

// readAnswer reads one whole answer and checks its head.
func readAnswer(fd int, buffer []byte, target *Target) error {
	got, end := 0, -1
	for end < 0 || int64(got-end) < target.Length {
		n, err := unix.Read(fd, buffer[got:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("recv: %w", err)
		case n == 0:
			return wrong("connection closed before the end of the answer")
		}
		got += n
		if end < 0 {
			if end = headEnd(buffer[:got]); end < 0 {
				continue
			}
			h, err := parseHead(buffer[:end])
			if err != nil {
				return WrongAnswer{err.Error()}
			}
			if err := h.check(target); err != nil {
				return err
			}
		}
	}
	return nil
}

// readSlowly reads until Close. The kernel discards the bytes.
func (h *Held) readSlowly() {
	for {
		for _, fd := range h.fds {
			_, _ = discard(fd, int64(h.slow.bytes))
		}
		select {
		case <-h.stop:
			return
		case <-time.After(h.slow.interval):
		}
	}
}

// Alive counts the connections that the server has not closed.
func (h *Held) Alive() int {
	alive := 0
	var one [1]byte
	for _, fd := range h.fds {
		n, _, err := unix.Recvfrom(fd, one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		if n > 0 || errors.Is(err, unix.EAGAIN) {
			alive++
		}
	}
	return alive
}

// Close closes all connections.
func (h *Held) Close() {
	if h.slow != nil {
		close(h.stop)
		h.reading.Wait()
	}
	for _, fd := range h.fds {
		_ = unix.Close(fd)
	}
	h.fds = nil
}
