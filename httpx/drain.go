// What other threads ask of a loop: for its figures, and to come to an end.
//
//	control ─► obey ─► drain: finish what is being sent ─► cutOff: when the time is up

package httpx

import "time"

// obey does what other threads have asked for, and cuts the connections that a
// drain has left when its time is up.
func (l *loop) obey() {
	l.watch()
	if l.asked.Load() != nil {
		l.answerAsked()
	}
	stop := l.control.stop.Load()
	if (stop || l.control.drain.Load()) && !l.draining {
		l.drain()
	}
	if stop && !l.stopped {
		l.stopped = true
		l.drainUntil = l.now()
	}
	if !l.draining {
		return
	}
	if l.now() >= l.drainUntil {
		l.cutOff()
		l.drainUntil = l.now() + int64(time.Second) // what is in flight has to complete
	}
	l.control.left.Add(int64(l.open - l.left))
	l.left = l.open
}

// cutOff ends the connections that are left at the end of a drain.
func (l *loop) cutOff() {
	n, name := 0, ""
	l.eachOpen(func(c *conn) {
		if c.exchange != none {
			n++
			c.flags |= cut
			if b := l.bodies.at(c.exchange); b.kind != noBody && b.file != none {
				name = l.files.Name(b.file)
			}
		}
		l.abandon(c, Drained)
	})
	if n > 0 {
		l.control.cut.Add(int64(n))
		l.config.Log.Warn("cut off", "loop", l.number, "responses", n, "file", name)
	}
}

// drain stops accepting and closes idle connections. The others finish the request
// they have.
func (l *loop) drain() {
	l.draining = true
	l.drainUntil = l.now() + int64(l.config.DrainTimeout)
	l.engine.StopAccepting()
	l.eachOpen(func(c *conn) {
		if c.state == readHead && c.in.buffer == none || c.state == linger && !c.has(receiving) {
			l.abandon(c, Drained)
		}
	})
}

// eachOpen calls f for every connection that is not closing.
func (l *loop) eachOpen(f func(*conn)) {
	for i := range l.used {
		if c := &l.conns[i]; c.state != free && c.state != closing {
			f(c)
		}
	}
}

// ended says that a drain is over: no connection is left.
func (l *loop) ended() bool { return l.draining && l.open == 0 }
