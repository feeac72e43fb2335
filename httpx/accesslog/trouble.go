// What the server's log is told of lines that cannot be written, and not too often.

package accesslog

import (
	"log/slog"
	"time"
)

// sayPause is how long one warning keeps the next of its kind from being logged.
const sayPause = 10 * time.Second

// trouble is what the writer has said.
type trouble struct {
	log  *slog.Logger
	to   string
	last string // the error, "" if all is well
	said time.Time
}

// is says that writing fails, when it begins to and then every now and then.
func (t *trouble) is(err error) {
	if now := time.Now(); err.Error() != t.last || now.Sub(t.said) >= sayPause {
		t.last, t.said = err.Error(), now
		t.log.Warn("the access log cannot be written; lines wait, and are dropped when there are too many", "path", t.to, "err", err)
	}
}

// over says that writing works again.
func (t *trouble) over() {
	if t.last != "" {
		t.last = ""
		t.log.Info("the access log is written again", "path", t.to)
	}
}

// dropReport is what a loop has said of the lines that it has dropped.
type dropReport struct {
	at    time.Time
	count uint64
}

// dropped says that lines are dropped, every now and then: the writer may be waiting for
// ever. total is how many there have been.
func (d *dropReport) dropped(log *slog.Logger, now time.Time, total uint64) {
	if now.Sub(d.at) >= sayPause || d.count == 0 {
		log.Warn("lines of the access log are dropped: they cannot be written in time", "dropped", total-d.count, "sinceStart", total)
		*d = dropReport{now, total}
	}
}
