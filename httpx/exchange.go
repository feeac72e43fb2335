// An exchange: one request and its response, whatever version of HTTP and
// whatever wire carries them.
//
//	begin ─► first byte ─► end
//
// It begins when the head of the request is there, or enough of it to refuse
// it. It ends exactly once: when the kernel has taken the last byte of the
// response, or with its connection. On HTTP/1 one exchange of a connection is
// at hand; those before it, whose responses were composed into the same buffer
// and are not yet sent, end in their order as that buffer goes out.

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

// Outcome is how an exchange has ended.
type Outcome uint8

const (
	// UnderWay is the zero value: the exchange has not ended.
	UnderWay Outcome = iota
	// Whole: all of the response is with the kernel.
	Whole
	// ClientGone: the client has closed or reset the connection.
	ClientGone
	// Stalled: the client has neither sent nor taken anything for the stall
	// timeout.
	Stalled
	// Shrunk: the file has become shorter than the response had promised.
	Shrunk
	// Failed: the body could not be read or made, or its file was written to
	// meanwhile, or the socket has failed.
	Failed
	// Drained: the server has ended before the response has.
	Drained
)

func (o Outcome) String() string {
	return [...]string{"under way", "whole", "client gone", "stalled", "shrunk", "failed", "drained"}[o]
}

// exchangeFlag is one bit of what is known of a request and its response.
type exchangeFlag uint8

const (
	keepAlive   exchangeFlag = 1 << iota // the connection goes on after this response
	http10                               // the request is HTTP/1.0
	headOnly                             // the request is HEAD
	unread                               // the client may be sending what we will not read
	sendsNoMore                          // the client has said that this request is its last
	headOpen                             // the head does not yet say where the body ends
	inChunks                             // the body is chunked
)

// exchange is what is known of one, but for its body, which has the same index
// among the bodies. It is an element of a mapped array, so it holds no pointers.
type exchange struct {
	token backend.Token // of the connection
	next  int32         // of the same connection, begun after this one; or none
	end   int32         // where in the connection's out its response ends, once that has been composed whole
	start int64         // when the first byte of the request arrived, by the loop's clock
	sent  int64         // bytes of the response that the kernel has taken, head and framing included

	status   uint16
	listener uint16 // that the connection came by
	method   message.Method
	flags    exchangeFlag
	open     bool // begun and not ended
	outcome  Outcome
}

func (x *exchange) has(f exchangeFlag) bool { return x.flags&f != 0 }
