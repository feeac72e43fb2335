package httpx

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"

	"aws/backend/simio"
)

// client is one end of a connection; step plays its part.
type client struct {
	peer    *simio.Peer
	pieces  [][]byte // to send, one in a step
	pace    int      // most bytes read in a step
	pause   int      // steps between two reads
	resting int      // of those left

	halfClose bool // shuts its sending side down once all is sent
	breakAt   int  // goes away once it has got so many bytes
	resets    bool // by a reset

	got  []byte
	told []*observed // of its exchanges
	err  error       // that ended the connection, as the client sees it
	over bool        // the client has nothing more to do with it
}

const (
	everything = 64 << 10 // that can arrive in a step
	never      = math.MaxInt
)

// readBuffer is that of all clients: tests with them run one after another.
var readBuffer [everything]byte

// step writes and reads what is possible now. It is busy if anything happened
// or will without the server.
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
	if c.pace == 0 {
		return false
	}
	n, err := c.peer.Read(readBuffer[:c.pace])
	c.got, c.err = append(c.got, readBuffer[:n]...), err
	return n > 0 || err != nil
}

// send appends to what the client sends.
func (c *client) send(request string) { c.pieces = append(c.pieces, []byte(request)) }

// parsedResponse is a parsed response.
type parsedResponse struct {
	status int
	header http.Header
	body   []byte
	close  bool // it says that the connection ends
	end    int  // where it ends in the bytes received

	trailer http.Header
}

// parseResponses parses what was received in reply to requests of these methods. The
// error says why there are fewer; rest is what follows the last one parsed.
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
