// Lines to a syslog daemon, a datagram each: RFC 3164, which all of them understand.

package accesslog

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// syslog is a daemon, by the path of its unix socket or its UDP address.
type syslog struct {
	address string
	conn    net.Conn // nil if there is none now
	message []byte   // scratch space
	from    string   // what follows the time: host, program and number of the process
}

const (
	// syslogPriority is facility local7 and severity info (RFC 3164 §4.1.1).
	syslogPriority = 23*8 + 6
	// busyTime is how long a daemon that takes nothing is waited for at a time.
	busyTime = time.Second
)

func newSyslog(address string) *syslog {
	s := &syslog{address: address, from: " aws[" + strconv.Itoa(os.Getpid()) + "]: "}
	if host, err := os.Hostname(); err == nil && !s.local() { // a local daemon knows the host
		s.from = " " + host + s.from
	}
	return s
}

func (s *syslog) local() bool { return strings.HasPrefix(s.address, "/") }

// open connects. The daemon need not be there yet; a name that means nothing is an error.
func (s *syslog) open() (another bool, err error) {
	s.close()
	if err = s.dial(); s.local() {
		err = nil
	}
	return false, err
}

func (s *syslog) dial() (err error) {
	network := "udp"
	if s.local() {
		network = "unixgram"
	}
	conn, err := net.DialTimeout(network, s.address, busyTime)
	if err == nil {
		s.conn = conn
	}
	return err
}

// write sends line by line. After an error it connects anew for the next.
func (s *syslog) write(b []byte) (n int, err error) {
	if s.conn == nil {
		if err = s.dial(); err != nil {
			return 0, err
		}
	}
	now := time.Now()
	_ = s.conn.SetWriteDeadline(now.Add(busyTime))
	for n < len(b) {
		line := b[n : n+bytes.IndexByte(b[n:], '\n')]
		m := append(s.message[:0], '<')
		m = append(strconv.AppendInt(m, syslogPriority, 10), '>')
		m = append(now.AppendFormat(m, time.Stamp), s.from...)
		s.message = append(m, line...)
		switch _, err = s.conn.Write(s.message); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return n, errBusy
		case err != nil:
			s.close()
			return n, err
		}
		n += len(line) + 1
	}
	return n, nil
}

func (s *syslog) close() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}
