// What only some may have: whether the request has the password that its path, or
// another path that its path leads to, needs.

package httpx

import (
	"path"

	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/site"
)

// admit says whether the request may have what is at a clean path, followed by the
// name of a file: 0, or 401, or 503, or files.Pending while a password is checked.
// Every path that is looked up comes here, so what the site's settings map to
// another path is as safe there.
func (d *planner) admit(p *plan, at []byte, name string) (status int) {
	if d.guard == nil || len(p.site.Auth) == 0 || p.anybody {
		return 0
	}
	rule := p.site.AuthFor(d.lower(at, name))
	if rule == nil || rule == p.admitted {
		return 0
	}
	var field []byte
	if d.request != nil { // otherwise nobody has understood it
		field = d.request.Authorization()
	}
	status = d.guard.admit(p.exchange, rule.Number, field)
	switch status {
	case 0:
		p.admitted = rule
	case message.StatusUnauthorized:
		p.challenge = rule.Challenge
	case message.StatusUnavailable:
		p.lacks = passwordsBusy
	}
	return status
}

// maySend says whether the request may have an entry of the open-file table that
// stands for the one that it asked for.
func (d *planner) maySend(p *plan, i int32) bool {
	if d.guard == nil || len(p.site.Auth) == 0 || p.anybody {
		return true
	}
	url := d.files.At(i).Mount.AppendURL(d.guard.path[:0], d.files.Name(i))
	rule := p.site.AuthFor(site.ToLower(url))
	return rule == nil || rule == p.admitted
}

// withheld is what the request may not have of the folder that is listed: nil if the
// site asks for no passwords. Goroutines may call it.
func (p *plan) withheld() func(name string) bool {
	if len(p.site.Auth) == 0 {
		return nil
	}
	s, admitted, folder := p.site, p.admitted, p.mount.URL(p.below)
	return func(name string) bool {
		rule := s.AuthFor(site.ToLower([]byte(path.Join(folder, name))))
		return rule != nil && rule != admitted
	}
}

// lower composes a path in lower case, in scratch space.
func (d *planner) lower(at []byte, name string) []byte {
	return site.ToLower(append(append(d.guard.path[:0], at...), name...))
}

// undecided says that a look-up has not told whether there is a file.
func undecided(status int) bool {
	return status == message.StatusUnauthorized || status == message.StatusUnavailable || status == files.Pending
}
