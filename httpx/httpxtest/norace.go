//go:build !race

package httpxtest

// RaceEnabled says that the race detector is on, which changes what allocates.
const RaceEnabled = false
