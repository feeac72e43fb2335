package httpx

// The statuses that are answered (RFC 9110 §15). Package net/http has them
// too, with TLS, HTTP/2 and their self-tests at every start.
const (
	statusOK                  = 200
	statusNoContent           = 204
	statusBadRequest          = 400
	statusForbidden           = 403
	statusNotFound            = 404
	statusMethodNotAllowed    = 405
	statusRequestTimeout      = 408
	statusURITooLong          = 414
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
	case statusURITooLong:
		return "URI Too Long"
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

// timeFormat is an HTTP-date, for UTC (RFC 9110 §5.6.7).
const timeFormat = "Mon, 02 Jan 2006 15:04:05 GMT"
