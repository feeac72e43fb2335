// Package message reads requests and writes the parts of responses that the
// RFCs define. It knows the grammar and the rules, and does no I/O. It is strict
// where leniency lets two servers disagree on where a request ends (RFC 9112
// §11.2). Nothing in it allocates while the server serves.
//
//	bytes ► HeadScan ► Request ┬► CleanPath         a file
//	                                          ├► Precondition      304, 412
//	                                          ├► RangesFor         206, 416
//	                                          ├► Codings           which sidecar
//	                                          └► PrefersJSON       which listing
//	bytes after the head ► ChunkedReader ► the next request
//
//	head.go         where a head ends
//	request.go      what a head says; target.go its target, fields.go the
//	                fields that select a response
//	path.go         from a target to the name of a file
//	conditional.go  conditions; date.go the dates in them
//	ranges.go       ranges; multipart.go several of them in one response
//	negotiate.go    content codings and media types
//	chunked.go      bodies of requests, which are dropped
//	status.go       status codes
//	append.go       header fields of responses
//	syntax.go       the grammar that the others share
package message
