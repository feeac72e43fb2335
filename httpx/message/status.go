// Status codes.

package message

// The status codes that the server sends (RFC 9110 §15). Package net/http has
// them too, but brings TLS, HTTP/2 and their self-tests at every start.
const (
	StatusOK                  = 200
	StatusNoContent           = 204
	StatusPartialContent      = 206
	StatusMovedPermanently    = 301
	StatusFound               = 302
	StatusSeeOther            = 303
	StatusNotModified         = 304
	StatusTemporaryRedirect   = 307
	StatusPermanentRedirect   = 308
	StatusBadRequest          = 400
	StatusUnauthorized        = 401
	StatusForbidden           = 403
	StatusNotFound            = 404
	StatusMethodNotAllowed    = 405
	StatusNotAcceptable       = 406
	StatusRequestTimeout      = 408
	StatusPreconditionFailed  = 412
	StatusURITooLong          = 414
	StatusRangeNotSatisfiable = 416
	StatusTooManyRequests     = 429
	statusHeadTooLarge        = 431
	StatusInternalError       = 500
	StatusNotImplemented      = 501
	StatusUnavailable         = 503
	statusVersionNotSupported = 505
)

// StatusText returns the reason phrase of a status above, that of 500 for any
// other.
func StatusText(status int) string {
	switch status {
	case StatusOK:
		return "OK"
	case StatusNoContent:
		return "No Content"
	case StatusPartialContent:
		return "Partial Content"
	case StatusMovedPermanently:
		return "Moved Permanently"
	case StatusFound:
		return "Found"
	case StatusSeeOther:
		return "See Other"
	case StatusNotModified:
		return "Not Modified"
	case StatusTemporaryRedirect:
		return "Temporary Redirect"
	case StatusPermanentRedirect:
		return "Permanent Redirect"
	case StatusBadRequest:
		return "Bad Request"
	case StatusUnauthorized:
		return "Unauthorized"
	case StatusForbidden:
		return "Forbidden"
	case StatusNotFound:
		return "Not Found"
	case StatusMethodNotAllowed:
		return "Method Not Allowed"
	case StatusNotAcceptable:
		return "Not Acceptable"
	case StatusRequestTimeout:
		return "Request Timeout"
	case StatusPreconditionFailed:
		return "Precondition Failed"
	case StatusURITooLong:
		return "URI Too Long"
	case StatusRangeNotSatisfiable:
		return "Range Not Satisfiable"
	case StatusTooManyRequests:
		return "Too Many Requests"
	case statusHeadTooLarge:
		return "Request Header Fields Too Large"
	case StatusNotImplemented:
		return "Not Implemented"
	case StatusUnavailable:
		return "Service Unavailable"
	case statusVersionNotSupported:
		return "HTTP Version Not Supported"
	}
	return "Internal Server Error"
}
