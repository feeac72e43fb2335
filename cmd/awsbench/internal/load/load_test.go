package load

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aws/backend/backendtest/children"
)

func run(t *testing.T, p Plan) (Result, error) {
	t.Helper()
	if p.SampleEvery == 0 {
		p.SampleEvery = 1
	}
	p.Pipeline = max(1, p.Pipeline)
	p.Connections = max(1, p.Connections)
	l, err := Start(p)
	if err != nil {
		t.Fatal(err)
	}
	children.Closed(t, "the load has ended", l.Done())
	return l.Stop()
}

func TestEachTargetOnce(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		return ok(w, []byte("the body of "+r.URL.Path))
	})
	var targets []Target
	for i := range 500 {
		path := fmt.Sprintf("/%d", i)
		targets = append(targets, target(path, []byte("the body of "+path)))
	}
	for _, p := range []Plan{
		{Connections: 1},
		{Connections: 7},
		{Connections: 5, Pipeline: 16},
		{Connections: 6, CPUs: nil, SampleEvery: 3},
	} {
		mu.Lock()
		clear(asked)
		mu.Unlock()
		p.Addr, p.Targets, p.Once = addr, targets, true
		result, err := run(t, p)
		if err != nil || result.Requests != 500 {
			t.Fatalf("%d requests, %v", result.Requests, err)
		}
		if want := uint64(500 / max(1, p.SampleEvery)); result.Sampled < want-20 || result.Sampled > want+20 {
			t.Errorf("%d bodies hashed, want about %d", result.Sampled, want)
		}
		mu.Lock()
		for _, target := range targets {
			path := strings.Fields(string(target.Request))[1]
			if asked[path] != 1 {
				t.Errorf("%s was requested %d times", path, asked[path])
			}
		}
		mu.Unlock()
	}
}

// Answers may arrive in pieces of any size.
func TestAnswersInPieces(t *testing.T) {
	for _, size := range []int{0, 1, 1000, smallBody, smallBody + 1, 100_000, bufferSize + 1} {
		b := body(size)
		addr := serve(t, func(w io.Writer, r *http.Request) bool {
			return ok(piecewise{w, 1 + size/10}, b)
		})
		for _, every := range []int{1, 2, 1000} { // with and without MSG_TRUNC
			for _, pipeline := range []int{1, 5} {
				targets := make([]Target, 12)
				for i := range targets {
					targets[i] = target("/", b)
				}
				result, err := run(t, Plan{Addr: addr, Targets: targets, Once: true, Connections: 2, Pipeline: pipeline, SampleEvery: every})
				if err != nil || result.Requests != 12 {
					t.Fatalf("%d bytes, one in %d hashed, pipeline %d: %d requests, %v", size, every, pipeline, result.Requests, err)
				}
			}
		}
	}
}

// piecewise writes at most n bytes at a time.
type piecewise struct {
	w io.Writer
	n int
}

func (p piecewise) Write(b []byte) (int, error) {
	written := 0
	for len(b) > written {
		n, err := p.w.Write(b[written:min(len(b), written+p.n)])
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}

func TestWrongAnswersAreRefused(t *testing.T) {
	good := body(10_000)
	flipped := body(10_000)
	flipped[7777] ^= 1
	head := func(status, fields string) string { return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n" }
	length := "Content-Length: 10000\r\n"
	for name, c := range map[string]struct {
		answer string
		want   string
	}{
		"one bit":         {head("200 OK", length) + string(flipped), "checksum"},
		"another status":  {head("206 Partial Content", length) + string(good), "status 206"},
		"not found":       {head("404 Not Found", "Content-Length: 0\r\n"), "status 404"},
		"a short body":    {head("200 OK", "Content-Length: 9999\r\n") + string(good[:9999]), "9999 bytes"},
		"a longer body":   {head("200 OK", "Content-Length: 10001\r\n") + string(good) + "x", "10001 bytes"},
		"more than said":  {head("200 OK", length) + string(good) + "x", "not a status line"},
		"cut off":         {head("200 OK", length) + string(good[:5000]), "before the end"},
		"no length":       {head("200 OK", "") + string(good), "without Content-Length"},
		"chunked":         {head("200 OK", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", "Transfer-Encoding"},
		"compressed":      {head("200 OK", "Content-Encoding: gzip\r\n"+length) + string(good), "representation"},
		"two lengths":     {head("200 OK", length+"Content-Length: 3\r\n"), "Content-Length"},
		"no HTTP":         {"SSH-2.0-OpenSSH_9.6\r\n\r\n", "status line"},
		"an endless head": {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 40_000), "head longer"},
		"nothing":         {"", "before the end"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, func(w io.Writer, r *http.Request) bool {
				_, _ = io.WriteString(w, c.answer)
				return name == "more than said" // the second answer reveals it
			})
			result, err := run(t, Plan{Addr: addr, Targets: []Target{target("/", good), target("/", good)}, Once: true})
			var wrong WrongAnswer
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d requests, %v; want an error with %q", result.Requests, err, c.want)
			}
		})
	}
}

// The length of bodies outside the sample is checked too.
func TestLengthIsAlwaysChecked(t *testing.T) {
	answers := 0
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		if answers++; answers > 50 {
			return ok(w, body(99))
		}
		return ok(w, body(100))
	})
	_, err := run(t, Plan{Addr: addr, Targets: []Target{target("/", body(100))}, SampleEvery: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "99 bytes") {
		t.Errorf("%v", err)
	}
}

func TestServersMayCloseBetweenAnswers(t *testing.T) {
	var n atomic.Int64
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		if n.Add(1)%10 == 0 {
			fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
			return false
		}
		return ok(w, []byte("ok"))
	})
	targets := make([]Target, 1000)
	for i := range targets {
		targets[i] = target("/", []byte("ok"))
	}
	result, err := run(t, Plan{Addr: addr, Targets: targets, Once: true, Connections: 4})
	if err != nil || result.Requests != 1000 || result.Reconnects < 50 {
		t.Errorf("%d requests with %d reconnects, %v", result.Requests, result.Reconnects, err)
	}
}

func TestConnectionPerRequest(t *testing.T) {
	var connections atomic.Int64
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		connections.Add(1)
		ok(w, []byte("ok"))
		return !r.Close
	})
	one := target("/", []byte("ok"))
	one.Request = []byte("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
	targets := make([]Target, 200)
	for i := range targets {
		targets[i] = one
	}
	result, err := run(t, Plan{Addr: addr, Targets: targets, Once: true, Connections: 8, PerRequest: true})
	if err != nil || result.Requests != 200 || connections.Load() != 200 || result.Reconnects != 0 {
		t.Errorf("%d requests over %d connections, %d reconnects, %v", result.Requests, connections.Load(), result.Reconnects, err)
	}
}

// Every request of an open loop is recorded, whether it is answered in time or
// not.
func TestOpenLoopKeepsItsTimetable(t *testing.T) {
	addr := serve(t, func(w io.Writer, r *http.Request) bool { return ok(w, []byte("ok")) })
	for _, perRequest := range []bool{false, true} {
		one := target("/", []byte("ok"))
		if perRequest {
			one.Request = []byte("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
		}
		result, err := run(t, Plan{
			Addr: addr, Targets: []Target{one}, Connections: 4, PerRequest: perRequest,
			Rate: 1000, Warmup: 100 * time.Millisecond, Duration: 400 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := result.Latency.TotalCount(); n < 399 || n > 401 {
			t.Errorf("%d latencies recorded, want 400", n)
		}
	}
}

func TestUnansweredRequestsAreRecorded(t *testing.T) {
	addr := serve(t, func(w io.Writer, r *http.Request) bool { return true }) // never answers
	result, err := run(t, Plan{
		Addr: addr, Targets: []Target{target("/", nil)}, Connections: 2,
		Rate: 500, Duration: 200 * time.Millisecond,
	})
	if n := result.Latency.TotalCount(); err != nil || n < 99 || n > 101 || result.Unanswered != n {
		t.Errorf("%d recorded, %d of them unanswered, %v; want 100 and all", n, result.Unanswered, err)
	}
	// All wait at least for the grace period at the end of the load.
	if least := time.Duration(result.Latency.Min()); least < grace/2 {
		t.Errorf("one is recorded with only %v", least)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	if _, err := run(t, Plan{Addr: closedPort(t), Targets: []Target{target("/", nil)}, Once: true}); err == nil {
		t.Error("no error")
	}
}

func TestPlansThatMakeNoSense(t *testing.T) {
	addr := serve(t, nil)
	good := Plan{Addr: addr, Targets: []Target{target("/", nil)}, Connections: 1, Pipeline: 1, SampleEvery: 1}
	for name, spoil := range map[string]func(*Plan){
		"no targets":         func(p *Plan) { p.Targets = nil },
		"no connections":     func(p *Plan) { p.Connections = 0 },
		"no pipeline":        func(p *Plan) { p.Pipeline = 0 },
		"a long pipeline":    func(p *Plan) { p.Pipeline = MaxPipeline + 1 },
		"pipelined and open": func(p *Plan) { p.Pipeline, p.Rate, p.Duration = 2, 1, time.Second },
		"no sample":          func(p *Plan) { p.SampleEvery = 0 },
		"an endless rate":    func(p *Plan) { p.Rate = 1 },
	} {
		p := good
		spoil(&p)
		if l, err := Start(p); err == nil {
			_, _ = l.Stop()
			t.Errorf("%s: accepted", name)
		}
	}
}
