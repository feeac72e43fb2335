package backend

// Faults that users inject with --fault, inside any engine. They do only what a
// kernel and a network may do at any time: move fewer bytes than asked for, have
// nothing yet, be interrupted, be slow. So the server's answers must stay the
// same, byte for byte.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults say what goes wrong, and how often. The zero value changes nothing.
type Faults struct {
	// Split halves what each send and sendfile attempts, and lets recv take half
	// of its buffer, 20 bytes at most. The preload library
	// sockop/preload/sockop_preload.c does the same below the engine.
	Split bool
	// Eagain and Eintr are the probabilities, up to 0.95, that an attempt
	// yields EAGAIN or EINTR instead of being made.
	Eagain, Eintr float64
	// Short is the probability, below 1, that an operation is cut short: recv,
	// send and sendfile to any length, readfile by the rule at Injector.Limit.
	Short float64
	// Delay, up to 10 s, is how long each operation waits before its attempt.
	Delay time.Duration
	// Seed makes the choices repeatable.
	Seed uint64
}

const (
	// splitRecvMost is the most that Split lets recv take: so little that every
	// request comes in pieces.
	splitRecvMost = 20
	// maxRefusal bounds Eagain and Eintr so that progress is certain: with both
	// at their highest, one attempt in 400 is made.
	maxRefusal = 0.95
	maxDelay   = 10 * time.Second
	// faultNames ends error messages about a fault's name.
	faultNames = "the faults are split, eagain=P, eintr=P, short=P, delay=DURATION and seed=N"
)

// ParseFaults reads a comma-separated list of faults, such as
// "split,eagain=0.2,delay=5ms,seed=7". Each name may occur once; the default seed
// is 1. An error says which part is wrong and what is allowed there.
func ParseFaults(spec string) (*Faults, error) {
	f := &Faults{Seed: 1}
	var seen []string
	for part := range strings.SplitSeq(spec, ",") {
		name, value, valued := strings.Cut(part, "=")
		if slices.Contains(seen, name) {
			return nil, fmt.Errorf("fault %q: %s is given twice", part, name)
		}
		seen = append(seen, name)
		if err := f.set(name, value, valued); err != nil {
			return nil, fmt.Errorf("fault %q: %w", part, err)
		}
	}
	return f, nil
}

// set applies one part of a list: name, or name=value if valued.
func (f *Faults) set(name, value string, valued bool) (err error) {
	switch name {
	case "split":
		if valued {
			return errors.New("split takes no value")
		}
		f.Split = true
	case "eagain":
		f.Eagain, err = parseRefusal(value)
	case "eintr":
		f.Eintr, err = parseRefusal(value)
	case "short":
		f.Short, err = parseShort(value)
	case "delay":
		f.Delay, err = parseDelay(value)
	case "seed":
		f.Seed, err = parseSeed(value)
	case "":
		return errors.New("no name; " + faultNames)
	default:
		return errors.New("unknown; " + faultNames)
	}
	return err
}

func parseRefusal(value string) (float64, error) {
	p, err := strconv.ParseFloat(value, 64)
	if err != nil || !(p >= 0 && p <= maxRefusal) { // written so, NaN fails too
		return 0, fmt.Errorf("want a probability from 0 to %v", maxRefusal)
	}
	return p, nil
}

func parseShort(value string) (float64, error) {
	p, err := strconv.ParseFloat(value, 64)
	if err != nil || !(p >= 0 && p < 1) {
		return 0, errors.New("want a probability from 0 to below 1")
	}
	return p, nil
}

func parseDelay(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > maxDelay {
		return 0, fmt.Errorf("want a duration from 0 to %v, such as 5ms", maxDelay)
	}
	return d, nil
}

func parseSeed(value string) (uint64, error) {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, errors.New("want a whole number from 0 to 18446744073709551615")
	}
	return n, nil
}

// String returns f in the form that ParseFaults reads: what is not 0, and always
// the seed.
func (f *Faults) String() string {
	var b strings.Builder
	if f.Split {
		b.WriteString("split,")
	}
	probability := func(name string, p float64) {
		if p != 0 {
			b.WriteString(name + "=" + strconv.FormatFloat(p, 'g', -1, 64) + ",")
		}
	}
	probability("eagain", f.Eagain)
	probability("eintr", f.Eintr)
	probability("short", f.Short)
	if f.Delay != 0 {
		b.WriteString("delay=" + f.Delay.String() + ",")
	}
	b.WriteString("seed=" + strconv.FormatUint(f.Seed, 10))
	return b.String()
}

// Injector makes one engine's choices. They depend only on the seed, the engine's
// index and the order of the calls; a probability of 0 draws nothing. A nil
// Injector changes nothing, so that engines need not check for one. It belongs to
// the engine's thread and never allocates.
type Injector struct {
	faults Faults
	random *rand.Rand
}

// NewInjector returns the injector of the engine of that index, nil if f is.
func NewInjector(f *Faults, index uint64) *Injector {
	if f == nil {
		return nil
	}
	return &Injector{faults: *f, random: rand.New(rand.NewPCG(f.Seed, index))}
}

// Limit returns how many of n bytes to attempt, from 1 to n; 0 stays 0. A count
// that reaches the limit is not short: the socket may hold more.
//
// A readfile is different, because O_DIRECT needs aligned lengths. The engine
// reads all that was asked for, and passes the count it is about to report. Limit
// returns that count, or a smaller multiple of Align above 0, so that the caller
// reads on at an aligned offset. Split leaves it alone.
func (in *Injector) Limit(op Op, n int) int {
	if in == nil || n <= 1 {
		return n
	}
	switch op {
	case OpRecv:
		if in.faults.Split {
			n = min(n/2, splitRecvMost)
		}
		return in.cut(n, 1)
	case OpSend, OpSendFile:
		if in.faults.Split {
			n /= 2
		}
		return in.cut(n, 1)
	case OpReadFile:
		return in.cut(n, Align)
	}
	return n
}

// cut returns n or, with the probability Short, a smaller multiple of unit above
// 0, if there is one.
func (in *Injector) cut(n, unit int) int {
	smaller := (n - 1) / unit // the multiples between 0 and n
	if smaller < 1 || !in.happens(in.faults.Short) {
		return n
	}
	return unit * (1 + in.random.IntN(smaller))
}

// WouldBlock says that this attempt must yield EAGAIN. The kernel knows nothing of
// it and will send no event: the engine has to try again by itself.
func (in *Injector) WouldBlock() bool {
	return in != nil && in.happens(in.faults.Eagain)
}

// Interrupted says that this attempt must yield EINTR.
func (in *Injector) Interrupted() bool {
	return in != nil && in.happens(in.faults.Eintr)
}

// Delay returns how long each operation waits before its attempt.
func (in *Injector) Delay() time.Duration {
	if in == nil {
		return 0
	}
	return in.faults.Delay
}

func (in *Injector) happens(p float64) bool {
	return p > 0 && in.random.Float64() < p
}
