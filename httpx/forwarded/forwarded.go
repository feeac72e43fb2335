// Package forwarded finds out whom a request is from that has come through proxies, by
// X-Forwarded-For or Forwarded (RFC 7239). It allocates nothing.
//
//	Request ► Client ► list.go      the elements of all lines, from the last one back
//	                     └► node.go what one of them says
package forwarded

import (
	"aws/backend"
	"aws/httpx/message"
)

const (
	field    = "forwarded"
	forField = "x-forwarded-for"
)

// Client returns the address of the client that has sent a request, which has come from
// a peer. Each proxy adds whom it has a request from to the end of the list, and leaves
// what stands before that as it is: anybody may have written it. So the list is read from
// its end, for as long as the address that has added the next element is trusted. An
// element that names no address, such as "unknown" or an obfuscated one (RFC 7239 §6.3),
// ends it: the client is who has added it.
//
// If both fields are there, X-Forwarded-For counts, which most proxies write: one of the
// two may be from the client, whose proxy knows the other one only. Its elements are not
// mixed with those of the other, as nothing says in which order they were added.
func Client(r *message.Request, peer backend.Address, trusted backend.Networks) backend.Address {
	l := list{lines: r.LastLines(forField)}
	if !l.more() {
		l = list{lines: r.LastLines(field), quoted: true}
	}
	client := peer
	for trusted.Contains(client) {
		element, ok := l.last()
		if !ok {
			break
		}
		if l.quoted {
			element = forOf(element)
		}
		next, ok := parseNode(element)
		if !ok {
			break
		}
		client = next
	}
	return client
}
