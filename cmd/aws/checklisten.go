// Addresses to listen on: their form, the names in them, and which of them clash. And
// the proxies that are trusted.

package main

import (
	"errors"
	"slices"

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
	o.checkTrusted()
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

// checkTrusted reports trust that has no effect, or no bounds.
func (o *options) checkTrusted() {
	where := func(i int) string { return whereIs(o.settings.given, i, trustedFlag, o.trusted[i].String()) }
	for i, n := range o.trusted {
		by := slices.IndexFunc(o.trusted, func(m backend.Network) bool {
			return m != n && backend.Networks{m}.Covers(o.trusted[i:i+1])
		})
		switch {
		case n.IsAll():
			o.problems.warn(where(i), "anybody can say to be anybody else: name the networks of the proxies")
		case slices.Contains(o.trusted[:i], n):
			o.problems.warn(where(i), "is there twice")
		case by >= 0:
			o.problems.warn(where(i), "has no effect: it lies in that of %s", where(by))
		}
	}
}

const trustedFlag = "trusted-proxy"
