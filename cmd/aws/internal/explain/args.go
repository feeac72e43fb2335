package explain

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// How the arguments of a call are written: those that matter.

func (d *describer) args(r *Record) []string {
	switch r.Call {
	case kernel.EpollPwait:
		return []string{d.fd(r.FD), waits(r)}
	case kernel.IoUringEnter:
		return []string{"submit " + number(r.Size), waits(r)}
	case kernel.IoSubmit:
		return []string{number(r.Size)}
	case kernel.Openat2, kernel.Openat:
		return append([]string{d.fd(r.FD), strconv.Quote(r.Path)}, flags(r.Flags, openFlags)...)
	case kernel.Statx, kernel.Newfstatat, kernel.Readlinkat:
		return []string{d.fd(r.FD), strconv.Quote(r.Path)}
	case kernel.EpollCtl:
		return []string{d.fd(r.FD), choose(r.Flags == unix.EPOLL_CTL_ADD, "ADD", "DEL"), d.fd(r.Other)}
	case kernel.Sendfile:
		return []string{d.fd(r.FD), d.fd(r.Other), span(r)}
	case kernel.Recvfrom, kernel.Recvmsg, kernel.Sendto:
		return append([]string{d.fd(r.FD), number(r.Size)}, flags(r.Flags, messageFlags)...)
	case kernel.Preadv2, kernel.Pread64, kernel.Cachestat, kernel.Fadvise64:
		return append([]string{d.fd(r.FD), span(r)}, flags(r.Flags, readFlags)...)
	case kernel.IOCB:
		return append([]string{d.fd(r.FD), span(r)}, flags(r.Flags, readFlags)...)
	case kernel.Ioctl, kernel.Setsockopt, kernel.Getsockopt:
		return []string{d.fd(r.FD), optionName(r)}
	case kernel.Shutdown:
		return []string{d.fd(r.FD), choose(r.Flags == unix.SHUT_WR, "SHUT_WR", "SHUT_RDWR")}
	case kernel.IOEvent, kernel.CQE, kernel.SQECancel:
		return nil
	case kernel.SQERead, kernel.SQEReadFixed:
		return append([]string{d.fd(r.FD), span(r)}, entryFlags(r, flags(r.Flags>>32, readFlags))...)
	case kernel.SQERecv, kernel.SQESend, kernel.SQESendZC:
		return append([]string{d.fd(r.FD), number(r.Size)}, entryFlags(r, nil)...)
	}
	return []string{d.fd(r.FD)}
}

func waits(r *Record) string { return choose(r.Waits, "wait", "no wait") }

func choose(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// number is a count.
func number(n int64) string { return strconv.FormatInt(n, 10) }

// span is a part of a file: where it begins and how long it is.
func span(r *Record) string { return fmt.Sprintf("%d+%d", r.Off, r.Size) }

type flagName struct {
	bits uint64
	name string
}

var (
	openFlags    = []flagName{{unix.O_DIRECT, "O_DIRECT"}, {unix.O_PATH, "O_PATH"}, {unix.O_DIRECTORY, "O_DIRECTORY"}}
	messageFlags = []flagName{{unix.MSG_MORE, "MSG_MORE"}}
	readFlags    = []flagName{{unix.RWF_NOWAIT, "RWF_NOWAIT"}}
)

func flags(set uint64, names []flagName) (on []string) {
	for _, f := range names {
		if set&f.bits == f.bits {
			on = append(on, f.name)
		}
	}
	return on
}

// The flags of entries (linux/io_uring.h): of the entry, and, above them, its ioprio.
const (
	entryLinked    = 1 << 2
	entryBuffer    = 1 << 5
	entrySkips     = 1 << 6
	entryPollFirst = 1 << 16
	entryMultishot = 1 << 16
)

func entryFlags(r *Record, others []string) []string {
	on := flags(r.Flags, []flagName{{entryBuffer, "BUFFER_SELECT"}, {entryLinked, "LINK"}, {entrySkips, "CQE_SKIP"}})
	if r.Call == kernel.SQERecv {
		on = append(on, flags(r.Flags, []flagName{{entryPollFirst, "POLL_FIRST"}})...)
	}
	return append(on, others...)
}

// The requests and options that are used.
const fionbio = 0x5421 // FIONBIO of asm-generic/ioctls.h

func optionName(r *Record) string {
	switch {
	case r.Call == kernel.Getsockopt:
		return "TCP_INFO"
	case r.Call == kernel.Ioctl && r.Flags == fionbio:
		return "FIONBIO"
	case r.Call == kernel.Ioctl:
		return choose(r.Flags == unix.SIOCOUTQ, "SIOCOUTQ", "FIONREAD")
	case r.Flags == unix.TCP_CORK:
		return "TCP_CORK"
	}
	return choose(r.Flags == unix.SO_LINGER, "SO_LINGER", "TCP_NOTSENT_LOWAT")
}

// text is a call with its arguments.
func (l *Line) text() string {
	if l.Args == nil {
		return l.Call
	}
	return l.Call + "(" + strings.Join(l.Args, ", ") + ")"
}
