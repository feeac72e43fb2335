package explain

import (
	"slices"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// What a call does here, and why: a sentence for each, chosen by what comes of it.
// They have no figures, so that they stay true in documents.

func (d *describer) says(r *Record) string {
	switch r.Call {
	case kernel.EpollPwait:
		return d.saysWait(r)
	case kernel.IoUringEnter:
		return saysEnter(r)
	case kernel.Accept4:
		if r.Result < 0 {
			return "The backlog is empty; epoll will tell of the next client."
		}
		return "Takes the client from the backlog, with its address, as a socket that never blocks."
	case kernel.Recvfrom, kernel.Recvmsg:
		return saysReceived(r)
	case kernel.Sendto:
		return d.saysSend(r)
	case kernel.Sendfile:
		return saysSendfile(r)
	case kernel.EpollCtl:
		return "Has epoll tell of this connection from now on: once for all its requests, edge triggered, for reading and writing."
	case kernel.Read:
		return "Asks the eventfd how many reads have ended."
	case kernel.Write:
		return "Wakes the loop, which may sleep: there is something for it."
	case kernel.Close:
		return d.saysClose(r)
	case kernel.Setsockopt, kernel.Getsockopt, kernel.Ioctl, kernel.Shutdown, kernel.Getpeername, kernel.Connect, kernel.Poll:
		return saysSocket(r)
	}
	if r.Call.IsSystemCall() && r.Call != kernel.IoSubmit {
		return d.saysFile(r)
	}
	return d.saysEntry(r)
}

// saysWait is of epoll_pwait: what it has found shows by what the loop does next.
func (d *describer) saysWait(r *Record) string {
	switch {
	case r.Result < 0:
		return "A signal ends the wait; the loop looks again."
	case r.Result == 0 && !r.Waits:
		return "A look without a wait, which costs less than one through Go's scheduler: nothing has happened meanwhile."
	case r.Result == 0:
		return "Nothing has happened, and a deadline or another thread ends the wait."
	}
	found := "a socket has room for a response, which nobody waits for"
	if d.woken(r) {
		found = "another thread wakes it: what was made or looked up is there"
	}
	switch r := d.next(isCall(kernel.Accept4, kernel.Read, kernel.Recvfrom, kernel.Sendfile, kernel.Sendto)); r.Call {
	case kernel.Accept4:
		found = "a client is in the backlog of the listening socket"
	case kernel.Read:
		found = "the eventfd of Linux AIO says that a read has ended"
	case kernel.Recvfrom:
		found = choose(r.Result == 0, "the client ends its side", "the connection has something to receive")
	case kernel.Sendfile, kernel.Sendto:
		if d.wasFull() {
			found = "the socket has room again"
		}
	}
	if r.Waits {
		return "The loop sleeps here until " + found + "."
	}
	return "A look without a wait: " + found + "."
}

func saysEnter(r *Record) string {
	switch {
	case r.Result == -int64(unix.ETIME):
		return "Nothing has completed, and a deadline ends the wait."
	case r.Result < 0:
		return "The kernel takes nothing just now; the loop tries again."
	case r.Waits:
		return "Nothing has completed, so the loop sleeps here until something does."
	case r.Size > 0:
		return "Hands the entries to the kernel, and looks for completions without a wait: the one call of a turn on a busy server."
	}
	return "Looks for completions without a wait; there is nothing to hand over."
}

func saysReceived(r *Record) string {
	switch {
	case r.Result == 0:
		return "The client has ended its side; so does the server."
	case r.Result == -int64(unix.EAGAIN):
		return "A new connection is tried at once, as its request is often there by now. It is not, so epoll has to tell."
	case r.Result < 0:
		return "The connection has come to grief."
	case r.Result == r.Size:
		return "Takes what fits into the buffer; there may be more."
	}
	return "Takes the request off the socket. It is shorter than the buffer, so the socket is drained, and no second call has to find that out."
}

func (d *describer) saysSend(r *Record) string {
	switch {
	case r.Result == -int64(unix.EAGAIN):
		return "The socket is full; the rest waits until it has room."
	case r.Result < 0:
		return "The client has gone."
	case r.Result < r.Size:
		return "The socket has no room for more; the rest follows when it has."
	case r.Flags&unix.MSG_MORE != 0 && d.following().Call == kernel.Sendfile:
		return "Sends the head, and the kernel holds it back (MSG_MORE) until the file's first bytes join it."
	case r.Flags&unix.MSG_MORE != 0:
		return "Sends the response; the kernel holds its tail back (MSG_MORE) until the end of the connection joins it."
	case d.at > 0 && d.wasRead():
		return "Sends what has been read: at the start, head and file in one call."
	}
	return "Sends the whole response in one call."
}

// woken says that another thread has woken the loop since it looked before r.
func (d *describer) woken(r *Record) bool {
	before := int64(0)
	for i := d.at - 1; i >= 0 && before == 0; i-- {
		if isCall(kernel.EpollPwait)(&d.all[i]) {
			before = d.all[i].End
		}
	}
	return slices.ContainsFunc(d.all, func(w Record) bool {
		return w.Call == kernel.Write && before < w.End && w.Start < r.End
	})
}

// wasFull says that the last attempt to send has found the socket full.
func (d *describer) wasFull() bool {
	for i := d.at - 1; i >= 0; i-- {
		if r := &d.all[i]; isCall(kernel.Sendfile, kernel.Sendto)(r) {
			return r.Result == -int64(unix.EAGAIN) || r.Result < r.Size
		}
	}
	return false
}

// wasRead says that a file has been read since the request came.
func (d *describer) wasRead() bool {
	for i := d.at - 1; i >= 0; i-- {
		switch r := &d.all[i]; {
		case r.Call == kernel.IOEvent:
			return true
		case r.Call == kernel.Recvfrom && r.Result > 0:
			return false
		}
	}
	return false
}

func saysSendfile(r *Record) string {
	switch {
	case r.Result == -int64(unix.EAGAIN):
		return "The socket is full; the loop goes on with others until it has room."
	case r.Result < 0:
		return "The client has gone."
	case r.Result == 0:
		return "The file has become shorter."
	case r.Result < r.Size:
		return "Sends from the page cache what the socket takes. It is full now, and the rest follows when it has room."
	}
	return "Sends the file from the page cache to the socket inside the kernel: its bytes never enter this process."
}

func (d *describer) saysClose(r *Record) string {
	if d.fd(r.FD) == connection {
		return "Closes the connection; its place is free for another."
	}
	if d.now().Thread != d.loop {
		return "Closes it on a goroutine, as that may wait for a file system."
	}
	return "Closes what was opened to look at."
}

func saysSocket(r *Record) string {
	switch r.Call {
	case kernel.Shutdown:
		return "Ends the sending side; what the client still sends is read and dropped, as a close over it would cut the response off."
	case kernel.Getpeername:
		return "Asks for the client's address, which the ring's accept cannot return."
	case kernel.Connect:
		return "Breaks the connection, so that the kernel gives back what it was to send."
	case kernel.Poll:
		return "Asks whether a client waits, as there is no place for it."
	}
	switch optionName(r) {
	case "FIONREAD":
		return "Asks what the client has sent that nobody has read: to close over it would reset the connection, and cut the response off."
	case "SIOCOUTQ":
		return "Asks what the client has not acknowledged yet."
	case "FIONBIO":
		return choose(r.Size == 1, "For sendfile the socket must not block", "For io_uring the socket must block; the ring waits for it") + "; the mode changes only with the way of sending."
	case "TCP_CORK":
		return "Has the kernel hold the response's tail back until the end of the connection joins it."
	case "SO_LINGER":
		return "Has the close drop what the client does not take."
	case "TCP_INFO":
		return "Asks whether the connection has ended for the kernel, too."
	}
	return "Bounds what the kernel takes for a client that reads slowly."
}
