package explain

import (
	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// Sentences about what goes through rings: Linux AIO's and io_uring's.

func (d *describer) saysEntry(r *Record) string {
	switch r.Call {
	case kernel.IoSubmit:
		return "Hands over the reads of this turn, in one call. What the page cache holds is copied before it returns."
	case kernel.IOCB:
		return d.saysRead(r, r.Flags&unix.RWF_NOWAIT != 0)
	case kernel.IOEvent:
		return saysReadDone(r, "Taken from the ring that Linux AIO shares, without a call: ")
	case kernel.SQEAccept:
		return choose(r.Flags&entryMultishot != 0, "One entry accepts all clients to come (multishot).", "Accepts a client.")
	case kernel.SQECancel:
		return "Ends an entry that nobody waits for any more."
	case kernel.SQEPoll:
		return "Waits until the socket is ready: it does not block just now, for sendfile, and recv would fail on it."
	case kernel.SQERecv:
		if r.Flags&entryPollFirst != 0 {
			return "Receives the next request, and waits before it tries (POLL_FIRST), as the socket is drained. Who waits holds no buffer: the kernel takes one when there is something to put into it."
		}
		return "Receives the next request, which may have arrived by now. Who waits holds no buffer: the kernel takes one when there is something to put into it."
	case kernel.SQESend, kernel.SQESendZC:
		return d.saysSQESend(r)
	case kernel.SQERead, kernel.SQEReadFixed:
		if d.fd(r.FD) == "eventfd" {
			return "Waits for other threads that wake the loop."
		}
		if r.Flags&entryLinked != 0 {
			return "Reads the file in after its head; the send is linked to it, and begins when it has ended."
		}
		return d.saysRead(r, r.Flags>>32&unix.RWF_NOWAIT != 0)
	}
	return d.saysCompletion(r)
}

// cqeSockNonempty is IORING_CQE_F_SOCK_NONEMPTY (linux/io_uring.h).
const cqeSockNonempty = 1 << 2

func (d *describer) saysRead(r *Record, nowait bool) string {
	switch {
	case nowait:
		return "Reads the file into a buffer if the page cache holds it, and fails rather than wait for a disk (RWF_NOWAIT)."
	case isDirect(d.fd(r.FD)):
		return "Reads the file past the page cache (O_DIRECT): the disk works while the loop goes on."
	}
	return "Reads the file. Neither way that never waits works here, so this may wait for a disk."
}

func isDirect(name string) bool {
	const mark = " (O_DIRECT)"
	return len(name) > len(mark) && name[len(name)-len(mark):] == mark
}

func saysReadDone(r *Record, how string) string {
	switch {
	case r.Result == -int64(unix.EAGAIN):
		return how + "the page cache does not hold it, so it is read again, past the cache."
	case r.Result < 0:
		return how + "the read has failed."
	case r.Result == 0:
		return how + "the file ends here."
	}
	return how + "the read has ended."
}

func (d *describer) saysSQESend(r *Record) string {
	if r.Call == kernel.SQESendZC {
		return "Sends the buffer without a copy; it is free when the client has acknowledged it."
	}
	return "Sends what has been put together in one operation: the head, and what there is of the body."
}

func (d *describer) saysCompletion(r *Record) string {
	switch entry := entryOf(d.all, d.at); entry.Call {
	case kernel.SQEAccept:
		return choose(r.Result < 0, "No more clients by this entry.", "A client has been accepted, without a call for it.")
	case kernel.SQERecv:
		switch {
		case r.Result == 0:
			return "The client has ended its side; so does the server."
		case r.Result < 0:
			return "There is no buffer, or the connection has come to grief."
		}
		if r.Flags&cqeSockNonempty != 0 {
			return "The request is there, in a buffer of the ring, and the socket has more."
		}
		return "The request is there, in a buffer of the ring. The completion says that the socket is drained, so the next entry waits before it tries."
	case kernel.SQEPoll:
		return "The socket is ready."
	case kernel.SQESend, kernel.SQESendZC:
		return choose(r.Result < entry.Size, "The socket took less than all of it.", "All of it has been sent.")
	case kernel.SQERead, kernel.SQEReadFixed:
		if d.fd(entry.FD) == "eventfd" {
			return "Another thread wakes the loop."
		}
		return saysReadDone(r, "Taken from the ring, without a call: ")
	}
	return "An entry has ended that nobody waits for any more."
}
