// What can be done by the goroutine that makes a page for a client: making.go ► visit ►
// maker.go.

package httpx

import (
	"time"

	"aws/httpx/site"
)

// visit is a page in the making, for whoever makes it.
type visit struct{ *maker }

var _ site.PageWriter = visit{}

// Query implements site.PageWriter, as the methods below.
func (v visit) Query() string { return v.query }

// SetStatus has the status go with the first piece.
func (v visit) SetStatus(status int) { v.status = status }

// Flush hands the loop a piece that is not full.
func (v visit) Flush() {
	if v.buffer != none && v.n > 0 {
		v.pass()
	}
}

// pageBeat is how often a page that waits says that it gets on, or it would seem to have
// stalled.
const pageBeat = time.Second

// Wait gives up the place to work meanwhile.
func (v visit) Wait(d time.Duration) (goesOn bool) {
	for {
		left := min(d, pageBeat)
		timer := time.NewTimer(left)
		v.pool.Away(func() {
			select {
			case <-timer.C:
				goesOn = true
			case <-v.gone:
			case <-v.ending:
			}
		})
		timer.Stop()
		if d -= left; !goesOn || d <= 0 {
			return goesOn
		}
		v.post(note{kind: atWork})
		goesOn = false
	}
}
