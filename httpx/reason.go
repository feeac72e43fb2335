// Why requests are refused, for those who count: refusal.go and http1request.go say
// so when it is decided.

package httpx

import (
	"aws/httpx/message"
	"aws/httpx/proxyproto"
)

// reason is why a request is refused: one of message.Refusal, of
// proxyproto.Problem, or one of these.
type reason uint8

const (
	noReason        reason = 0 // it is not, or for what the file is and not for the request
	headLate               = reason(message.Refusals) + iota - 1
	bodyTooLate            // 408
	badBody                // its chunks cannot be understood
	unknownMethod          // 405 or 501
	noPassword             // 401
	noMemoryLeft           // of Config.Memory
	noMaker                // enough bodies are being made, or archives, or there is no memory for one
	fileBusy               // its file system answers nobody, or the descriptors are used up
	lookUpLate             // its file system has not answered in time
	passwordsBusy          // enough are being checked, or it was not in time
	bufferLate             // no stream buffer came free, or nothing was read, for the stall timeout
	manyConnections        // its client has more than Limits.Connections
	manyOfClient           // over Limits.ClientRate
	manyRequests           // over Limits.Rate
	noAccess               // 403, by a rule for networks
	badPrologue            // one of proxyproto.Problem, from its first on
)

// reasons is how many there are.
const reasons = badPrologue + reason(proxyproto.Problems) - 1

// String is its name in metrics.
func (r reason) String() string {
	switch {
	case r < reason(message.Refusals):
		return message.Refusal(r).String()
	case r >= badPrologue:
		return proxyproto.Problem(r - badPrologue + 1).String()
	}
	return [...]string{
		"head_late", "body_late", "body", "method", "password", "memory", "made_bodies", "file_busy",
		"lookup_late", "passwords_busy", "buffer_late",
		"connections_per_ip", "rate_per_ip", "rate", "network",
	}[r-headLate]
}

// unmade is why a request gets this status in place of a body that was being made.
func unmade(status int) reason {
	if status == message.StatusUnavailable {
		return noMaker
	}
	return noReason
}
