package backend

// Refused says why the machine does not let a server, or an engine, start. What it
// consists of can be shown apart.
type Refused struct {
	Err    error  // what was tried, and the errno or the limit
	Cause  string // why that is so; "" where Err says it
	Remedy string // what to do about it
}

func (r *Refused) Error() string {
	text := r.Err.Error()
	if r.Cause != "" {
		text += ": " + r.Cause
	}
	return text + "; " + r.Remedy
}

func (r *Refused) Unwrap() error { return r.Err }
