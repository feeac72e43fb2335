// Package process changes the bytes of files between the asynchronous read and
// the send, and those of listings while they are made.
//
//	file's bytes ► Processor.Open's writer ► w ► client
//
//	process.go   the contract of a processor
//	chain.go     several processors as one
//	compress.go  the processor of --compress
//	digest.go    the processor of --digest
//	unpack.go    the way back, for --precompressed-only
//
// A processor may take its time: its writer runs on a goroutine that serves one
// response. The loop never waits for it. All they share are the blocks of bytes
// that they hand each other.
package process

import "io"

// Response describes a response to a processor, which then fills in how it
// changes the body. Only whole bodies are processed: a range is of the bytes as
// they are sent (RFC 9110 §14.2), and those are not known in advance.
type Response struct {
	Path string // clean URL path of the file, or of the folder that is listed
	Type string // media type of the file, with parameters
	Size int64  // bytes of the file, or -1 where nobody knows yet, as of a listing

	// Accept returns the content coding that the client prefers, or "" if it
	// prefers none of these to the plain file (RFC 9110 §12.5.3). Of equals it
	// returns the first. Only Prepare may call it.
	Accept func(codings ...string) string

	// Trailers is set if the client takes trailer fields: it speaks HTTP/1.1 and
	// sent "TE: trailers" (RFC 9110 §10.1.4).
	Trailers bool

	// Ranged is set if the client asks for a range of the file. It gets one if no
	// processor takes part, and otherwise the whole body.
	Ranged bool

	// Prepare sets the fields below. In a chain an earlier processor may have
	// set them. The length of the body is known only at its end: unless it ends
	// within the first block, the response is chunked or, for a client of
	// HTTP/1.0, ends with the connection.

	Coding  string // Content-Encoding; "" for none
	Suffix  string // added to the ETag, which becomes weak; "" if the bytes stay the same
	Vary    string // the request field that Prepare considered; "" for none
	Trailer string // the trailer field that the writer has a value for; "" for none

	// Required forbids sending the file unprocessed. Without it, the file goes
	// unprocessed while there is no room for another body in the making; with
	// it, the response is 503.
	Required bool

	part uint64 // the processors of a chain that take part: bit i for the i-th
}

// AppendTag appends the entity tag of the response to b: tag, which is the
// file's with its quotes, with the Suffix. With a suffix it is weak, since
// another release of an encoder may make other bytes of the same file.
func (r *Response) AppendTag(b, tag []byte) []byte {
	if r.Suffix == "" {
		return append(b, tag...)
	}
	b = append(b, "W/"...)
	b = append(b, tag[:len(tag)-1]...)
	b = append(b, '-')
	b = append(b, r.Suffix...)
	return append(b, '"')
}

// Processor changes the bodies of responses. All loops use the same one at the
// same time, so its state is constant or safe to share.
type Processor interface {
	// Prepare reports whether the response is to be processed, and describes
	// the result in r. If it is not, Prepare may set nothing but Vary, which
	// also applies to a response that a request field keeps unprocessed.
	// Prepare runs on the loop's thread: it must neither wait nor allocate. HEAD
	// is prepared like GET, to get the same fields, but not opened.
	Prepare(r *Response) bool

	// Open returns a writer that takes the bytes of the file in order, in
	// pieces of any size, and writes the body to w. Open and the writer run on
	// the response's goroutine. Writes to w may be small, since it gathers them;
	// they wait while the client is slow.
	//
	// The writer must not keep the slices it is given. Close writes the rest of
	// the body and frees the writer's resources; it does not close w. Close is
	// called exactly once, even after an error, and only Trailer is called after
	// it.
	//
	// After an error, from Open too, the response never looks complete to the
	// client: it is replaced by an error if it has not begun, and otherwise the
	// connection is cut (RFC 9112 §8). If the response is abandoned, writes to w
	// fail, and Close is called.
	Open(r *Response, w io.Writer) (io.WriteCloser, error)
}

// TrailerWriter is implemented by the writers of a Processor that sets
// Response.Trailer.
type TrailerWriter interface {
	// Trailer returns the value of the trailer field. It is called only after
	// Close has succeeded.
	Trailer() string
}
