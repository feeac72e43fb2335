package backend

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseFaults(t *testing.T) {
	for spec, want := range map[string]Faults{
		"split":                     {Split: true, Seed: 1},
		"eagain=0.3":                {Eagain: 0.3, Seed: 1},
		"eintr=.95":                 {Eintr: 0.95, Seed: 1},
		"short=0.99":                {Short: 0.99, Seed: 1},
		"short=0":                   {Seed: 1},
		"delay=10s":                 {Delay: 10 * time.Second, Seed: 1},
		"seed=0":                    {},
		"seed=18446744073709551615": {Seed: math.MaxUint64},
		"seed=7,delay=1.5ms,short=0.5,eintr=0.1,eagain=1e-3,split": {
			Split: true, Eagain: 0.001, Eintr: 0.1, Short: 0.5, Delay: 1500 * time.Microsecond, Seed: 7},
	} {
		got, err := ParseFaults(spec)
		if err != nil {
			t.Errorf("%q: %v", spec, err)
		} else if *got != want {
			t.Errorf("%q: %+v, want %+v", spec, *got, want)
		}
	}
}

// An error names the part that is wrong, and what would be right.
func TestParseFaultsErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"":                      `fault "": no name; the faults are split, `,
		"split,":                `fault "": no name; the faults are split, `,
		"=1":                    `fault "=1": no name; the faults are split, `,
		"splat,split":           `fault "splat": unknown; the faults are split, `,
		"split, eagain=0.1":     `fault " eagain=0.1": unknown; the faults are split, `,
		"split=":                `fault "split=": split takes no value`,
		"split=1":               `fault "split=1": split takes no value`,
		"split,split":           `fault "split": split is given twice`,
		"seed=1,short=0,seed=1": `fault "seed=1": seed is given twice`,
		"eagain":                `fault "eagain": want a probability from 0 to 0.95`,
		"eagain=":               `fault "eagain=": want a probability from 0 to 0.95`,
		"eagain=0.96":           `fault "eagain=0.96": want a probability from 0 to 0.95`,
		"eagain=-0.1":           `fault "eagain=-0.1": want a probability from 0 to 0.95`,
		"eintr=1":               `fault "eintr=1": want a probability from 0 to 0.95`,
		"eintr=NaN":             `fault "eintr=NaN": want a probability from 0 to 0.95`,
		"short=1":               `fault "short=1": want a probability from 0 to below 1`,
		"short=NaN":             `fault "short=NaN": want a probability from 0 to below 1`,
		"short=often":           `fault "short=often": want a probability from 0 to below 1`,
		"delay=10":              `fault "delay=10": want a duration from 0 to 10s, such as 5ms`,
		"delay=-1s":             `fault "delay=-1s": want a duration from 0 to 10s, such as 5ms`,
		"delay=10.1s":           `fault "delay=10.1s": want a duration from 0 to 10s, such as 5ms`,
		"seed=-1":               `fault "seed=-1": want a whole number from 0 to 18446744073709551615`,
		"seed":                  `fault "seed": want a whole number from 0 to 18446744073709551615`,
		"seed=0x10":             `fault "seed=0x10": want a whole number from 0 to 18446744073709551615`,
	} {
		f, err := ParseFaults(spec)
		if err == nil {
			t.Errorf("%q: %v, want an error", spec, f)
		} else if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %q, want %q", spec, err, want)
		}
	}
}

func TestFaultsString(t *testing.T) {
	for want, f := range map[string]Faults{
		"seed=0":           {},
		"split,seed=1":     {Split: true, Seed: 1},
		"short=0.1,seed=1": {Short: 0.1, Seed: 1},
		"split,eagain=0.95,eintr=1e-09,short=0.5,delay=1.5ms,seed=7": {
			Split: true, Eagain: 0.95, Eintr: 1e-9, Short: 0.5, Delay: 1500 * time.Microsecond, Seed: 7},
	} {
		if got := f.String(); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
		if back, err := ParseFaults(want); err != nil || *back != f {
			t.Errorf("%q parses to %+v, %v", want, back, err)
		}
	}
}

// Whatever parses is within the bounds, and its canonical form means the same.
func FuzzParseFaults(f *testing.F) {
	for _, seed := range []string{"", "split", "split,eagain=0.5,eintr=0.25,short=0.125,delay=1ms,seed=2",
		"short=0x1p-2", "eagain=-0", "eintr=inf", "delay=1h", "seed=,", "split,split"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		a, err := ParseFaults(spec)
		if err != nil {
			if a != nil {
				t.Fatalf("%q: faults %v beside the error %q", spec, a, err)
			}
			return
		}
		bounded := a.Eagain >= 0 && a.Eagain <= 0.95 && a.Eintr >= 0 && a.Eintr <= 0.95 &&
			a.Short >= 0 && a.Short < 1 && a.Delay >= 0 && a.Delay <= 10*time.Second
		if !bounded {
			t.Fatalf("%q: out of bounds: %+v", spec, *a)
		}
		b, err := ParseFaults(a.String())
		if err != nil || *a != *b {
			t.Fatalf("%q: %+v, but its canonical form %q parses to %+v, %v", spec, *a, a, b, err)
		}
	})
}

// ops are all operations; accept is never cut.
var ops = []Op{OpAccept, OpRecv, OpSend, OpSendFile, OpReadFile}

// A nil injector changes nothing, and neither does one without faults.
func TestInjectorWithoutFaults(t *testing.T) {
	for name, in := range map[string]*Injector{"nil": NewInjector(nil, 0), "zero": NewInjector(&Faults{}, 0)} {
		for _, op := range ops {
			for _, n := range []int{0, 1, 2, 21, Align, 1 << 20} {
				if got := in.Limit(op, n); got != n {
					t.Errorf("%s: Limit(%v, %d) = %d", name, op, n, got)
				}
			}
		}
		if in.WouldBlock() || in.Interrupted() || in.Delay() != 0 {
			t.Errorf("%s: injects a fault", name)
		}
	}
}

func TestLimitSplit(t *testing.T) {
	in := NewInjector(&Faults{Split: true}, 0)
	for _, test := range []struct {
		op      Op
		n, want int
	}{
		{OpSend, 0, 0}, {OpSend, 1, 1}, {OpSend, 2, 1}, {OpSend, 3, 1}, {OpSend, 1000, 500},
		{OpSendFile, 1, 1}, {OpSendFile, 2 << 20, 1 << 20},
		{OpRecv, 0, 0}, {OpRecv, 1, 1}, {OpRecv, 2, 1}, {OpRecv, 30, 15}, {OpRecv, 40, 20}, {OpRecv, RecvSize, 20},
		{OpReadFile, 2 * Align, 2 * Align},
		{OpAccept, 10, 10},
	} {
		if got := in.Limit(test.op, test.n); got != test.want {
			t.Errorf("Limit(%v, %d) = %d, want %d", test.op, test.n, got, test.want)
		}
	}
}

// Cuts go from 1 to n-1, reach both, and happen about as often as they should.
func TestLimitShort(t *testing.T) {
	in := NewInjector(&Faults{Short: 0.5, Seed: 1}, 0)
	for _, op := range []Op{OpRecv, OpSend, OpSendFile} {
		var counts [9]int
		for range 8000 {
			counts[in.Limit(op, 8)]++
		}
		if counts[0] != 0 {
			t.Errorf("%v: cut to 0", op)
		}
		near(t, op.String()+" left alone", counts[8], 4000)
		for n := 1; n < 8; n++ {
			near(t, op.String()+" cut to one length", counts[n], 4000/7)
		}
	}
	for _, n := range []int{0, 1} {
		if got := in.Limit(OpRecv, n); got != n {
			t.Errorf("Limit(recv, %d) = %d", n, got)
		}
	}
	if got := in.Limit(OpAccept, 8); got != 8 {
		t.Errorf("Limit(accept, 8) = %d", got)
	}
}

// A cut of a readfile is a multiple of Align, whatever the count was.
func TestLimitShortReadFile(t *testing.T) {
	in := NewInjector(&Faults{Short: 0.999, Seed: 1}, 0)
	for _, n := range []int{1, 100, Align - 1, Align} {
		for range 100 {
			if got := in.Limit(OpReadFile, n); got != n {
				t.Fatalf("Limit(readfile, %d) = %d: nothing to cut", n, got)
			}
		}
	}
	for _, n := range []int{Align + 1, 3 * Align, 3*Align + 1} {
		seen := map[int]bool{}
		for range 10000 {
			got := in.Limit(OpReadFile, n)
			if got != n && (got < Align || got > n || got%Align != 0) {
				t.Fatalf("Limit(readfile, %d) = %d", n, got)
			}
			seen[got] = true
		}
		if want := (n-1)/Align + 1; len(seen) != want {
			t.Errorf("Limit(readfile, %d) took %d values, want %d", n, len(seen), want)
		}
	}
}

func TestLimitSplitAndShort(t *testing.T) {
	in := NewInjector(&Faults{Split: true, Short: 0.9, Seed: 1}, 0)
	for n := 2; n < 200; n++ {
		for op, most := range map[Op]int{OpRecv: min(n/2, 20), OpSend: n / 2, OpSendFile: n / 2} {
			if got := in.Limit(op, n); got < 1 || got > most {
				t.Errorf("Limit(%v, %d) = %d, want 1 to %d", op, n, got, most)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	in := NewInjector(&Faults{Eagain: 0.25, Eintr: 0.95, Delay: time.Second, Seed: 1}, 0)
	eagain, eintr := 0, 0
	for range 10000 {
		if in.WouldBlock() {
			eagain++
		}
		if in.Interrupted() {
			eintr++
		}
	}
	near(t, "EAGAIN", eagain, 2500)
	near(t, "EINTR", eintr, 9500)
	if in.Delay() != time.Second {
		t.Errorf("delay %v, want 1s", in.Delay())
	}
}

// The same seed and index make the same choices, and any other makes different
// ones.
func TestInjectorIsRepeatable(t *testing.T) {
	choices := func(seed, index uint64) (limits [32]int) {
		in := NewInjector(&Faults{Short: 0.9, Seed: seed}, index)
		for i := range limits {
			limits[i] = in.Limit(OpSend, 1<<20)
		}
		return limits
	}
	first := choices(1, 0)
	if choices(1, 0) != first {
		t.Error("the same seed and index chose differently")
	}
	if choices(1, 1) == first || choices(2, 0) == first {
		t.Error("another seed or index chose the same")
	}
}

func TestInjectorNoAllocations(t *testing.T) {
	in := NewInjector(&Faults{Split: true, Eagain: 0.5, Eintr: 0.5, Short: 0.5, Seed: 1}, 0)
	n := testing.AllocsPerRun(100, func() {
		for _, op := range ops {
			in.Limit(op, 1<<20)
		}
		in.WouldBlock()
		in.Interrupted()
		in.Delay()
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// near allows a count to be off by a quarter. The seeds are fixed, so what passes
// once always passes.
func near(t *testing.T, what string, got, want int) {
	t.Helper()
	if 4*got < 3*want || 4*got > 5*want {
		t.Errorf("%s: %d times, want about %d", what, got, want)
	}
}
