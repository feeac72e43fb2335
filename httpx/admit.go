// What only some may have: whether the client is of a network that may have what is at a
// path, and whether its request has the password that the path needs, or another path
// that its path leads to.

package httpx

import (
	"path"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/site"
)

// admit says whether the request may have what is at a clean path, followed by the
// name of a file: 0, or 403, or 401, or 503, or files.Pending while a password is checked.
// Every path that is looked up comes here, so what the site's settings map to
// another path is as safe there.
func (d *planner) admit(p *plan, at []byte, name string) (status int) {
	if !d.guards(p) || p.anybody {
		return 0
	}
	url := d.lower(at, name)
	if p.denied = d.denies(p, url); p.denied {
		return message.StatusForbidden
	}
	rule := p.site.AuthFor(url)
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

// guards says that the site keeps something from somebody.
func (d *planner) guards(p *plan) bool { return len(p.site.Access)+len(p.site.Auth) > 0 }

// denies says whether the client is of a network that may not have what is at a clean
// path in lower case.
func (d *planner) denies(p *plan, url []byte) bool {
	return len(p.site.Access) > 0 && p.site.Denies(url, d.client(p))
}

// client is whom the request is from.
func (d *planner) client(p *plan) backend.Address {
	r := d.request
	if r == &noRequest {
		r = nil
	}
	return d.clients.of(p.exchange, d.exchanges.at(p.exchange), r)
}

// maySend says whether the request may have an entry of the open-file table that
// stands for the one that it asked for.
func (d *planner) maySend(p *plan, i int32) bool {
	if !d.guards(p) || p.anybody {
		return true
	}
	url := site.ToLower(d.files.At(i).Mount.AppendURL(d.lowered[:0], d.files.Name(i)))
	rule := p.site.AuthFor(url)
	return (rule == nil || rule == p.admitted) && !d.denies(p, url)
}

// withheld is what the request may not have of the folder that is listed: nil if the
// site keeps nothing from anybody. Goroutines may call it.
func (d *planner) withheld(p *plan) func(name string) bool {
	if !d.guards(p) {
		return nil
	}
	s, admitted, folder, client := p.site, p.admitted, p.mount.URL(p.below), d.client(p)
	return func(name string) bool {
		url := site.ToLower([]byte(path.Join(folder, name)))
		rule := s.AuthFor(url)
		return rule != nil && rule != admitted || s.Denies(url, client)
	}
}

// lower composes a path in lower case, in scratch space.
func (d *planner) lower(at []byte, name string) []byte {
	return site.ToLower(append(append(d.lowered[:0], at...), name...))
}

// undecided says that a look-up has not told whether there is a file.
func (p *plan) undecided(status int) bool {
	return status == message.StatusUnauthorized || status == message.StatusUnavailable || status == files.Pending || p.denied
}
