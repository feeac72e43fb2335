package httpx

// The statuses that are answered (RFC 9110 §15). Package net/http has them
// too, with TLS, HTTP/2 and their self-tests at every start.
const (
	statusOK                  = 200
	statusNoContent           = 204
	statusPartialContent      = 206
	statusMovedPermanently    = 301
	statusFound               = 302
	statusSeeOther            = 303
	statusNotModified         = 304
	statusTemporaryRedirect   = 307
	statusPermanentRedirect   = 308
	statusBadRequest          = 400
	statusForbidden           = 403
	statusNotFound            = 404
	statusMethodNotAllowed    = 405
	statusRequestTimeout      = 408
	statusPreconditionFailed  = 412
	statusURITooLong          = 414
	statusRangeNotSatisfiable = 416
	statusHeadTooLarge        = 431
	statusInternalError       = 500
	statusNotImplemented      = 501
	statusUnavailable         = 503
	statusVersionNotSupported = 505
)

// statusText is the reason phrase of a status.
func statusText(status int) string {
	switch status {
	case statusOK:
		return "OK"
	case statusNoContent:
		return "No Content"
	case statusPartialContent:
		return "Partial Content"
	case statusMovedPermanently:
		return "Moved Permanently"
	case statusFound:
		return "Found"
	case statusSeeOther:
		return "See Other"
	case statusNotModified:
		return "Not Modified"
	case statusTemporaryRedirect:
		return "Temporary Redirect"
	case statusPermanentRedirect:
		return "Permanent Redirect"
	case statusBadRequest:
		return "Bad Request"
	case statusForbidden:
		return "Forbidden"
	case statusNotFound:
		return "Not Found"
	case statusMethodNotAllowed:
		return "Method Not Allowed"
	case statusRequestTimeout:
		return "Request Timeout"
	case statusPreconditionFailed:
		return "Precondition Failed"
	case statusURITooLong:
		return "URI Too Long"
	case statusRangeNotSatisfiable:
		return "Range Not Satisfiable"
	case statusHeadTooLarge:
		return "Request Header Fields Too Large"
	case statusNotImplemented:
		return "Not Implemented"
	case statusUnavailable:
		return "Service Unavailable"
	case statusVersionNotSupported:
		return "HTTP Version Not Supported"
	}
	return "Internal Server Error"
}
