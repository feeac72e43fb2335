// Why a head is refused: HeadScan and ParseRequest say so.

package message

// Refusal is why a head is refused, or NotRefused.
type Refusal uint8

// The reasons.
const (
	NotRefused    Refusal = iota
	NotHTTP               // it does not begin with a method: a TLS ClientHello, say
	BadLine               // the request line is none of HTTP/1
	BadVersion            // of HTTP: not 1
	BadTarget             // malformed, or not one for the method
	LongTarget            // over MaxTarget
	ControlByte           // a line feed alone, or another byte that text cannot have
	BadField              // a line that is no field
	BadHost               // none, a second one, or a malformed one
	BadLength             // Content-Length: no number, or a second one
	BadCoding             // Transfer-Encoding: malformed, or beside Content-Length, or in HTTP/1.0
	UnknownCoding         // Transfer-Encoding: not chunked
	LongHead              // over MaxHead
	ManyFields            // over MaxFields
	Refusals              // how many there are
)

// Status is the status that tells the client, 0 for NotRefused.
func (r Refusal) Status() int {
	switch r {
	case NotRefused:
		return 0
	case LongTarget:
		return StatusURITooLong
	case BadVersion:
		return statusVersionNotSupported
	case UnknownCoding:
		return StatusNotImplemented
	case LongHead, ManyFields:
		return statusHeadTooLarge
	}
	return StatusBadRequest
}

// String is its name in metrics.
func (r Refusal) String() string {
	return [...]string{
		"", "not_http", "request_line", "version", "target", "target_too_long", "control_byte", "field",
		"host", "content_length", "transfer_encoding", "unknown_coding", "head_too_long", "too_many_fields",
	}[r]
}
