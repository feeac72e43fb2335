// The live page, as a browser shows it while a load runs.

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
	"aws/httpx/browsertest"
)

// load asks for files of the fixture, and for some that are not there, until the test
// ends.
func (s *server) load(t *testing.T) {
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				path := trees[n%2] + []string{small, small, "one.txt", small, "none.css", "one.txt", small, medium, "missing/page.html"}[(n+i)%9]
				if r, err := client.Get(s.url(path)); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					_ = r.Body.Close()
				}
			}
		})
	}
	t.Cleanup(clients.Wait)
	t.Cleanup(func() { close(stop) })
}

// A person sees what the server does, in the colours and the width of the window: rates,
// connections, latencies, loops, system calls, and what is asked for most.
func TestLivePage(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, adminFlag)
		at := s.admin(t)
		b := browsertest.Open(t)
		p := b.OpenTab(t)
		p.Do(browsertest.Look(1280, 900, "light"), chromedp.Navigate(at+"/"))
		samples := func(p *browsertest.Tab, n int) {
			children.Eventually(t, fmt.Sprint(n, " events"), func() bool {
				return browsertest.Evaluate[bool](p, fmt.Sprintf("!!charts && charts.classes.data[0].length >= %d", n))
			})
		}
		samples(p, 2)
		if state := text(p, "#state"); state != "serving" {
			t.Errorf("the state is %q", state)
		}
		if engine := text(p, "#engine"); !strings.HasPrefix(engine, w.backend()+", ") {
			t.Errorf("the engine is %q", engine)
		}
		shown := w.backend() == backends[0]
		if shown {
			p.Screenshot("../../docs/img/live-rest.png")
		}
		s.load(t)
		children.Eventually(t, "the load to be seen", func() bool {
			return browsertest.Evaluate[bool](p, `before?.top?.errors?.length >= 2 && charts.calls.data.slice(1).some(d => d.at(-1) > 0) && charts.latency.data[1].at(-1) > 0`)
		})
		for table, want := range map[string]string{"#paths": "/static/" + small, "#errors": "404 /static/none.css"} {
			children.Eventually(t, want, func() bool { return strings.Contains(text(p, table), want) })
		}
		if os.Getenv("UPDATE_SCREENSHOTS") == "1" {
			samples(p, 80)
		}
		if shown {
			p.Screenshot("../../docs/img/live-load.png")
		}
		lost := `showTroubles({ total: { refusals: {}, outcomes: {} }, logs: { access_dropped: 3, dropped: 0 } }), $("troubles").textContent`
		if got := browsertest.Evaluate[string](p, lost); got != "lost: lines of the access log3" {
			t.Errorf("of lines that are lost it says %q", got)
		}
		p.WantNoComplaints()
		for _, c := range []struct {
			picture, scheme string
			width           int64
			bright          bool
		}{{"dark", "dark", 1280, false}, {"narrow", "light", 400, true}} {
			p.Do(browsertest.Look(c.width, 900, c.scheme))
			children.Eventually(t, "the new width", func() bool {
				return browsertest.Evaluate[bool](p, `Math.abs(charts.bytes.u.width - document.querySelector(".plot").clientWidth) < 2`)
			})
			if rgb := paper(p); (rgb > 3*128) != c.bright {
				t.Errorf("%s: the background is %d of 765 bright", c.picture, rgb)
			}
			if wide := browsertest.Evaluate[int64](p, "document.documentElement.scrollWidth"); wide > c.width {
				t.Errorf("%s: the page is %d pixels wide, the window %d", c.picture, wide, c.width)
			}
			if shown {
				p.Screenshot("../../docs/img/live-" + c.picture + ".png")
			}
		}
		p.WantNoComplaints()
	})
}

// The page says when nobody answers it any more, and goes on when somebody does.
func TestLivePageConnectsAnew(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, adminFlag)
		at := s.admin(t)
		p := browsertest.Open(t).OpenTab(t)
		p.Do(chromedp.Navigate(at + "/"))
		state := func(want string) {
			children.Eventually(t, want, func() bool { return strings.HasPrefix(text(p, "#state"), want) })
		}
		state("serving")
		s.signal(unix.SIGTERM)
		s.wait(t)
		state("disconnected")
		next := start(t, w, fixture, "--admin="+strings.TrimPrefix(at, "http://"))
		state("serving")
		children.Eventually(t, "events of the next server", func() bool {
			return browsertest.Evaluate[bool](p, "before !== null && charts.classes.data[0].length >= 2")
		})
		next.signal(unix.SIGTERM)
		next.wait(t)
		state("disconnected")
	})
}

// text is the text of an element.
func text(p *browsertest.Tab, selector string) string {
	p.T.Helper()
	return browsertest.Evaluate[string](p, fmt.Sprintf("document.querySelector(%q).textContent", selector))
}
