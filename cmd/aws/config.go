// Settings from the configuration file: they set the flags that the command line leaves
// out, and make sites.

package main

import (
	"errors"
	"os"
	"slices"

	"github.com/spf13/pflag"
)

// readConfig reads the configuration file, if there is one. Problems are noted.
func (o *options) readConfig(flags *pflag.FlagSet) {
	if o.config == "" {
		return
	}
	text, err := os.ReadFile(o.config)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		o.problems.usage(whereIs(o.settings.given, 0, "config", o.config), "configuration file %s: %v", o.config, err)
		return
	}
	f := parseConfig(o.config, text, &o.problems)
	for _, s := range f.top.settings {
		flag := flags.Lookup(s.name)
		if flag != nil && flag.Changed && !slices.Contains(notInFile, s.name) {
			continue // the command line wins
		}
		o.settings.apply(flags, s, nil)
	}
	o.siteOptions.given = o.settings.given
	o.siteOptions.failed = o.settings.failed
	for i := range f.sites {
		o.sites = append(o.sites, o.siteOptions.derive(flags, &f.sites[i], &o.problems))
	}
}

// notInFile are the flags that are for the command line alone.
var notInFile = []string{"config", "check", "help", "version"}

// apply sets a flag as a file says. An array sets it once for each element. elsewhere
// has the flags that are no settings here, but in another place of the file.
func (s *settings) apply(flags *pflag.FlagSet, setting configSetting, elsewhere *pflag.FlagSet) {
	flag := flags.Lookup(setting.name)
	if flag == nil || slices.Contains(notInFile, setting.name) {
		s.problems.usage(setting.where, "no such setting%s", suggestion(setting.name, flags, elsewhere))
		return
	}
	repeatable := isList(flag)
	switch {
	case setting.list && !repeatable:
		s.problems.usage(setting.where, "want one value, not a list")
		return
	case setting.list && len(setting.values) == 0:
		if value, ok := flag.Value.(watched).Value.(pflag.SliceValue); ok && flag.Name != "listen" {
			_ = value.Replace(nil) // never fails for none
		} else {
			s.problems.usage(setting.where, "want at least one value in the list")
		}
		return
	}
	for _, v := range setting.values {
		if v.where == "" {
			continue // reported
		}
		s.stands = v.where
		_ = flags.Set(setting.name, v.text) // an error is a problem already
	}
	s.stands = ""
}

// isList says that a flag may have several values.
func isList(flag *pflag.Flag) bool {
	value := flag.Value
	if w, ok := value.(watched); ok {
		value = w.Value
	}
	if _, ok := value.(pflag.SliceValue); ok {
		return true
	}
	_, ok := value.(interface{ repeatable() })
	return ok
}

// suggestion says what may have been meant by the name of a setting that there is not.
func suggestion(name string, flags, elsewhere *pflag.FlagSet) string {
	switch {
	case name == hostFlag:
		return " at the top: only a [[site]] has hosts"
	case slices.Contains(notInFile, name):
		return " in a file: --" + name + " is for the command line"
	case elsewhere != nil && elsewhere.Lookup(name) != nil:
		return " of a site: it stands at the top of the file, before the first [[site]]"
	}
	var names []string
	for _, set := range []*pflag.FlagSet{flags, elsewhere} {
		if set != nil {
			set.VisitAll(func(f *pflag.Flag) {
				if !f.Hidden && !slices.Contains(notInFile, f.Name) {
					names = append(names, f.Name)
				}
			})
		}
	}
	if meant := nearest(name, names); meant != "" {
		return "; did you mean " + meant + "?"
	}
	return "; 'aws --help' lists them"
}
