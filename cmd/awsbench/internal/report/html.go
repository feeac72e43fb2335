package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"shell": shellLine,
	"trim":  strings.TrimSpace,
	"add":   func(a, b int) int { return a + b },
	"sub":   func(a, b float64) float64 { return a - b },
}).Parse(pageText))

// htmlScenario is a scenario as the page shows it.
type htmlScenario struct {
	*record.Scenario
	Charts []chart
	Tables []Table
}

// HTML returns report.html: a single file that needs neither network nor script.
func HTML(run *record.Run) ([]byte, error) {
	names, rows := overview(run)
	data := struct {
		Run       *record.Run
		Style     template.CSS
		Summary   string
		Before    []Table
		Change    string // about Before
		Names     []string
		Overview  []overviewRow
		Scenarios []htmlScenario
		Grids     []gridTable
		Growth    []htmlCurve
		About     string // of the curves
		Method    []string
		Machine   [][2]string
	}{
		Run: run, Style: template.CSS(pageStyle), Summary: summary(run), Names: names, Overview: rows,
		Before: beforeTables(run), Change: beforeAbout, Growth: htmlCurves(run), About: growthAbout, Method: method(run), Machine: machineLines(run),
	}
	for i := range run.Scenarios {
		s := &run.Scenarios[i]
		data.Scenarios = append(data.Scenarios, htmlScenario{s, charts(s), Tables(s, run.Baseline)})
	}
	if run.Grid != nil {
		data.Grids = gridTables(run.Grid)
	}
	var b bytes.Buffer
	err := page.Execute(&b, data)
	return b.Bytes(), err
}

// Class returns a cell's shade in the heat map: who wins, and by how much.
func (c gridCell) Class() string {
	switch c.Against.Verdict() {
	case stats.NoDifference:
		return "same"
	case stats.NoVerdict:
		return "none"
	case stats.Less, stats.More:
	}
	by := c.Against.Value
	if by > 1 {
		by = 1 / by
	}
	shade := "slight"
	switch {
	case by < 0.67:
		shade = "strong"
	case by < 0.85:
		shade = "clear"
	}
	return []string{"first", "second"}[c.Index] + " " + shade
}
