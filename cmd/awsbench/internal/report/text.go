package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"aws/cmd/awsbench/internal/record"
)

// Text prints the main tables of each scenario for a quick look.
func Text(w io.Writer, run *record.Run) error {
	var b bytes.Buffer
	for i := range run.Scenarios {
		s := &run.Scenarios[i]
		fmt.Fprintf(&b, "\n%s\n", s.Title)
		for j, t := range Tables(s, run.Baseline) {
			if j > 0 && t.Title == resources {
				continue
			}
			if t.Title != "" {
				fmt.Fprintf(&b, "  %s\n", t.Title)
			}
			writeColumns(&b, t)
		}
		for _, note := range s.Notes {
			fmt.Fprintf(&b, "  %s\n", note)
		}
	}
	if run.Grid != nil {
		writeGridText(&b, run)
	}
	writeGrowthText(&b, run)
	writeBeforeText(&b, run)
	if t := overviewTable(run); len(t.Rows) > 1 {
		fmt.Fprintf(&b, "\n%s\n", t.Title)
		writeColumns(&b, t)
	}
	fmt.Fprintln(&b)
	for _, warning := range run.Warnings {
		fmt.Fprintf(&b, "Note: %s\n", warning)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeColumns aligns a table for a terminal.
func writeColumns(b *bytes.Buffer, t Table) {
	lines := [][]string{append([]string{""}, t.Head...)}
	for _, row := range t.Rows {
		if row.Refused == "" {
			lines = append(lines, append([]string{row.Name}, row.Cells...))
		}
	}
	widths := make([]int, len(t.Head)+1)
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		b.WriteByte(' ')
		for i, cell := range line {
			fmt.Fprintf(b, " %s%s", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
			b.WriteByte(' ')
		}
		trimRight(b)
		b.WriteByte('\n')
	}
	for _, row := range t.Rows {
		if row.Refused != "" {
			fmt.Fprintf(b, "  %s was refused: %s\n", row.Name, row.Refused)
		}
	}
}

func trimRight(b *bytes.Buffer) { b.Truncate(len(bytes.TrimRight(b.Bytes(), " "))) }

// Write writes raw.json, report.md and report.html to a folder.
func Write(run *record.Run, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := run.Write(filepath.Join(dir, "raw.json")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "report.md"), Markdown(run), 0o644); err != nil {
		return err
	}
	page, err := HTML(run)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "report.html"), page, 0o644)
}
