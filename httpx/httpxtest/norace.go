//go:build !race

package httpxtest

// RaceEnabled says whether the race detector is on. It makes more code allocate.
const RaceEnabled = false
