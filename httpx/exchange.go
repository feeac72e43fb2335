// An exchange: one request and its response, whatever version of HTTP and
// whatever wire carry them.
//
//	begin ─► first byte ─► end
//
// It begins when the head of the request has arrived, or enough of it to refuse
// it. It ends exactly once: when the kernel has taken the last byte of the
// response, or with its connection. HTTP/1 has one current exchange per
// connection. Older ones may still be open: their responses were gathered in one
// buffer, and they end in order as that buffer is sent.

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

// Outcome is how an exchange ended.
type Outcome uint8

const (
	// UnderWay: the exchange has not ended.
	UnderWay Outcome = iota
	// Whole: the kernel has taken all of the response.
	Whole
	// ClientGone: the client closed or reset the connection.
	ClientGone
	// Stalled: nothing moved for the whole stall timeout.
	Stalled
	// TooSlow: the client took less than the minimum rate.
	TooSlow
	// Shrunk: the file became shorter than the response had promised.
	Shrunk
	// Failed: the body could not be read or made, or its file was written to
	// meanwhile, or the socket failed.
	Failed
	// Drained: the server ended before the response did.
	Drained
)

func (o Outcome) String() string {
	return [...]string{"under way", "whole", "client gone", "stalled", "too slow", "shrunk", "failed", "drained"}[o]
}

// Source is where the bytes of a file in a response came from.
type Source uint8

const (
	// NoFile: there were none.
	NoFile Source = iota
	// FromCache: the page cache had all that was sent.
	FromCache
	// FromDisk: some of it was read past the page cache, or into it.
	FromDisk
	// FromRemote: a remote file system was asked, which may have a cache of its own.
	FromRemote
)

// exchangeFlag is one bit of what is known about a request and its response.
type exchangeFlag uint8

const (
	keepAlive   exchangeFlag = 1 << iota // the connection stays open after this response
	http10                               // the request is HTTP/1.0
	headOnly                             // the request is HEAD
	unread                               // the client may send more, which we will not read
	sendsNoMore                          // the client says that this request is its last
	headOpen                             // the head does not say yet how the end of the body is found
	inChunks                             // the body is chunked
	prefersHTML                          // the client does, to a line of text
)

// exchange is an element of a mapped array, so it holds no pointers. Its body has
// the same index among the bodies.
type exchange struct {
	token   backend.Token // of the connection
	younger int32         // the next exchange of the connection, or none
	outEnd  uint16        // where in the connection's out its gathered response ends
	site    uint16        // site.Site.Number of the site that is asked
	start   int64         // when the first byte of the request arrived, by the loop's clock
	sent    int64         // bytes of the response taken by the kernel, including head and framing

	status   uint16
	listener uint16 // of the connection
	method   message.Method
	flags    exchangeFlag
	open     bool  // begun and not ended
	origin   uint8 // that the site allows: see site.Origins
}

func (x *exchange) has(f exchangeFlag) bool { return x.flags&f != 0 }
