// What only some may have: whether the request has the password that its path, or
// another path that its path leads to, needs.

package httpx

import (
	"aws/httpx/files"
	"aws/httpx/message"
)

// admit says whether the request may have what is at a clean path, followed by the
// name of a file: 0, or 401, or 503, or files.Pending while a password is checked.
// Every path that is looked up comes here, so what the site's settings map to
// another path is as safe there.
func (d *planner) admit(p *plan, path []byte, name string) (status int) {
	if d.guard == nil || len(p.site.Auth) == 0 || p.anybody {
		return 0
	}
	rule := p.site.AuthFor(d.lower(path, name))
	if rule == nil || rule == p.admitted {
		return 0
	}
	status = d.guard.admit(p.exchange, rule.Number, d.request.Authorization())
	switch status {
	case 0:
		p.admitted = rule
	case message.StatusUnauthorized:
		p.challenge = rule.Challenge
	}
	return status
}

// maySend says whether the request may have an entry of the open-file table that
// stands for the one that it asked for.
func (d *planner) maySend(p *plan, i int32) bool {
	if d.guard == nil || len(p.site.Auth) == 0 || p.anybody {
		return true
	}
	url := d.files.At(i).Mount.URL(d.files.Name(i))
	rule := p.site.AuthFor(d.lower(nil, url))
	return rule == nil || rule == p.admitted
}

// lower composes a path with its ASCII letters in lower case, in scratch space: a file
// system may ignore case.
func (d *planner) lower(path []byte, name string) []byte {
	b := append(append(d.guard.path[:0], path...), name...)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return b
}

// undecided says that a look-up has not told whether there is a file.
func undecided(status int) bool {
	return status == message.StatusUnauthorized || status == message.StatusUnavailable || status == files.Pending
}
