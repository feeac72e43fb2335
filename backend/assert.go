package backend

// Assert panics with msg unless ok. Assertions stay on in production, at both
// ends of an operation: they state what is true of every correct caller and
// engine, whatever peers send.
func Assert(ok bool, msg string) {
	if !ok {
		panic("assertion failed: " + msg)
	}
}
