//go:build !race

package httpx

// raceEnabled says that the race detector is on, which changes what allocates.
const raceEnabled = false
