package explain

import "fmt"

// A large file takes the same calls again and again. People get to see them once, and
// how often they come back.

// shown is a line of a step as people see it, or what stands for lines that are left
// out.
type shown struct {
	*Line
	index   int    // in Step.Lines and Step.Records
	instead string // of lines
}

const (
	longestCycle = 16 // lines that come back together
	leastCycles  = 3  // before any are left out
)

// fold returns the lines of a step without those that only repeat what came before.
func fold(s *Step) (all []shown) {
	for i := 0; i < len(s.Lines); {
		length, cycles := cycle(s.Lines[i:])
		for range max(length, 1) {
			all = append(all, shown{&s.Lines[i], i, ""})
			i++
		}
		if length > 0 {
			i += length * (cycles - 1)
			all = append(all, shown{instead: again(length, cycles-1)})
		}
	}
	return all
}

func again(length, times int) string {
	if length == 1 {
		return fmt.Sprintf("… the same %d times more.", times)
	}
	return fmt.Sprintf("… the last %d lines, %d times more.", length, times)
}

// cycle returns how many lines at the beginning come back together, and how often they
// are there; 0 if they do not come back often.
func cycle(lines []Line) (length, cycles int) {
	for length = 1; length <= longestCycle && length*leastCycles <= len(lines); length++ {
		cycles = 1
		for at := length; at+length <= len(lines) && same(lines[:length], lines[at:at+length]); at += length {
			cycles++
		}
		if cycles >= leastCycles {
			return length, cycles
		}
	}
	return 0, 0
}

// same says that lines tell the same, but for their figures.
func same(a, b []Line) bool {
	for i := range a {
		if a[i].Call != b[i].Call || a[i].Says != b[i].Says || a[i].Aside != b[i].Aside {
			return false
		}
	}
	return true
}
