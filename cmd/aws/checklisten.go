// Addresses to listen on: their form, the names in them, and which of them clash.

package main

import (
	"errors"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// checkListen parses the addresses. Those that cannot be used are nil.
func (o *options) checkListen() {
	o.addresses = make([]*backend.ListenAddress, len(o.listen))
	var usable []*backend.ListenAddress
	for i, text := range o.listen {
		where := whereIs(o.settings.given, i, "listen", text)
		a := o.parseListen(where, text, listenExample)
		if a == nil {
			continue
		}
		for j, other := range o.addresses[:i] {
			if other != nil && a.Clashes(other) {
				o.problems.usage(where, "clashes with %s: both want the same address; leave one of them out", whereIs(o.settings.given, j, "listen", o.listen[j]))
				break
			}
		}
		o.addresses[i] = a
		usable = append(usable, a)
	}
	backend.ShareFamilies(usable)
}

// parseListen parses an address and resolves it. It returns nil for one that cannot be
// used, which is a problem. example is another one, for advice.
func (o *options) parseListen(where, text, example string) *backend.ListenAddress {
	a, err := backend.ParseListenAddress(text)
	if err != nil {
		o.problems.usage(where, "%v", err)
		return nil
	}
	if err := a.Resolve(); err != nil {
		o.problems.refuse(where, "%v", listenAdvice(a, example, err))
		return nil
	}
	return a
}

// tryListen reports what would keep an address from being listened on; nil is none. One
// in use may be that of the server to follow.
func (o *options) tryListen(a *backend.ListenAddress, where, example string) {
	if a == nil {
		return
	}
	if err := a.Try(); err != nil && !errors.Is(err, unix.EADDRINUSE) {
		o.problems.refuse(where, "%v", listenAdvice(a, example, err))
	}
}
