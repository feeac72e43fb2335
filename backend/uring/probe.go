package uring

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

// Features are the optional parts of io_uring: the engine uses those that the
// kernel has. It works with none of them, as on Linux 5.15.
type Features struct {
	DeferTaskrun bool // SINGLE_ISSUER and DEFER_TASKRUN, Linux 6.1: completions are made when we ask
	CoopTaskrun  bool // COOP_TASKRUN, 5.19: completions do not interrupt us
	BufRing      bool // provided-buffer rings, 5.19: recv takes a buffer when there is data
	Multishot    bool // multishot accept, 5.19
	Fixed        bool // registered buffers for small files
	Link         bool // read and send of a small file as one chain
	CQESkip      bool // no completion for the read of such a chain, 5.17
	ZeroCopy     bool // SEND_ZC, 6.0
	Restricted   bool // the ring refuses what the engine does not need: see restrict.go
}

// featureNames are the names of --uring-disable, in the order of Features.
var featureNames = []string{"defer-taskrun", "coop-taskrun", "bufring", "multishot", "fixed", "link", "cqe-skip", "zero-copy", "restricted"}

func (f *Features) flags() []*bool {
	return []*bool{&f.DeferTaskrun, &f.CoopTaskrun, &f.BufRing, &f.Multishot, &f.Fixed, &f.Link, &f.CQESkip, &f.ZeroCopy, &f.Restricted}
}

// AllFeatures returns every feature.
func AllFeatures() (f Features) {
	for _, flag := range f.flags() {
		*flag = true
	}
	return f
}

// FeatureNames returns the names that Disable accepts.
func FeatureNames() []string { return slices.Clone(featureNames) }

// Disable switches off the features in a comma-separated list of names; "all"
// means every one.
func (f *Features) Disable(names string) error {
	for name := range strings.SplitSeq(names, ",") {
		i := slices.Index(featureNames, name)
		switch {
		case name == "all":
			*f = Features{}
		case i < 0:
			return fmt.Errorf("%q is none of %s, all", name, strings.Join(featureNames, ", "))
		default:
			*f.flags()[i] = false
		}
	}
	return nil
}

// Names are those of the features, in their order.
func (f Features) Names() []string {
	on := []string{}
	for i, flag := range f.flags() {
		if *flag {
			on = append(on, featureNames[i])
		}
	}
	return on
}

// Without are the features that others lack.
func (f Features) Without(others Features) Features {
	for i, flag := range others.flags() {
		*f.flags()[i] = *f.flags()[i] && !*flag
	}
	return f
}

func (f Features) String() string {
	if on := f.Names(); len(on) > 0 {
		return strings.Join(on, ",")
	}
	return "none"
}

// required are the operations that the engine cannot do without.
var required = []struct {
	op   uint8
	name string
}{
	{iouring.IORING_OP_ACCEPT, "ACCEPT"},
	{iouring.IORING_OP_RECV, "RECV"},
	{iouring.IORING_OP_SEND, "SEND"},
	{iouring.IORING_OP_READ, "READ"},
	{iouring.IORING_OP_POLL_ADD, "POLL_ADD"},
	{iouring.IORING_OP_ASYNC_CANCEL, "ASYNC_CANCEL"},
}

// openProbed sets a ring up with those features of want that the kernel has, and
// returns them. Those that need a registration are tried when it is made.
func openProbed(entries, completions uint32, want Features) (*ring, Features, error) {
	r, want, err := setUp(entries, completions, want)
	if err != nil {
		return nil, want, explain(err)
	}
	if r.params.Features&featExtArg == 0 || r.params.Features&iouring.IORING_FEAT_NODROP == 0 {
		r.close()
		return nil, want, explain(errors.New("older than that of Linux 5.11"))
	}
	if r.params.Features&featCQESkip == 0 {
		want.CQESkip = false
	}
	ops, err := r.probe()
	if err != nil {
		r.close()
		return nil, want, explain(err)
	}
	if err := r.tryEnter(); err != nil {
		r.close()
		return nil, want, explain(err)
	}
	for _, need := range required {
		if !ops[need.op] {
			r.close()
			return nil, want, explain(fmt.Errorf("lacks IORING_OP_%s", need.name))
		}
	}
	want.ZeroCopy = want.ZeroCopy && ops[iouring.IORING_OP_SEND_ZC]
	// Multishot accept and POLL_FIRST came with provided-buffer rings and
	// IORING_OP_SOCKET, in 5.19; they have no flags of their own.
	want.Multishot = want.Multishot && ops[iouring.IORING_OP_SOCKET]
	return r, want, nil
}

// Probe says which of the wanted features the kernel has, or why the engine
// cannot run.
func Probe(want Features) (Features, error) {
	r, has, err := openProbed(ringEntries, maxCompletions, want)
	if err == nil {
		r.close()
	}
	return has, err
}

// setUp tries sets of setup flags, the best first.
func setUp(entries, completions uint32, want Features) (r *ring, has Features, err error) {
	type attempt struct {
		flags       uint32
		deferred    bool
		cooperative bool
	}
	var attempts []attempt
	if want.DeferTaskrun {
		attempts = append(attempts, attempt{setupSingleIssuer | setupDeferTaskrun | iouring.IORING_SETUP_SUBMIT_ALL, true, want.CoopTaskrun})
	}
	if want.CoopTaskrun {
		attempts = append(attempts, attempt{iouring.IORING_SETUP_COOP_TASKRUN | iouring.IORING_SETUP_SUBMIT_ALL, false, true})
	}
	attempts = append(attempts, attempt{})
	for _, a := range attempts {
		r, err = openRing(entries, completions, a.flags)
		if !errors.Is(err, unix.EINVAL) { // EINVAL: a flag is unknown
			want.DeferTaskrun, want.CoopTaskrun = a.deferred, a.cooperative
			return r, want, err
		}
	}
	return nil, want, err
}

// probe asks which operations the kernel has (IORING_REGISTER_PROBE).
func (r *ring) probe() (ops [256]bool, err error) {
	var p struct {
		lastOp uint8
		opsLen uint8
		_      uint16
		_      [3]uint32
		ops    [256]struct {
			op    uint8
			_     uint8
			flags uint16
			_     uint32
		}
	}
	const supported = 1 << 0 // IO_URING_OP_SUPPORTED
	if err = r.register(iouring.IORING_REGISTER_PROBE, unsafe.Pointer(&p), uint32(len(p.ops))); err != nil {
		return ops, err
	}
	for _, o := range p.ops[:p.opsLen] {
		ops[o.op] = o.flags&supported != 0
	}
	return ops, nil
}

// tryEnter submits nothing. A ring that is disabled yet answers EBADFD.
func (r *ring) tryEnter() error {
	if errno := r.enter(false, 0); errno == unix.EPERM || errno == unix.EACCES || errno == unix.ENOSYS {
		return os.NewSyscallError("io_uring_enter", errno)
	}
	return nil
}

// disabledFile says who may use io_uring (Documentation/admin-guide/sysctl/kernel.rst;
// Linux 6.6).
const disabledFile = "/proc/sys/kernel/io_uring_disabled"

// explain adds cause and remedy to the kernel's refusal.
func explain(err error) error {
	disabled, _ := os.ReadFile(disabledFile)
	return explainBy(err, strings.TrimSpace(string(disabled)))
}

// explainBy is explain where disabledFile has this text, "" if it is not there.
func explainBy(err error, disabled string) error {
	const instead, filter = "use --backend=epoll-aio", "a seccomp filter forbids it, such as Docker's default profile"
	r := &backend.Refused{Err: fmt.Errorf("io_uring: %w", err), Remedy: instead}
	switch {
	case errors.Is(err, unix.ENOSYS) && disabled == "":
		r.Cause = "this kernel has no io_uring, or a seccomp filter hides it"
	case errors.Is(err, unix.ENOSYS):
		r.Cause = "a seccomp filter pretends that there is no io_uring"
		r.Remedy = "allow it there, or " + instead
	case errors.Is(err, unix.EPERM) && disabled == "2":
		r.Cause = "sysctl kernel.io_uring_disabled is 2: nobody may use it"
		r.Remedy = "'sysctl -w kernel.io_uring_disabled=0' as root, or " + instead
	case errors.Is(err, unix.EPERM) && disabled == "1":
		r.Cause = "sysctl kernel.io_uring_disabled is 1: only the group kernel.io_uring_group may use it; or " + filter
		r.Remedy = "'sysctl -w kernel.io_uring_disabled=0' as root, allow it in the profile, or " + instead
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		r.Cause = filter
		r.Remedy = "allow it there, or " + instead
	case errors.Is(err, unix.ENOMEM):
		r.Cause = "the limit on locked memory is too low for the rings"
		r.Remedy = "raise it (ulimit -l), lower --max-connections or --workers, or " + instead
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		r.Cause = "no file descriptor is left"
		r.Remedy = "raise the limit (ulimit -n)"
	}
	return r
}
