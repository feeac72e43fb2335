// What every place that lines go to does.

package accesslog

import "errors"

// sink is what lines are written to. Only the writer uses it.
type sink interface {
	// open opens it, or opens it anew: then another says that it leads elsewhere than
	// before. If that fails, what was open stays open.
	open() (another bool, err error)
	// write writes what it can of b: whole lines, but for the start of the first. It
	// waits for a moment at most if nothing can be written now, and then returns
	// errBusy.
	write(b []byte) (n int, err error)
	close()
}

// errBusy says that whoever reads the log does not, or too slowly.
var errBusy = errors.New("nobody takes what is written")

var newline = []byte("\n")
