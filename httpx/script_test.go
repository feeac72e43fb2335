package httpx

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
)

// script is what one client does, and the responses it should get.
type script struct {
	exchanges []scripted
	pieces    []int // sizes of the pieces that the requests are cut into, used in turn
	pace      int
	pause     int
	halfClose bool
	breakAt   int
	resets    bool
	volume    int // bytes of all bodies
}

// scripted is a request and the response it should get.
type scripted struct {
	request string
	method  string
	status  int    // 0 if the connection ends without a response
	body    []byte // of a 200 or 206, without the framing of parts
	last    bool   // the response ends the connection
	maybe   bool   // it does unless the request's body has arrived whole with the head
	lists   bool   // the body is a listing
}

// scriptBuffer is how much of a file a stream buffer of the scripts holds. It is
// little, so that few bytes go through many buffers.
const scriptBuffer = 2 * backend.Align

// scriptFiles are the files in each folder of the scripts' document root.
var scriptFiles = []struct {
	name string
	size int
}{
	{"empty", 0}, {"one", 1}, {"page-1", 4095}, {"page", 4096}, {"page+1", 4097}, {"3.txt", 3000},
	{"buffer-1", scriptBuffer - 1}, {"buffer", scriptBuffer}, {"buffer+1", scriptBuffer + 1},
	{"buffers", 3*scriptBuffer + 99}, {"socket", simio.SocketBuffer + 777}, {"sockets", 3 * simio.SocketBuffer},
}

// scriptTree is the sizes of those files by path.
func scriptTree() map[string]int {
	sizes := map[string]int{}
	for _, f := range scriptFiles {
		sizes["static/"+f.name], sizes["dynamic/"+f.name] = f.size, f.size
	}
	return sizes
}

var scriptContents = sync.OnceValue(func() map[string][]byte {
	contents := map[string][]byte{}
	for _, f := range scriptFiles {
		contents[f.name] = httpxtest.Content(f.name, f.size)
	}
	return contents
})

// newScript makes up a script, with or without made bodies.
func newScript(r *rand.Rand, made bool) *script {
	s := &script{pace: everything, breakAt: never, halfClose: r.IntN(3) == 0}
	for n := 1 + r.IntN(6); n > 0; n-- {
		var e scripted
		if made && r.IntN(2) == 0 {
			e = madeExchange(r)
		} else {
			e = newExchange(r, n == 1)
		}
		s.exchanges = append(s.exchanges, e)
		s.volume += len(e.body)
		if e.last {
			break
		}
	}
	if s.maybe() {
		s.halfClose = true // so that the connection ends in the same way
	}
	for range 1 + r.IntN(3) {
		s.pieces = append(s.pieces, 1+r.IntN(pick(r, 40, 400, 4000, 100000)))
	}
	if r.IntN(3) == 0 {
		s.pace, s.pause = 1+s.volume/200+r.IntN(everything/2), r.IntN(4)
	}
	if r.IntN(6) == 0 {
		s.breakAt, s.resets = r.IntN(s.volume+2000), r.IntN(2) == 0
	}
	return s
}

// maybe says that it is not certain whether the last response ends the connection.
func (s *script) maybe() bool { return s.exchanges[len(s.exchanges)-1].maybe }

// client adds a client to h that plays the script.
func (s *script) client(h *harness) {
	var b strings.Builder
	for _, e := range s.exchanges {
		b.WriteString(e.request)
	}
	c := h.dial("")
	c.pieces, c.got = nil, make([]byte, 0, s.volume+len(s.exchanges)*maxHead)
	all := []byte(b.String())
	for i := 0; len(all) > 0; i++ {
		// Not too many pieces, even if there is a large request body.
		n := min(len(all), max(s.pieces[i%len(s.pieces)], b.Len()/500))
		c.pieces = append(c.pieces, all[:n])
		all = all[n:]
	}
	c.pace, c.pause, c.halfClose, c.breakAt, c.resets = min(s.pace, everything), s.pause, s.halfClose, s.breakAt, s.resets
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// newExchange makes up an exchange. Only the final one may end the connection.
func newExchange(r *rand.Rand, final bool) scripted {
	if final {
		switch r.IntN(4) {
		case 0:
			return refusedExchange(r)
		case 1:
			e := fileExchange(r, " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			e.last = true
			return e
		case 2:
			e := fileExchange(r, " HTTP/1.0\r\n\r\n")
			e.last = true
			return e
		}
	}
	if r.IntN(4) == 0 {
		return bodyExchange(r, final)
	}
	switch r.IntN(8) {
	case 0, 1:
		return missingExchange(r)
	case 2:
		return rangeExchange(r)
	case 3:
		return conditionExchange(r)
	}
	return fileExchange(r, pick(r, " HTTP/1.1\r\nHost: a\r\n\r\n", " HTTP/1.1\r\nHost: a\r\n\r\n",
		" HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", " HTTP/1.1\r\nhost:a\r\nX: "+strings.Repeat("x", r.IntN(15000))+"\r\n\r\n"))
}

// fileExchange asks for a file. tail is what follows the target.
func fileExchange(r *rand.Rand, tail string) scripted {
	i := r.IntN(len(scriptFiles))
	if i >= len(scriptFiles)-2 && r.IntN(6) > 0 {
		i = r.IntN(i) // the largest ones take most of the time
	}
	f := scriptFiles[i]
	e := scripted{method: pick(r, "GET", "GET", "GET", "HEAD"), status: 200}
	path := pick(r, "/static/", "/dynamic/") + f.name
	target := pick(r, path, path, path+"?q=/../", "http://host:1"+path, "/."+path, "/%73tatic/..//"+path)
	e.request = pick(r, "", "", "", "\r\n") + e.method + " " + target + tail
	if e.method == "GET" {
		e.body = scriptContents()[f.name]
	}
	return e
}

// rangeExchange asks for one or several ranges of a file, in order and apart.
func rangeExchange(r *rand.Rand) scripted {
	e := fileExchange(r, " HTTP/1.1\r\nHost: a\r\n")
	size, body := len(e.body), e.body
	if e.method != "GET" || size < 10 {
		e.request += "Range: bytes=0-\r\nIf-Range: \"x\"\r\n\r\n" // does not match, so the range does not count
		return e
	}
	e.request += "Range: bytes="
	e.status, e.body = 206, nil
	at := 0
	for n := 1 + r.IntN(pick(r, 1, 1, 5)); n > 0 && at < size-1; n-- {
		first := at + r.IntN(size-at)
		last := first + r.IntN(size-first)
		if at > 0 {
			e.request += ","
		}
		e.request += fmt.Sprintf("%d-%d", first, last)
		e.body = append(e.body, body[first:last+1]...)
		at = last + 2
	}
	e.request += "\r\n\r\n"
	return e
}

// conditionExchange asks for a file on a condition.
func conditionExchange(r *rand.Rand) scripted {
	e := fileExchange(r, " HTTP/1.1\r\nHost: a\r\n")
	field := pick(r, "If-None-Match: *", "If-None-Match: \"x\"", "If-Match: \"x\", \"y\"", "If-Match: *", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
		"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT")
	e.request += field + "\r\n\r\n"
	switch {
	case strings.HasSuffix(field, "None-Match: *") || strings.HasPrefix(field, "If-Modified"):
		e.status, e.body = 304, nil
	case strings.HasSuffix(field, "\"y\"") || strings.HasPrefix(field, "If-Un"):
		e.status, e.body = 412, nil
	}
	return e
}

// missingExchange asks for what does not exist.
func missingExchange(r *rand.Rand) scripted {
	e := pick(r,
		scripted{method: "GET", request: "/static/no", status: 404},
		scripted{method: "GET", request: "/dynamic/", status: 404},
		scripted{method: "HEAD", request: "/", status: 404},
		scripted{method: "GET", request: "/static/../../etc/passwd", status: 404},
		scripted{method: "GET", request: "/static/%00", status: 404},
		scripted{method: "GET", request: "/static/3.txt/", status: 404},
		scripted{method: "GET", request: "/static/%4", status: 400},
		scripted{method: "BREW", request: "/static/one", status: 501},
		scripted{method: "DELETE", request: "/static/one", status: 405},
		scripted{method: "OPTIONS", request: "*", status: 204},
		scripted{method: "OPTIONS", request: "/static/one", status: 204},
		scripted{method: "TRACE", request: "/static/one", status: 405},
	)
	e.request = e.method + " " + e.request + " HTTP/1.1\r\nHost: a\r\n\r\n"
	return e
}

// bodyExchange has a body that looks like requests. The server drops it. Only the
// final exchange of a script may be one whose response does not wait for the body.
func bodyExchange(r *rand.Rand, final bool) scripted {
	e := fileExchange(r, " HTTP/1.1\r\nHost: a\r\n")
	if r.IntN(2) == 0 && final {
		_, target, _ := strings.Cut(strings.TrimLeft(e.request, "\r\n"), " ")
		e = scripted{method: "POST", request: "POST " + target, status: 405, maybe: true}
	}
	body := strings.Repeat(get("/static/one"), r.IntN(pick(r, 2, 20, 2000)))
	if r.IntN(2) == 0 {
		e.request += fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
		return e
	}
	return chunked(r, e, body)
}

// chunked gives e this body in chunks.
func chunked(r *rand.Rand, e scripted, body string) scripted {
	b := []byte(e.request + "Transfer-Encoding: chunked\r\n\r\n")
	for size := 1 + len(body)/(1+r.IntN(9)); len(body) > 0; body = body[min(size, len(body)):] {
		chunk := body[:min(size, len(body))]
		b = fmt.Appendf(b, "%x%s\r\n%s\r\n", len(chunk), pick(r, "", ";ext=1"), chunk)
	}
	b = append(b, pick(r, "0\r\n\r\n", "0\r\nTrailer: 1\r\n\r\n")...)
	e.request = string(b)
	return e
}

// refused are requests that end the connection: how they start, how many bytes
// fill them, and how they end.
var refused = []struct {
	start  string
	fill   int
	end    string
	status int
}{
	{"GET /static/one HTTP/1.1\nHost: a\n\n", 0, "", 400},
	{"\x16\x03\x01\x02\x00\x01\x00\x01", 0, "", 400},
	{"GET /static/one HTTP/1.1\r\n\r\n", 0, "", 400},
	{"GET /static/one HTTP/2.0\r\n\r\n", 0, "", 505},
	{"GET /", message.MaxTarget, " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
	{"GET /", 4 * message.MaxTarget, " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
	{"GET /static/one HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("A: b\r\n", message.MaxFields+1) + "\r\n", 0, "", 431},
	{"GET /static/one HTTP/1.1\r\nHost: a\r\nX: ", message.MaxHead, "", 431},
	{"GET /static/one HTTP/1.1\r\nHost: a\r\nX: ", 3 * message.MaxHead, "\r\n\r\n", 431},
	{"OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab", 0, "", 400},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab", 0, "", 405},
	{"GET /static/one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 100, "", 501},
	{"PUT /static/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", 3, "", 405},
	{"PUT /static/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 1<<20 + 1, "", 405},
	{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n120000\r\n", 0x120000, "\r\n0\r\n\r\n", 405},
	{"PUT /static/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf", 0, "", 405},
	{"GET /static/one HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", 0, "", 408},
	{"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 0, "", 405},
	{"GET /static/one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 0, "A\r\n\r\n", 400},
	{"GET /static/one HTTP/1.1\r\nHo", 0, "", 408},
}

// refusedExchange is one of those, perhaps followed by something that must not be
// taken for a request.
func refusedExchange(r *rand.Rand) scripted {
	e := refused[r.IntN(len(refused))]
	method, start := "GET", e.start
	if target, ok := strings.CutPrefix(start, "GET "); ok && r.IntN(2) == 0 {
		method, start = "HEAD", "HEAD "+target
	}
	request := start + strings.Repeat("x", e.fill) + e.end
	if e.status >= 400 && e.status != 408 && r.IntN(2) == 0 {
		request += get("/static/one")
	}
	return scripted{method: method, request: request, status: e.status, last: true}
}
