// Addresses to listen on: their form, the names in them, and which of them clash.

package main

import "aws/backend"

// checkListen parses the addresses. Those that cannot be used are nil.
func (o *options) checkListen() {
	o.addresses = make([]*backend.ListenAddress, len(o.listen))
	var usable []*backend.ListenAddress
	for i, text := range o.listen {
		where := whereIs(o.settings.given, i, "listen", text)
		a, err := backend.ParseListenAddress(text)
		if err != nil {
			o.problems.usage(where, "%v", err)
			continue
		}
		if err := a.Resolve(); err != nil {
			o.problems.refuse(where, "%v", listenAdvice(a, err))
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
