package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"
)

// helpText is what 'aws --help' prints.
func helpText(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	c := newCommand()
	c.SetOut(&out)
	c.SetArgs(args)
	if err := c.Execute(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// allFlags are the flags that the help text shows.
func allFlags() (flags []*pflag.Flag) {
	c := newCommand()
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	c.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			flags = append(flags, flag)
		}
	})
	return flags
}

// The help text fits a terminal of 80 columns and has each flag once, in one group.
func TestHelpFitsAndIsWhole(t *testing.T) {
	text := helpText(t, "--help")
	if text != helpText(t, "help") {
		t.Error("'aws help' prints something else")
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, flag := range allFlags() {
		if n := len(regexp.MustCompile(`(?m)^  (-\w,|   ) --`+flag.Name+`($|[ =])`).FindAllString(text, -1)); n != 1 {
			t.Errorf("--%s stands there %d times", flag.Name, n)
		}
	}
	flags := newFlagSet(pflag.NewFlagSet("", pflag.ContinueOnError))
	(&options{}).register(flags)
	for _, g := range flags.grouped() {
		if len(g.flags) == 0 || !strings.Contains(text, "\n"+g.title+":\n") {
			t.Errorf("group %q with %d flags", g.title, len(g.flags))
		}
		if !slices.ContainsFunc(g.flags, func(f *pflag.Flag) bool { return strings.Contains(g.example, "--"+f.Name+"=") }) {
			t.Errorf("the example of %q has none of its flags: %s", g.title, g.example)
		}
	}
}

// The configuration file that 'aws help config' prints works as it is and with
// everything that is commented out, and names every setting.
func TestExampleConfig(t *testing.T) {
	text := helpText(t, "help", "config")
	whole := regexp.MustCompile(`(?m)^#(\[\[|[a-z-]+ = )`).ReplaceAllString(text, "$1")
	top, _, _ := strings.Cut(whole, "\n[[site]]")
	for name, text := range map[string]string{"as it is": text, "with everything": whole} {
		var values map[string]any
		if err := toml.Unmarshal([]byte(text), &values); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		file := t.TempDir() + "/aws.toml"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		opts := &options{}
		flags := newFlagSet(pflag.NewFlagSet("", pflag.ContinueOnError))
		opts.register(flags)
		opts.config = file
		if opts.readConfig(flags.FlagSet); len(opts.problems) > 0 {
			t.Errorf("%s: %v", name, opts.problems)
		}
		if sites := strings.Count(text, "\n[[site]]"); len(opts.sites) != sites {
			t.Errorf("%s: %d sites, want %d", name, len(opts.sites), sites)
		}
	}
	for _, name := range flagNames(newCommand().Flags()) {
		if !slices.Contains(notInFile, name) && !regexp.MustCompile(`(?m)^`+name+` = `).MatchString(top) {
			t.Errorf("%s is missing", name)
		}
	}
}

// The tables of README.md have every flag with its default, and no other.
func TestFlagsInREADME(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("--[a-z-]+")
	rows := map[string]string{} // the row of each flag
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "¦"), "|")
		if len(cells) != 5 || !strings.HasPrefix(cells[1], " `-") {
			continue
		}
		for _, flag := range name.FindAllString(cells[1], -1) {
			if rows[flag] != "" && rows[flag] != cells[3] {
				t.Errorf("%s stands there twice", flag)
			}
			rows[flag] = cells[3]
		}
	}
	for _, flag := range allFlags() {
		row, ok := rows["--"+flag.Name]
		delete(rows, "--"+flag.Name)
		if flag.Name == "help" || flag.Name == "version" {
			continue
		}
		value := defaultOf(flag)
		if flag.Name == "workers" {
			value = "usable CPUs" // of the machine
		}
		if !ok || strings.TrimSpace(row) == "" || !strings.Contains(row, value) {
			t.Errorf("--%s: the default in README.md is %q, want %q", flag.Name, row, value)
		}
	}
	for flag := range rows {
		t.Errorf("%s stands in README.md and does not exist", flag)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"autoindex", "index", "listen", "root", "mount", "version"}
	for name, want := range map[string]string{
		"autoindx": "autoindex", "Autoindex": "autoindex", "lisetn": "listen", "verison": "version", "versions": "version", "ruot": "root",
		"rot": "root", "indx": "index", "": "", "x": "", "bot": "", "nothing": "", "site": "", strings.Repeat("r", 1000): "", "wurzel": "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("nearest(%.20q) = %q, want %q", name, got, want)
		}
	}
}
