package httpx

// moment says when something of a file was looked at, as far as it matters to
// which requests the look still counts for. The zero value is before all.
type moment struct {
	time     int64  // nanoseconds of the loop's clock
	turn     uint64 // of the loop
	received uint64 // how often the loop has received something
}

// arrival is what is known of when a request arrived.
type arrival struct {
	// turn is the loop's turn before which the request had begun to arrive, or
	// 0 where that cannot be told.
	turn uint64
	// received is the count with which the last of it was received.
	received uint64
}

// look is a request's look at a file: when the request arrived, and what time
// it is.
type look struct {
	arrival
	now moment
}

// covers says whether a look at that moment counts for a request: it was made
// in the turn before which the request had begun to arrive, or after all of it
// had arrived; or it is younger than ttl. Whoever asks for a file gets a
// version of it that was there at some time after he began to ask.
func (m moment) covers(k look, ttl int64) bool {
	return k.turn != 0 && m.turn == k.turn || m.received >= k.received && m.received > 0 ||
		ttl > 0 && m != moment{} && k.now.time-m.time < ttl
}
