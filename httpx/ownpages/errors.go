package ownpages

import "aws/httpx/message"

// meaning says in a sentence what an error means to the one who reads it, and what to
// do about it, as HTML.
func meaning(status int) string {
	switch status {
	case message.StatusBadRequest:
		return "The server could not understand what your browser sent."
	case 401:
		return "You have to sign in to see this page."
	case message.StatusForbidden:
		return "You may not see this page."
	case message.StatusNotFound:
		return "There is nothing at this address. It may have moved, or the link may have a mistake in it."
	case message.StatusMethodNotAllowed:
		return "This address can be looked at, but does not take what your browser sent."
	case 406:
		return "This page exists in no form that your browser understands."
	case message.StatusRequestTimeout:
		return "Your request took too long to arrive. Please try again."
	case message.StatusPreconditionFailed:
		return "The page is not in the state that your browser expected. Please load it anew."
	case 413:
		return "What your browser sent is too large."
	case message.StatusURITooLong:
		return "The address is longer than the server takes."
	case message.StatusRangeNotSatisfiable:
		return "Your browser asked for a part of a file that the file does not have. It may have changed: please load it anew."
	case 421:
		return "Your browser asked a server that does not answer for this address."
	case message.StatusTooManyRequests:
		return "You sent too many requests. Please wait a little and try again."
	case 431:
		return "Your browser sent too much along with the request. It may help to delete the cookies of this site."
	case message.StatusInternalError:
		return "Something went wrong at the server. Please try again later."
	case message.StatusNotImplemented:
		return "The server cannot do what your browser asked for."
	case message.StatusUnavailable:
		return "The server is too busy right now. Please try again in a moment."
	case 505:
		return "The server does not speak the version of HTTP that your browser used."
	}
	if status < message.StatusInternalError {
		return "The server could not take what your browser sent."
	}
	return "The server could not answer your request. Please try again later."
}
