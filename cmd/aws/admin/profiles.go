// Profiles of the process, as net/http/pprof has them and 'go tool pprof' asks for them.
// That package would link the whole of net/http.

package admin

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"sync"
	"time"

	"aws/httpx/message"
	"aws/httpx/site"
)

// profilesPath is where they are.
const profilesPath = "/debug/pprof/"

const binary = "application/octet-stream"

// profilePages are the pages of all profiles.
func profilePages() []site.Page {
	all := []site.Page{
		{Path: profilesPath, Type: plainText, Make: listProfiles},
		{Path: profilesPath + "profile", Type: binary, Make: profileCPU},
		{Path: profilesPath + "trace", Type: binary, Make: traceExecution},
	}
	for _, p := range pprof.Profiles() {
		all = append(all, site.Page{Path: site.Pattern(profilesPath + p.Name()), TypeOf: profileType, Make: func(w site.PageWriter) error {
			q := parse(w.Query())
			if p.Name() == "heap" && number(q, "gc", 0) > 0 {
				runtime.GC()
			}
			return p.WriteTo(w, number(q, "debug", 0))
		}})
	}
	return all
}

// profileType is text for people, who ask for it by debug=1 or more.
func profileType(query string) string {
	if number(parse(query), "debug", 0) > 0 {
		return plainText
	}
	return binary
}

// parse parses a query. What is wrong with it counts as not there.
func parse(query string) url.Values {
	values, _ := url.ParseQuery(query)
	return values
}

// number is a number in a query, or the default.
func number(q url.Values, name string, or int) int {
	if n, err := strconv.Atoi(q.Get(name)); err == nil && n >= 0 {
		return n
	}
	return or
}

// longest bounds how long the process is looked at.
const longest = 10 * time.Minute

// duration is how long to look: seconds in the query.
func duration(w site.PageWriter, or int) time.Duration {
	return min(time.Duration(number(parse(w.Query()), "seconds", or))*time.Second, longest)
}

// listProfiles says what there is.
func listProfiles(w site.PageWriter) error {
	_, err := fmt.Fprint(w, "Profiles of this process. 'go tool pprof http://ADDRESS"+profilesPath+"NAME' shows one.\n\n"+
		"profile?seconds=30   what the CPUs do\ntrace?seconds=1      what happens, for 'go tool trace FILE'\n")
	for _, p := range pprof.Profiles() {
		if err == nil {
			_, err = fmt.Fprintf(w, "%-20s %d; ?debug=1 as text\n", p.Name(), p.Count())
		}
	}
	return err
}

// profileCPU looks at what the CPUs do. The profile is written when that ends, or the
// client has gone.
func profileCPU(w site.PageWriter) error {
	var profile bytes.Buffer // another goroutine writes it
	if err := pprof.StartCPUProfile(&profile); err != nil {
		return answer(w, message.StatusUnavailable, "%v\n", err)
	}
	w.Wait(duration(w, 30))
	pprof.StopCPUProfile()
	_, err := w.Write(profile.Bytes())
	return err
}

// traceExecution traces what happens. A trace grows by megabytes a second, and is cut
// off in time.
func traceExecution(w site.PageWriter) error {
	traced := &traceBuffer{}
	if err := trace.Start(traced); err != nil {
		return answer(w, message.StatusUnavailable, "%v\n", err)
	}
	const look = 100 * time.Millisecond
	for left := duration(w, 1); left > 0 && traced.size() < longestTrace && w.Wait(min(look, left)); left -= look {
	}
	trace.Stop()
	_, err := w.Write(traced.all.Bytes())
	return err
}

// longestTrace in bytes ends a trace.
const longestTrace = 32 << 20

// traceBuffer takes a trace, which a goroutine of the runtime's writes.
type traceBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *traceBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all.Len() > 2*longestTrace {
		return 0, errors.New("the trace is too long")
	}
	return b.all.Write(p)
}

func (b *traceBuffer) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Len()
}
