package stats

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// table is the table of all metrics in docs/operations.md.
func table() string {
	var b strings.Builder
	b.WriteString("| metric | kind | labels | what it says |\n|---|---|---|---|\n")
	for _, f := range Families() {
		labels := ""
		for i, l := range f.Labels {
			if i > 0 {
				labels += ", "
			}
			labels += "`" + l + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Kind, labels, f.Help)
	}
	return b.String()
}

// docs/operations.md has all metrics, and no others.
func TestMetricsInDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), "\n"+table()) {
		t.Errorf("docs/operations.md wants this table:\n%s", table())
	}
	known := names()
	for _, name := range regexp.MustCompile(`\b(aws|process|go)_[a-z_]+`).FindAllString(string(doc), -1) {
		if !known[name] {
			t.Errorf("docs/operations.md speaks of %s, which is no metric", name)
		}
	}
}

// names are those of all time series.
func names() map[string]bool {
	all := map[string]bool{}
	for _, f := range families {
		all[f.name] = true
		if f.kind == histogram {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				all[f.name+suffix] = true
			}
		}
	}
	return all
}

// dashboard is what is looked at of docs/grafana/aws.json.
type dashboard struct {
	SchemaVersion int    `json:"schemaVersion"`
	UID           string `json:"uid"`
	Title         string `json:"title"`
	Panels        []struct {
		ID      int    `json:"id"`
		Type    string `json:"type"`
		Title   string `json:"title"`
		GridPos struct{ H, W, X, Y int }
		Targets []struct {
			Expr  string `json:"expr"`
			RefID string `json:"refId"`
		} `json:"targets"`
	} `json:"panels"`
}

// functions are those of PromQL that the dashboard uses, and its words.
var functions = map[string]bool{
	"rate": true, "sum": true, "by": true, "le": true, "histogram_quantile": true, "clamp_min": true, "time": true, "max": true, "without": true, "scalar": true,
	"instance": true, "job": true,
}

// Every expression of the Grafana dashboard names metrics and labels that exist, and no
// panel lies on another.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../docs/grafana/aws.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.SchemaVersion < 41 || d.UID == "" || d.Title == "" || len(d.Panels) < 10 {
		t.Errorf("schema %d, uid %q, title %q, %d panels", d.SchemaVersion, d.UID, d.Title, len(d.Panels))
	}
	series, labels := names(), map[string]bool{}
	for _, f := range families {
		for _, l := range f.labels {
			labels[l] = true
		}
	}
	word := regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	quoted := regexp.MustCompile(`"[^"]*"|\$[a-zA-Z_]+|\[[^\]]*\]|\b\d+[a-z]*`)
	ids, taken, used := map[int]bool{}, map[[2]int]string{}, map[string]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("panel %d, %q", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%q lies on %q, or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			found := false
			for _, w := range word.FindAllString(quoted.ReplaceAllString(target.Expr, " "), -1) {
				if series[w] {
					found, used[w] = true, true
				} else if !functions[w] && !labels[w] {
					t.Errorf("%q: %s in %s is neither a metric nor a label", p.Title, w, target.Expr)
				}
			}
			if !found {
				t.Errorf("%q: no metric in %s", p.Title, target.Expr)
			}
		}
	}
	for _, want := range []string{"aws_requests_total", "aws_outcomes_total", "aws_refusals_total", "aws_connections", "aws_request_duration_seconds_bucket", "aws_loop_lag_seconds", "aws_system_calls_total"} {
		if !used[want] {
			t.Errorf("%s is not shown; these are: %v", want, slices.Sorted(maps.Keys(used)))
		}
	}
}
