package files

// Moment says when something of a file was looked at, as far as it matters to
// which requests the look still counts for. The zero value is before all.
type Moment struct {
	Time     int64  // nanoseconds of the loop's clock
	Turn     uint64 // of the loop
	Received uint64 // how often the loop has received something
}

// arrival is what is known of when a request arrived.
type arrival struct {
	// turn is the loop's turn before which the request had begun to arrive, or
	// 0 where that cannot be told.
	Turn uint64
	// received is the count with which the last of it was received.
	Received uint64
}

// Look is a request's look at a file: when the request arrived, and what time
// it is.
type Look struct {
	arrival
	Now Moment
}

// covers says whether a look at that moment counts for a request: it was made
// in the turn before which the request had begun to arrive, or after all of it
// had arrived; or it is younger than ttl. Whoever asks for a file gets a
// version of it that was there at some time after he began to ask.
func (m Moment) covers(k Look, ttl int64) bool {
	return k.Turn != 0 && m.Turn == k.Turn || m.Received >= k.Received && m.Received > 0 ||
		ttl > 0 && m != Moment{} && k.Now.Time-m.Time < ttl
}
