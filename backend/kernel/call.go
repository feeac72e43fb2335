package kernel

// Call is a system call, an entry of a submission queue, or a completion.
type Call uint8

// The system calls, by their names.
const (
	Accept4 Call = iota + 1
	Cachestat
	Close
	Connect
	EpollCtl
	EpollPwait
	Fadvise64
	Fcntl
	Fgetxattr
	Fsetxattr
	FstatCall
	Fstatfs
	Getdents64
	Getpeername
	Getsockopt
	IoGetevents
	IoSubmit
	IoUringEnter
	IoUringRegister
	Ioctl
	Lseek
	Newfstatat
	Openat
	Openat2
	Poll
	Pread64
	Preadv2
	Read
	Readlinkat
	Recvfrom
	Recvmsg
	Sendfile
	Sendto
	Setsockopt
	Shutdown
	Statx
	Write

	// IOCB is an operation that io_submit hands over, and IOEvent is its completion,
	// taken from the ring that Linux AIO shares.
	IOCB
	IOEvent

	// The entries of io_uring's submission queue, by their opcodes, and CQE, an entry
	// of its completion queue.
	SQEAccept
	SQECancel
	SQEPoll
	SQERead
	SQEReadFixed
	SQERecv
	SQESend
	SQESendZC
	CQE

	calls
)

var names = [calls]string{
	Accept4: "accept4", Cachestat: "cachestat", Close: "close", Connect: "connect", EpollCtl: "epoll_ctl",
	EpollPwait: "epoll_pwait", Fadvise64: "fadvise64", Fcntl: "fcntl", Fgetxattr: "fgetxattr", Fsetxattr: "fsetxattr",
	FstatCall: "fstat", Fstatfs: "fstatfs", Getdents64: "getdents64", Getpeername: "getpeername", Getsockopt: "getsockopt",
	IoGetevents: "io_getevents", IoSubmit: "io_submit", IoUringEnter: "io_uring_enter", IoUringRegister: "io_uring_register",
	Ioctl: "ioctl", Lseek: "lseek", Newfstatat: "newfstatat", Openat: "openat", Openat2: "openat2", Poll: "poll", Pread64: "pread64",
	Preadv2: "preadv2", Read: "read", Readlinkat: "readlinkat", Recvfrom: "recvfrom", Recvmsg: "recvmsg",
	Sendfile: "sendfile", Sendto: "sendto", Setsockopt: "setsockopt", Shutdown: "shutdown", Statx: "statx", Write: "write",

	IOCB: "IOCB_CMD_PREAD", IOEvent: "io_event",

	SQEAccept: "ACCEPT", SQECancel: "ASYNC_CANCEL", SQEPoll: "POLL_ADD", SQERead: "READ", SQEReadFixed: "READ_FIXED",
	SQERecv: "RECV", SQESend: "SEND", SQESendZC: "SEND_ZC", CQE: "CQE",
}

// String is the name of the call or the opcode.
func (c Call) String() string { return names[c] }

// IsSystemCall says that it is a call of its own, and not an entry of a ring.
func (c Call) IsSystemCall() bool { return c < IOCB }

// IsCompletion says that it is the end of what an entry has begun.
func (c Call) IsCompletion() bool { return c == IOEvent || c == CQE }
