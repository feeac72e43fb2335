package httpx

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
	"aws/httpx/ownpages"
	"aws/httpx/site"
)

// statuses are the statuses of errors, and two others.
var statuses = []int{200, 204, 400, 403, 404, 405, 408, 414, 431, 500, 501, 503, 505}

// headLoop is the part of a loop that composes heads, with one file.
type headLoop struct {
	*loop
	file files.Entry
}

func newHeadLoop(t *testing.T, name string, id files.Identity, types ...site.MediaType) headLoop {
	sites, err := site.Parse([]site.Config{{Types: types}})
	if err != nil {
		t.Fatal(err)
	}
	m := &site.Mount{Site: sites.At(0)}
	texts := ownpages.New()
	l := headLoop{&loop{exchanges: exchanges{all: make([]exchange, 1)}, bodies: &bodies{pages: texts, fileBodies: fileBodies{all: make([]body, 1)}}}, files.NewEntry(m, name, message.CodingIdentity, id)}
	l.planner.sites, l.planner.pages = sites, texts
	if l.outs, err = backend.NewArena(1, outSize); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.outs.Destroy() })
	l.planner.bodies = l.bodies
	l.clock.date.update(httpxtest.Epoch)
	return l
}

// head composes the head of a response of this status: with 200 that of the file,
// otherwise that of an error, and its body.
func (l headLoop) head(status int, flags exchangeFlag) []byte {
	c := &conn{out: noSpan}
	x := l.current(c)
	x.flags = flags
	p := &plan{site: l.file.Mount.Site, status: status, file: none, folder: files.NoFolder, headOnly: x.has(headOnly)}
	var r *response
	switch status {
	case 200:
		r = &l.planner.response
		r.reset(p.site, 200, l.bodies.at(0))
		r.file, p.modified = &l.file, min(l.file.ID.Mtime.Sec, httpxtest.Epoch.Unix())
		l.planner.describeFile(r, p)
	case 204:
		r = l.planner.describe(nil, p)
	default:
		r = l.planner.refuse(0, x, status, files.Look{}, true)
	}
	l.writeHead(c, x, r)
	l.endHead(c, x)
	defer l.giveOut(c)
	return bytes.Clone(l.outBytes(c))
}

// net/http reads every head, and finds the fields that status and flags call for.
func TestHeadsAreReadByNetHTTP(t *testing.T) {
	l := newHeadLoop(t, "/a.txt", files.Identity{Inode: 1, Size: 1234, Mtime: unix.StatxTimestamp{Sec: 1700000000}})
	for _, status := range statuses {
		for f := range (keepAlive | http10 | headOnly) + 1 {
			t.Run(fmt.Sprintf("%d/%03b", status, f), func(t *testing.T) { checkHead(t, l, status, f) })
		}
	}
}

// phrase is the reason phrase of RFC 9110 §15. net/http has all but one.
func phrase(status int) string {
	if status == http.StatusRequestURITooLong {
		return "URI Too Long" // §15.5.15
	}
	return http.StatusText(status)
}

func checkHead(t *testing.T, l headLoop, status int, flags exchangeFlag) {
	method, sent := "GET", l.head(status, flags)
	if flags&headOnly != 0 {
		method = "HEAD"
	}
	br := bufio.NewReader(bytes.NewReader(sent))
	r, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%v in %q", err, sent)
	}
	if r.StatusCode != status || r.Status != fmt.Sprintf("%d %s", status, phrase(status)) || r.Proto != "HTTP/1.1" {
		t.Errorf("%s %s", r.Proto, r.Status)
	}
	want := http.Header{"X-Content-Type-Options": {"nosniff"}, "Server": {"aws"}, "Date": {"Thu, 29 Feb 2024 12:00:00 GMT"}}
	text := fmt.Sprintf("%d %s\n", status, phrase(status))
	if status == 200 {
		want.Set("Content-Type", "text/plain; charset=utf-8")
		want.Set("Content-Length", "1234")
		want.Set("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT")
		want.Set("ETag", `"1.ya.cwyvpelgpse8.0"`)
		want.Set("Accept-Ranges", "bytes")
		text = ""
	} else {
		want.Set("Content-Type", "text/plain; charset=utf-8")
		want.Set("Content-Length", fmt.Sprint(len(text)))
		want.Set("Vary", "Accept")
		want.Set("Cache-Control", "no-store")
	}
	switch status {
	case 204: // RFC 9110 §8.6: no Content-Length
		want.Del("Content-Type")
		want.Del("Content-Length")
		want.Del("X-Content-Type-Options")
		want.Del("Vary")
		want.Del("Cache-Control")
		want.Set("Allow", "GET, HEAD, OPTIONS")
		text = ""
	case 405:
		want.Set("Allow", "GET, HEAD, OPTIONS")
	case 503:
		want.Set("Retry-After", "1")
	}
	if flags&(keepAlive|http10) == keepAlive|http10 {
		want.Set("Connection", "keep-alive")
	}
	if explicit := bytes.Contains(sent, []byte("\r\nConnection: close\r\n")); r.Close == (flags&keepAlive != 0) || explicit != r.Close {
		t.Errorf("close %v, said so: %v", r.Close, explicit)
	}
	if got := fmt.Sprint(r.Header); got != fmt.Sprint(want) {
		t.Errorf("header %v, want %v", got, want)
	}
	if flags&headOnly != 0 {
		text = ""
	}
	if status == 200 { // the file comes from elsewhere
		r.Body = http.NoBody
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || string(body) != text || br.Buffered() > 0 {
		t.Errorf("body %q, %v, and %d bytes more", body, err, br.Buffered())
	}
}

// The head of a file fits the buffer even with the longest type and the largest
// numbers.
func TestLongestHeadFits(t *testing.T) {
	const longest = "a.x"
	most := unix.StatxTimestamp{Sec: 1 << 35, Nsec: 1e9 - 1}
	types := []site.MediaType{{Extension: "x", Type: "text/" + strings.Repeat("x", site.MaxMediaType-len("text/"))}}
	l := newHeadLoop(t, longest, files.Identity{Inode: 1<<64 - 1, Size: 1<<63 - 1, Mtime: most, Ctime: most}, types...)
	if n := len(l.head(200, keepAlive|http10)); n > maxHead/4 {
		t.Errorf("%d of %d bytes", n, maxHead)
	}
}

// The Date field is formatted when the second changes, in either direction, and only
// then.
func TestDateFieldFollowsSecond(t *testing.T) {
	var d dateField
	d.update(httpxtest.Epoch)
	const marked = "not formatted anew"
	d.field = append(d.field[:0], marked...)
	d.update(httpxtest.Epoch.Add(time.Second - 1))
	if string(d.field) != marked {
		t.Errorf("formatted again within the second: %q", d.field)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{time.Second, "Date: Thu, 29 Feb 2024 12:00:01 GMT\r\n"},
		{-time.Second, "Date: Thu, 29 Feb 2024 11:59:59 GMT\r\n"},
	} {
		d.update(httpxtest.Epoch.Add(step.after).In(time.FixedZone("", 3600)))
		if string(d.field) != step.want {
			t.Errorf("%q, want %q", d.field, step.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { d.second = 0; d.update(httpxtest.Epoch) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
