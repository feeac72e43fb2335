package httpx

import (
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aws/backend"
	"aws/httpx/accesslog"
	"aws/httpx/httpxtest"
)

// tee tells another observer when an exchange ends.
type tee struct {
	Follower
	other Observer
}

func (t tee) Ended(e Exchange) { t.Follower.Ended(e); t.other.Ended(e) }

// logged is a line of the access log.
type logged struct {
	Client    string
	Port      uint16 `json:"client_port"`
	Request   string
	Host      string
	Status    int
	Bytes     int64
	Outcome   string
	Source    string
	Duration  float64
	FirstByte *float64 `json:"first_byte"`
	UserAgent string   `json:"user_agent"`
}

// logTo makes an access log at path another observer, and returns what ends it.
func logTo(t testing.TB, c *Config, path string) (end func()) {
	t.Helper()
	f, err := accesslog.ParseFormat("json:client,client_port,request,host,status,bytes,outcome,source,duration,first_byte,user_agent")
	if err != nil {
		t.Fatal(err)
	}
	log, err := accesslog.Open(accesslog.Config{
		To: accesslog.Target{Path: path}, Format: f, Loops: 1, Log: slog.New(slog.DiscardHandler),
		Names: accesslog.Names{Engine: "simio", Listeners: []string{"simio"}, Sites: []string{"default"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	told := c.Observer.(Follower)
	c.LogTo(log, f.Needs())
	c.Observer = tee{told, c.Observer}
	return func() {
		if lost := log.Close(); lost > 0 || log.Dropped() > 0 {
			t.Errorf("%d lines are lost, %d dropped", lost, log.Dropped())
		}
	}
}

// readLog reads the lines at path, by client.
func readLog(t testing.TB, path string) map[backend.Address][]logged {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[backend.Address][]logged{}
	for line := range strings.Lines(string(text)) {
		var l logged
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		address := backend.AddressFrom(netip.AddrPortFrom(netip.MustParseAddr(l.Client), l.Port))
		all[address] = append(all[address], l)
	}
	return all
}

// Ten thousand clients do what clients do: pipeline, ask for ranges, in HTTP/1.0, send what
// is refused, stop half-way, go away. The kernel and the disks do what they do. Each
// exchange has one line, in the order of its connection, with the bytes that the client has
// received.
func TestEachConversationIsLogged(t *testing.T) {
	wanted := 10_000
	if testing.Short() {
		wanted = 500
	}
	root := httpxtest.Tree(t, scriptTree())
	outcomes, sources := map[string]int{}, map[string]int{}
	for seed, clients := uint64(0), 0; clients < wanted; seed++ {
		r := rand.New(rand.NewPCG(seed, 2))
		made := seed%12 == 0
		scripts := make([]*script, 4+r.IntN(20))
		for i := range scripts {
			scripts[i] = newScript(r, made)
		}
		s := setup{root: root, seed: seed}
		if seed%3 > 0 {
			s.trouble, s.faults = kindTrouble(r)
		}
		if seed%3 > 1 {
			s.trouble.FailRead, s.trouble.Reset = r.Float64()*0.2, r.Float64()*0.02
		}
		path := filepath.Join(t.TempDir(), "log")
		var end func()
		s.adjust = func(c *Config) { end = logTo(t, c, path) }
		h := playOut(t, s, 4+r.IntN(20), 1+r.IntN(12), scripts)
		h.destroy()
		end()
		h.wantLogged(t, readLog(t, path), outcomes, sources)
		_ = os.Remove(path)
		if clients += len(scripts); t.Failed() {
			t.Fatalf("seed %d has failed", seed)
		}
	}
	for _, o := range []string{"whole", "client-gone", "failed"} {
		if outcomes[o] == 0 {
			t.Errorf("no exchange has ended %s: %v", o, outcomes)
		}
	}
	for _, s := range []string{"none", "cache", "disk"} {
		if sources[s] == 0 {
			t.Errorf("no file has come from %s: %v", s, sources)
		}
	}
}

// wantLogged wants a line for each exchange that the observer was told of, with the bytes
// that the client has got. It counts outcomes and sources.
func (h *harness) wantLogged(t *testing.T, lines map[backend.Address][]logged, outcomes, sources map[string]int) {
	t.Helper()
	for i, c := range h.clients {
		told, sent := h.told.begun[c.peer.Address()], int64(0)
		got := lines[c.peer.Address()]
		if len(got) != len(told) {
			t.Errorf("client %d: %d lines of %d exchanges", i, len(got), len(told))
			continue
		}
		for j, l := range got {
			o := told[j]
			sent += l.Bytes
			outcomes[l.Outcome]++
			sources[l.Source]++
			if l.Status != o.status || l.Bytes != o.sent || l.Outcome != strings.ReplaceAll(o.outcome.String(), " ", "-") ||
				l.Request != strings.ToValidUTF8(o.line, "\ufffd") || (l.FirstByte != nil) != (l.Bytes > 0) || l.FirstByte != nil && *l.FirstByte > l.Duration {
				t.Errorf("client %d: %+v, want %+v", i, l, o)
			}
		}
		if n := int64(len(c.got)); n > sent || c.err == io.EOF && n != sent {
			t.Errorf("client %d: got %d bytes and then %v, and %d are logged", i, n, c.err, sent)
		}
		delete(lines, c.peer.Address())
	}
	for address, l := range lines {
		t.Errorf("lines of %v, which never connected: %+v", address, l)
	}
}

// The words of the log are those of the code.
func TestLoggedWords(t *testing.T) {
	for o := range Outcome(len(accesslog.Outcomes)) {
		if got, want := accesslog.Outcomes[o], strings.ReplaceAll(o.String(), " ", "-"); got != want && o != UnderWay {
			t.Errorf("outcome %s, want %s", got, want)
		}
	}
	if words := []string{"none", "cache", "disk", "remote"}; !slices.Equal(accesslog.Sources[:], words) || FromRemote != 3 {
		t.Error(accesslog.Sources)
	}
}

// Where the bytes of a file came from is logged, and what the client has said of itself.
func TestLoggedSource(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	for request, want := range map[string]string{
		"GET /static/small": "cache", "GET /dynamic/small": "cache", "HEAD /static/small": "none", "GET /none": "none", "GET /dynamic/large": "cache",
	} {
		path := filepath.Join(t.TempDir(), "log")
		var end func()
		h := setup{root: root, adjust: func(c *Config) { end = logTo(t, c, path) }}.open(t)
		c := h.dial(request + " HTTP/1.1\r\nHOST: a:80\r\nReferer: x\r\nuser-AGENT:  me \t\r\nUser-Agent: b\r\nConnection: close\r\n\r\n")
		h.until("the end", func() bool { return c.over })
		h.end()
		h.destroy()
		end()
		got := readLog(t, path)[c.peer.Address()]
		if len(got) != 1 || got[0].Source != want || got[0].Host != "a:80" || got[0].UserAgent != "me" {
			t.Errorf("%s: %+v, want %s", request, got, want)
		}
	}
}
