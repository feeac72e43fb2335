// What a configuration file says, and in which lines: TOML, with settings at the top and
// in [[site]] tables. config.go sets the flags by it.

package main

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// configFile is a parsed file.
type configFile struct {
	name  string
	top   configTable
	sites []configTable

	problems *problems
	newlines []int // offsets
}

// configTable is the settings at the top, or those of a [[site]].
type configTable struct {
	where    string // "site.toml:12: [[site]]"
	settings []configSetting
}

// configSetting is a setting with its value, or several in a list.
type configSetting struct {
	name   string
	where  string // "site.toml:12: mount"
	list   bool
	values []configValue
}

// configValue is a string, a number, or true or false.
type configValue struct {
	text  string
	where string // `site.toml:12: mount "/=public"`; "" for a value that is reported
}

// siteTable is the name of the tables that make a site each.
const siteTable = "site"

// parseConfig parses a file. It goes on after a problem where that is possible.
func parseConfig(name string, text []byte, found *problems) *configFile {
	f := &configFile{name: name, problems: found}
	for i, c := range text {
		if c == '\n' {
			f.newlines = append(f.newlines, i)
		}
	}
	before := len(*found)
	var p unstable.Parser
	p.Reset(text)
	table := &f.top
	for p.NextExpression() {
		switch n := p.Expression(); n.Kind {
		case unstable.KeyValue:
			f.add(table, n)
		case unstable.ArrayTable, unstable.Table:
			table = f.begin(n)
		}
	}
	if p.Error() == nil && len(*found) > before {
		return f
	}
	var bad *toml.DecodeError
	if err := toml.Unmarshal(text, new(map[string]any)); errors.As(err, &bad) {
		line, column := bad.Position()
		found.usage(fmt.Sprintf("%s:%d", name, line), "column %d: %s", column, strings.TrimPrefix(bad.Error(), "toml: "))
	} else if err != nil {
		found.usage(name, "%v", err)
	}
	return f
}

// begin begins a table. What cannot be one is reported, and what follows is ignored.
func (f *configFile) begin(n *unstable.Node) *configTable {
	name, raw := keyOf(n)
	switch {
	case name == siteTable && n.Kind == unstable.ArrayTable:
		f.sites = append(f.sites, configTable{where: f.at(raw, "[[site]]")})
		return &f.sites[len(f.sites)-1]
	case name == siteTable:
		f.problems.usage(f.at(raw, "[site]"), "want [[site]], in double brackets: there may be several")
	default:
		f.problems.usage(f.at(raw, name), "no such table: settings stand at the top of the file or in a [[site]]")
	}
	return &configTable{}
}

// add adds a setting to a table.
func (f *configFile) add(t *configTable, n *unstable.Node) {
	name, raw := keyOf(n)
	s := configSetting{name: name, where: f.at(raw, name)}
	value := n.Value()
	if t == &f.top && name == siteTable {
		f.addSites(s.where, value)
		return
	}
	if i := slices.IndexFunc(t.settings, func(o configSetting) bool { return o.name == name }); i >= 0 {
		f.problems.usage(s.where, "is there twice, also in %s: leave one out, or write the values as a list", t.settings[i].where)
		return
	}
	if value.Kind == unstable.Array {
		s.list = true
		for it := value.Children(); it.Next(); {
			s.values = append(s.values, f.value(s, it.Node()))
		}
	} else {
		s.values = []configValue{f.value(s, value)}
	}
	t.settings = append(t.settings, s)
}

// value is the text of a scalar. Others are reported.
func (f *configFile) value(s configSetting, n *unstable.Node) configValue {
	where := s.where
	if n.Raw.Length > 0 {
		where = f.at(n.Raw, s.name)
	}
	switch n.Kind {
	case unstable.String:
		return configValue{string(n.Data), printable(where + " " + strconv.Quote(string(n.Data)))}
	case unstable.Integer, unstable.Float, unstable.Bool:
		return configValue{string(n.Data), where + " " + string(n.Data)}
	}
	f.problems.usage(where, "want a string, a number or a list of them")
	return configValue{}
}

// addSites adds the sites of "site = [{…}, {…}]".
func (f *configFile) addSites(where string, n *unstable.Node) {
	if n.Kind != unstable.Array {
		f.problems.usage(where, "want [[site]]")
		return
	}
	for it := n.Children(); it.Next(); {
		if it.Node().Kind != unstable.InlineTable {
			f.problems.usage(where, "want [[site]]")
			return
		}
		t := configTable{where: f.at(it.Node().Raw, "[[site]]")}
		for pairs := it.Node().Children(); pairs.Next(); {
			f.add(&t, pairs.Node())
		}
		f.sites = append(f.sites, t)
	}
}

// keyOf is a key, with dots if it has several parts, and where it begins.
func keyOf(n *unstable.Node) (name string, raw unstable.Range) {
	for it := n.Key(); it.Next(); {
		if name == "" {
			raw = it.Node().Raw
		} else {
			name += "."
		}
		name += string(it.Node().Data)
	}
	return name, raw
}

// at is the place of something in the file.
func (f *configFile) at(raw unstable.Range, name string) string {
	line := 1 + sort.SearchInts(f.newlines, int(raw.Offset))
	return printable(fmt.Sprintf("%s:%d: %s", f.name, line, name))
}
