package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"aws/cmd/awsbench/internal/stats"
)

const none = "–"

// number formats a number with about three significant digits.
func number(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return none
	case a == 0:
		return "0"
	case a >= 1000:
		return thousands(int64(math.Round(x)))
	case a >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case a >= 0.01:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// tick shortens the number at the start of a text for a tick label: it drops
// zeros at the end of decimals.
func tick(text string) string {
	digits, unit, spaced := strings.Cut(text, " ")
	if strings.Contains(digits, ".") && !strings.Contains(digits, "e") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	if spaced {
		return digits + " " + unit
	}
	return digits
}

// spread formats a median with the smallest and the largest round.
func spread(values []float64) string {
	s := stats.Summarize(values)
	if s.N < 2 {
		return number(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Median), number(s.Min), number(s.Max))
}

// ratio formats a ratio with its interval, and says so if that shows no
// difference.
func ratio(r stats.Ratio) string {
	text := interval(r)
	if r.Verdict() == stats.NoDifference {
		text += " no difference shown"
	}
	return text
}

// interval formats a ratio with its interval only.
func interval(r stats.Ratio) string {
	switch {
	case math.IsNaN(r.Value):
		return none
	case r.N < 2:
		return number(r.Value)
	}
	return fmt.Sprintf("%s (%s–%s)", number(r.Value), number(r.Low), number(r.High))
}

// bytesOf formats a size.
func bytesOf(x float64) string {
	if math.IsNaN(x) {
		return none
	}
	unit := "B"
	for _, larger := range []string{"KiB", "MiB", "GiB"} {
		if x < 1<<10 {
			break
		}
		x, unit = x/(1<<10), larger
	}
	if x == math.Trunc(x) && x < 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64) + " " + unit
	}
	return number(x) + " " + unit
}

// micros formats a time given in microseconds.
func micros(us float64) string {
	switch {
	case us == 0:
		return "0"
	case math.IsNaN(us):
		return none
	case us >= 1e6:
		return number(us/1e6) + " s"
	case us >= 1e3:
		return number(us/1e3) + " ms"
	}
	return number(us) + " µs"
}

// shellWord quotes a word of a command line if necessary.
func shellWord(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellWord(word)
	}
	return strings.Join(quoted, " ")
}
