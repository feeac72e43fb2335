package backend

// Faults that users inject with --fault, inside any engine. All they do is
// what a kernel and a network may do at any time: move fewer bytes than asked
// for, have nothing yet, be interrupted, be slow. So the server's answers have
// to stay the same, byte for byte.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults say what goes wrong, and how often. The zero value lets everything be.
type Faults struct {
	// Split halves what each send and sendfile attempts, and lets recv take
	// half of its buffer and 20 bytes at the most. The preload library
	// sockop/preload/sockop_preload.c does the same below the engine.
	Split bool
	// Eagain and Eintr are the probabilities, up to 0.95, that an attempt
	// yields EAGAIN or EINTR instead of being made.
	Eagain, Eintr float64
	// Short is the probability, below 1, that an operation is cut: recv, send
	// and sendfile to any shorter length, readfile by the rule at
	// Injector.Limit.
	Short float64
	// Delay, up to 10 s, is how long each operation is held back before its
	// attempt.
	Delay time.Duration
	// Seed makes the choices repeatable.
	Seed uint64
}

const (
	// splitRecvMost is the most that Split lets recv take, as little as makes
	// every request come in pieces.
	splitRecvMost = 20
	// maxRefusal bounds Eagain and Eintr, so that one attempt in 400 is made
	// where both are at their most, and progress is certain.
	maxRefusal = 0.95
	maxDelay   = 10 * time.Second
	// faultNames ends the errors about a fault's name.
	faultNames = "the faults are split, eagain=P, eintr=P, short=P, delay=DURATION and seed=N"
)

// ParseFaults reads a list of faults, separated by commas, such as
// "split,eagain=0.2,delay=5ms,seed=7". Each name may stand there once, and
// without a seed it is 1. An error says which part is wrong and what is
// allowed there.
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

// set takes one part of a list: name, or name=value if valued.
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
	if err != nil || !(p >= 0 && p <= maxRefusal) { // so written, NaN is wrong too
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

// String returns what ParseFaults reads as f again: what is not 0, and always
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

// Injector makes one engine's choices. They depend on the seed, the engine's
// index and the order of the calls, nothing else; a probability of 0 takes no
// choice. A nil Injector changes nothing, so that engines ask without looking
// whether there is one. It belongs to the engine's thread and never allocates.
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
// that reaches the limit is no short count: the socket may hold more.
//
// A readfile is different: O_DIRECT wants its lengths aligned. The engine
// reads what was asked for, and then asks with the count that it is about to
// report. What comes back is that count, or a smaller multiple of Align that
// is not 0: the caller reads on at an aligned offset. Split leaves it alone.
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

// cut returns n or, with the probability Short, a smaller multiple of unit
// that is not 0, if there is one.
func (in *Injector) cut(n, unit int) int {
	smaller := (n - 1) / unit // the multiples between 0 and n
	if smaller < 1 || !in.happens(in.faults.Short) {
		return n
	}
	return unit * (1 + in.random.IntN(smaller))
}

// WouldBlock says that this attempt shall yield EAGAIN. The kernel knows
// nothing of it and will send no event: the engine has to try again by itself.
func (in *Injector) WouldBlock() bool {
	return in != nil && in.happens(in.faults.Eagain)
}

// Interrupted says that this attempt shall yield EINTR.
func (in *Injector) Interrupted() bool {
	return in != nil && in.happens(in.faults.Eintr)
}

// Delay returns how long to hold each operation back before its attempt.
func (in *Injector) Delay() time.Duration {
	if in == nil {
		return 0
	}
	return in.faults.Delay
}

func (in *Injector) happens(p float64) bool {
	return p > 0 && in.random.Float64() < p
}
