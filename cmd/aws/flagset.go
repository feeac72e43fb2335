// The flags, in groups by the job that they do. A flag belongs to the group that
// was begun last when it was registered, so groups and flags stand in the help
// text in the order of the register functions (help.go).

package main

import (
	"time"

	"github.com/spf13/pflag"
)

// flagSet declares flags. Its values have their own words for what they want: see
// values.go.
type flagSet struct {
	*pflag.FlagSet
	groups []flagGroup
}

// flagGroup is a part of the help text.
type flagGroup struct {
	title   string
	example string        // a command line that uses some of the flags
	flags   []*pflag.Flag // without those that are hidden; set by grouped
	first   int           // how many flags stand before the group
}

// newFlagSet returns a flagSet that declares its flags in f, in their order.
func newFlagSet(f *pflag.FlagSet) *flagSet {
	f.SortFlags = false
	return &flagSet{FlagSet: f}
}

// group begins a group, for the flags that are registered from now on.
func (f *flagSet) group(title, example string) {
	count := 0
	f.VisitAll(func(*pflag.Flag) { count++ })
	f.groups = append(f.groups, flagGroup{title: title, example: example, first: count})
}

// grouped returns the groups with their flags. Flags that somebody else has added
// since, such as --help, belong to the last.
func (f *flagSet) grouped() []flagGroup {
	groups, number, at := f.groups, 0, 0
	f.VisitAll(func(flag *pflag.Flag) {
		for at+1 < len(groups) && number >= groups[at+1].first {
			at++
		}
		if !flag.Hidden {
			groups[at].flags = append(groups[at].flags, flag)
		}
		number++
	})
	return groups
}

// The methods below take the place of pflag's, whose errors quote Go's packages.

func (f *flagSet) IntVarP(p *int, name, shorthand string, value int, usage string) {
	*p = value
	f.VarP((*intValue)(p), name, shorthand, usage)
}

func (f *flagSet) IntVar(p *int, name string, value int, usage string) {
	f.IntVarP(p, name, "", value, usage)
}

func (f *flagSet) DurationVar(p *time.Duration, name string, value time.Duration, usage string) {
	*p = value
	f.Var((*durationValue)(p), name, usage)
}

func (f *flagSet) BoolVarP(p *bool, name, shorthand string, value bool, usage string) {
	*p = value
	f.VarPF((*boolValue)(p), name, shorthand, usage).NoOptDefVal = "true"
}

func (f *flagSet) BoolVar(p *bool, name string, value bool, usage string) {
	f.BoolVarP(p, name, "", value, usage)
}

func (f *flagSet) StringSliceVar(p *[]string, name string, value []string, usage string) {
	*p = value
	f.Var(&listValue{values: p}, name, usage)
}
