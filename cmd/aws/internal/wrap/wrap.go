// Package wrap breaks texts into lines for terminals.
package wrap

import (
	"strings"
	"unicode/utf8"
)

// Lines breaks a text into lines of at most width columns, between words. A longer
// word has a line of its own.
func Lines(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
