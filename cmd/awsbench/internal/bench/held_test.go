package bench

import (
	"strings"
	"testing"

	"aws/cmd/awsbench/internal/contest"
)

// The limit on open files reduces the connections, and a note says so: for all
// servers, or for one that counts several files per connection.
func TestConnectionsFitTheLimit(t *testing.T) {
	most := fileLimit() - reservedFiles
	for _, c := range []struct {
		name                         string
		connections, beside, perConn int
		want, wantBeside, held       int
		notes                        []string
	}{
		{"few", 10, 10, 2, 10, 10, 10, nil},
		{"as many as possible", most, 0, 1, most, 0, most, nil},
		{"too many", most + 1, 0, 0, most, 0, most, []string{"instead of"}},
		{"too many with those beside", 10, most, 1, 10, most - 10, 10, []string{"instead of"}},
		{"too many for a server that counts two", most, 0, 2, most, 0, most / 2, []string{"x: "}},
	} {
		w := &work{Scenario: Scenario{Connections: c.connections, Beside: c.beside}}
		e := &entry{contestant: contest.Contestant{Name: "x", FilesPerConnection: c.perConn}}
		w.fitLimit()
		var held int
		for range 3 { // rounds, of which only the first adds a note
			held = w.holdable(e, w.Scenario.Connections)
		}
		if w.Scenario.Connections != c.want || w.Beside != c.wantBeside || held != c.held {
			t.Errorf("%s: %d and %d connections, %d held", c.name, w.Scenario.Connections, w.Beside, held)
		}
		if len(w.out.Notes) != len(c.notes) {
			t.Errorf("%s: notes %q", c.name, w.out.Notes)
		}
		for i, want := range c.notes {
			if !strings.Contains(w.out.Notes[i], want) {
				t.Errorf("%s: notes %q, want %q", c.name, w.out.Notes, want)
			}
		}
	}
}
