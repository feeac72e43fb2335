package httpx

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"

	"aws/backend"
	"aws/backend/simio"
)

// client is the client's end of a connection. step plays its part.
type client struct {
	peer    *simio.Peer
	pieces  [][]byte // to send, one in a step
	pace    int      // most bytes read in a step
	pause   int      // steps between two reads
	resting int      // steps left of the current pause

	halfClose bool // shuts its sending side down after sending everything
	breakAt   int  // goes away after receiving this many bytes
	resets    bool // goes away by a reset
	deafAt    int  // stops reading after this many bytes, if not 0

	named backend.Address // by the PROXY header that it sends, if it does

	got  []byte
	told []*observed // of its exchanges
	err  error       // how the connection ended for the client
	over bool        // the client is done with it
}

const (
	everything = 64 << 10 // more never arrives in a step
	never      = math.MaxInt
)

// readBuffer serves all clients: the tests that have some run one after another.
var readBuffer [everything]byte

// step writes and reads what it can. It is busy if something happened, or will
// happen without the server.
func (c *client) step() (busy bool) {
	if c.over {
		return false
	}
	busy = c.write()
	switch {
	case c.resting > 0:
		c.resting--
		busy = true
	case c.read():
		c.resting = c.pause
		busy = true
	}
	switch {
	case c.err != nil:
		c.over = true
		c.peer.Close()
	case len(c.got) >= c.breakAt:
		c.over = true
		if c.resets {
			c.peer.Reset()
		} else {
			c.peer.Close()
		}
	}
	return busy
}

func (c *client) write() (busy bool) {
	if len(c.pieces) == 0 {
		if c.halfClose {
			c.peer.CloseWrite()
			c.halfClose = false
			return true
		}
		return false
	}
	n, err := c.peer.Write(c.pieces[0])
	if c.pieces[0] = c.pieces[0][n:]; len(c.pieces[0]) == 0 {
		c.pieces = c.pieces[1:]
	}
	if err != nil { // what has arrived can still be read
		c.pieces = nil
	}
	return n > 0
}

func (c *client) read() (busy bool) {
	if c.pace == 0 || c.deafAt > 0 && len(c.got) >= c.deafAt {
		return false
	}
	n, err := c.peer.Read(readBuffer[:c.pace])
	c.got, c.err = append(c.got, readBuffer[:n]...), err
	return n > 0 || err != nil
}

// address is what the server takes for the client's.
func (c *client) address() backend.Address {
	if c.named != (backend.Address{}) {
		return c.named
	}
	return c.peer.Address()
}

// send adds to what the client sends.
func (c *client) send(request string) { c.pieces = append(c.pieces, []byte(request)) }

// parsedResponse is a parsed response.
type parsedResponse struct {
	status int
	header http.Header
	body   []byte
	close  bool // it says that the connection closes
	end    int  // its end in the bytes received

	trailer http.Header
}

// parseResponses parses the responses to requests of these methods. If there are
// fewer, the error says why. rest is what follows the last one.
func parseResponses(got []byte, methods ...string) (all []parsedResponse, rest []byte, err error) {
	rest = got
	for _, method := range methods {
		src := bytes.NewReader(rest)
		br := bufio.NewReader(src)
		r, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			return all, rest, err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return all, rest, fmt.Errorf("body: %w", err)
		}
		rest = rest[len(rest)-src.Len()-br.Buffered():]
		all = append(all, parsedResponse{r.StatusCode, r.Header, body, r.Close, len(got) - len(rest), r.Trailer})
	}
	return all, rest, nil
}
