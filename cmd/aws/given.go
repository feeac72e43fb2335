// Which settings were given, and where each value stands: on the command line, or in
// which line of the configuration file. So a problem can be shown where it is.

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// given is a value that a flag was set to.
type given struct {
	name      string
	where     string // `--mount=/=public` or `site.toml:12: mount "/=public"`
	count     int    // values in it: several in a list separated by commas
	inherited bool   // a site has it from the top
}

// settings are the values given to the flags of a set, in order.
type settings struct {
	given    []given
	failed   []string // names with a value that could not be set
	problems *problems
	stands   string // where the value that is being set stands; "" on the command line
}

// watch has the settings know of each value that a flag is set to. A value that is
// wrong becomes a problem instead of an error, so that all of them are found.
func (s *settings) watch(f *pflag.FlagSet) {
	f.VisitAll(func(flag *pflag.Flag) {
		flag.Value = watched{flag.Value, flag.Name, s}
	})
}

// watched is a flag's value that settings know of.
type watched struct {
	pflag.Value
	name string
	in   *settings
}

func (w watched) Set(value string) error {
	where := w.in.stands
	if where == "" {
		where = "--" + w.name + "=" + value
		if w.Type() == "bool" && value == "true" {
			where = "--" + w.name
		}
	}
	where = printable(where)
	if err := w.Value.Set(value); err != nil {
		text := err.Error()
		if _, rest, quoted := strings.Cut(text, strconv.Quote(value)+": "); quoted {
			text = rest // the place shows the value already
		}
		w.in.failed = append(w.in.failed, w.name)
		w.in.problems.usage(where, "%s", text)
		return nil
	}
	count := 1
	if _, list := w.Value.(*listValue); list {
		count += strings.Count(value, ",")
	}
	w.in.given = append(w.in.given, given{name: w.name, where: where, count: count})
	return nil
}

// longestShown is how many bytes of a value are shown.
const longestShown = 200

// printable is the beginning of a text, for one line of a terminal.
func printable(text string) string {
	if len(text) > longestShown {
		text = strings.ToValidUTF8(text[:longestShown], "") + "…"
	}
	return oneLine(text)
}

// oneLine is text for one line of a terminal.
func oneLine(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// all are the given values of some flags, in order: an element for each value in a list.
func all(list []given, names ...string) (found []given) {
	for _, g := range list {
		if slices.Contains(names, g.name) {
			found = append(found, slices.Repeat([]given{g}, g.count)...)
		}
	}
	return found
}

// whereIs is where value index of a flag stands, or the last one if index is below 0.
// Without one it is the flag with its default.
func whereIs(list []given, index int, name, value string) string {
	found := all(list, name)
	switch {
	case 0 <= index && index < len(found):
		return found[index].where
	case index < 0 && len(found) > 0:
		return found[len(found)-1].where
	case value == "":
		return "--" + name
	}
	return fmt.Sprintf("--%s=%s", name, value)
}
