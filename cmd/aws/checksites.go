// What package site says is wrong with the sites, each with the place where it stands.

package main

import (
	"slices"

	"aws/httpx/site"
)

// checkSites reports the problems of the sites, as far as no file is needed to see them.
func (o *options) checkSites() {
	all := site.Problems(o.served)
	// A warning about a value from the top of the file is one only if all sites that
	// have the value from there say so.
	shared := map[string]int{}
	for i, s := range o.sites {
		for _, p := range all[i] {
			g, where := s.place(p)
			switch {
			case s.followsFrom(p):
			case !p.Warning:
				o.problems.usage(where, "%s", p.Text)
			case g == nil && p.Index >= 0: // a default, such as the two trees
			case g == nil || !g.inherited:
				o.problems.warn(where, "%s", p.Text)
			case p.By < 0 || s.inherits(p.Setting, p.By):
				shared[where+p.Text]++
				if shared[where+p.Text] == o.inheritors(g) {
					o.problems.warn(where, "%s", p.Text)
				}
			}
		}
	}
	o.checkReplaced()
}

// flagsOf are the flags that give a setting its values.
func flagsOf(setting string) []string {
	if setting == "header" {
		return []string{"header", "cache-control"}
	}
	if setting == "deny" {
		return []string{"allow", "deny"}
	}
	return []string{setting}
}

// place is the value that a problem is about, or nil, and where it stands.
func (o *siteOptions) place(p site.Problem) (g *given, where string) {
	found := all(o.given, flagsOf(p.Setting)...)
	switch {
	case 0 <= p.Index && p.Index < len(found):
		return &found[p.Index], found[p.Index].where
	case len(found) > 0:
		g = &found[len(found)-1]
		return g, g.where
	case o.where != "":
		return nil, o.where + ": " + p.Setting
	}
	return nil, "--" + p.Setting
}

// followsFrom says that a problem may only come of a mount that could not be set.
func (o *siteOptions) followsFrom(p site.Problem) bool {
	return o.hasFailed("mount") && slices.Contains([]string{"fallback", "error-page", "header", "try", "deny"}, p.Setting)
}

// inherits says that a value of a setting is from the top.
func (o *siteOptions) inherits(setting string, index int) bool {
	found := all(o.given, flagsOf(setting)...)
	return index < len(found) && found[index].inherited
}

// inheritors is how many sites have a value from the top.
func (o *options) inheritors(g *given) (n int) {
	for _, s := range o.sites {
		if slices.ContainsFunc(s.given, func(own given) bool { return own.inherited && own.where == g.where }) {
			n++
		}
	}
	return n
}

// checkReplaced reports settings at the top that every [[site]] replaces.
func (o *options) checkReplaced() {
	if len(o.sites) == 0 || o.sites[0] == &o.siteOptions {
		return
	}
	ofSite := new(siteOptions).flags()
	for _, g := range o.siteOptions.given {
		if ofSite.Lookup(g.name) != nil && o.inheritors(&g) == 0 {
			o.problems.warn(g.where, "has no effect: every [[site]] has its own")
		}
	}
}
