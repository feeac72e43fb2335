// Moments: which requests a look at a file counts for. One look serves all
// requests that were under way when it was made, so a file that many ask for at
// once costs one statx(2).

package files

// Moment is the time of a look at a file. The zero value is before all others.
type Moment struct {
	Time     int64  // nanoseconds of the loop's clock
	Turn     uint64 // the loop's turn, from 1
	Received uint64 // how often the loop had received bytes by then
}

// earlier returns the earlier of two moments.
func (m Moment) earlier(n Moment) Moment {
	if n.Turn < m.Turn || n.Turn == m.Turn && n.Received < m.Received {
		return n
	}
	return m
}

// Look is a request's look at a file: when the request arrived, and the time
// now.
type Look struct {
	// Turn is the loop's current turn if the request had begun to arrive before
	// it, or 0 if that is unknown.
	Turn uint64
	// Received is the loop's count when the last of the request was received.
	Received uint64
	Now      Moment
	Asker    int32 // the exchange to be told if the look is Pending
}

// covers reports whether a look at moment m counts for the request of k: it was
// made in a turn before which the request had begun to arrive, or after all of
// the request had arrived, or less than ttl nanoseconds ago. So a client gets a
// version of the file that existed at some time after it began to ask.
func (m Moment) covers(k Look, ttl int64) bool {
	return k.Turn != 0 && m.Turn == k.Turn || m.Received >= k.Received && m.Received > 0 ||
		ttl > 0 && m != Moment{} && k.Now.Time-m.Time < ttl
}
