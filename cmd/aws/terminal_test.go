// The start as README.md shows it, in words and in a picture: what a build prints.

package main_test

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asShown makes what a server has printed look as on any machine: another version,
// port, root and address.
func asShown(t *testing.T, text, root, shownRoot string) string {
	t.Helper()
	version := strings.Fields(run(t, "", "version").stdout)[1]
	text = strings.NewReplacer("aws "+version, "aws v1.0.0", root, shownRoot).Replace(text)
	match := regexp.MustCompile(` on \S+:(\d+),`).FindStringSubmatch(text)
	if match == nil {
		t.Fatalf("no address in\n%s", text)
	}
	text = strings.ReplaceAll(text, match[0], " on [::]:8888,")
	text = strings.ReplaceAll(text, ":"+match[1]+"/", ":8888/")
	var b strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.Contains(line, "//127.0.0.1:"):
			b.WriteString(line)
			b.WriteString(strings.Replace(line, "127.0.0.1", "192.0.2.7", 1))
		case !strings.Contains(line, "//") && !strings.Contains(line, "more of this machine"):
			b.WriteString(line)
		}
	}
	return b.String()
}

// README.md shows what a build prints at start.
func TestStartInREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	must(t, err)
	root := rootWith(t, "a", nil)
	printed := asShown(t, onTerminal(t, root, []string{"NO_COLOR=1"}, "--listen=:0", "--workers=2"), root, "/srv/www")
	if !strings.Contains(string(text), "\n```\n"+printed+"```\n") {
		t.Errorf("README.md does not show what is printed:\n%s", printed)
	}
}

// The picture of a terminal is what a build prints there. UPDATE_SCREENSHOTS=1
// draws it anew.
func TestPictureOfTerminal(t *testing.T) {
	t.Parallel()
	const file = "../../docs/img/terminal.svg"
	dir := rootWith(t, "a", nil)
	root := filepath.Join(dir, "site")
	must(t, os.Mkdir(root, 0o755))
	printed := onTerminal(t, dir, []string{"NO_COLOR=", "TERM=xterm"}, "site", "--listen=:0", "--workers=2")
	drawn := terminalSVG("\x1b[2m$\x1b[0m aws site\n" + asShown(t, printed, root, "/home/ada/site"))
	if os.Getenv("UPDATE_SCREENSHOTS") == "1" {
		write(t, file, drawn)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != drawn {
		t.Errorf("%s (%v) is not what is printed:\n%s", file, err, drawn)
	}
}

// terminalSVG draws what a program has printed on a terminal. It knows the few
// codes for colours that aws prints.
func terminalSVG(text string) string {
	const (
		wide, high = 8.4, 20 // of a letter, in pixels
		left, top  = 18, 52
	)
	colours := map[string]string{"0": "", "1": `font-weight="bold" fill="#fff"`, "2": `fill="#8b98a9"`, "32": `fill="#7ee2a0"`, "36": `fill="#6cc7ff"`}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	codes := regexp.MustCompile(`\x1b\[(\d+)m`)
	columns := 0
	var b strings.Builder
	for i, line := range lines {
		columns = max(columns, len(codes.ReplaceAllString(line, "")))
		fmt.Fprintf(&b, `<text x="%d" y="%d" xml:space="preserve">`, left, top+high*i)
		style, at := "", 0
		span := func(text string) {
			if text = html.EscapeString(text); text != "" && style != "" {
				text = "<tspan " + style + ">" + text + "</tspan>"
			}
			b.WriteString(text)
		}
		for _, code := range codes.FindAllStringSubmatchIndex(line, -1) {
			span(line[at:code[0]])
			style, at = colours[line[code[2]:code[3]]], code[1]
		}
		span(line[at:])
		b.WriteString("</text>\n")
	}
	width, height := 2*left+int(wide*float64(columns)), top+high*len(lines)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#d5dde8">
<rect width="100%%" height="100%%" rx="10" fill="#161b22"/>
<g><circle cx="22" cy="20" r="6" fill="#ff5f57"/><circle cx="42" cy="20" r="6" fill="#febc2e"/><circle cx="62" cy="20" r="6" fill="#28c840"/></g>
%s</svg>
`, width, height, b.String())
}
