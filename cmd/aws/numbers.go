// Numbers as people read them.

package main

import (
	"strconv"
	"time"
)

// thousands is a number with commas.
func thousands[T ~int | ~int64 | ~uint64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// inBytes is a number of bytes in the largest unit that leaves it 1 or more.
func inBytes[T ~int64 | ~uint64](n T) string {
	for _, unit := range []struct {
		shift int
		name  string
	}{{40, "TiB"}, {30, "GiB"}, {20, "MiB"}, {10, "KiB"}} {
		if n >= 1<<unit.shift {
			return strconv.FormatFloat(float64(uint64(n)>>(unit.shift-10)*10>>10)/10, 'f', -1, 64) + " " + unit.name
		}
	}
	return thousands(int64(n)) + " bytes"
}

// shortTime is nanoseconds with three digits.
func shortTime(ns uint64) string {
	d := time.Duration(ns)
	unit := time.Duration(1)
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}
