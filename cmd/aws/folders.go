// What the seed's layout needs of the document root: a folder "static" or
// "dynamic". Where neither is there nothing could be served.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aws/httpx/site"
)

// wantTrees warns of what is missing, and refuses to serve nothing.
func (o *options) wantTrees() error {
	warnings, err := o.checkTrees()
	for _, warning := range warnings {
		fmt.Fprintln(stderr, "aws: WARNING:", warning)
	}
	return err
}

// checkTrees looks whether the default mounts lead to folders. It returns what is
// missing, a line each, and an error if no site could serve anything.
func (o *options) checkTrees() (warnings []string, err error) {
	serving := 0
	for i := range o.served {
		s := &o.served[i]
		missing := missingTrees(s)
		switch {
		case len(missing) == len(s.Mounts) && len(s.Redirects) > 0:
			serving++
		case len(missing) < len(s.Mounts):
			serving++
			for _, m := range missing {
				warnings = append(warnings, fmt.Sprintf("%s is not there, so everything below %s is 404", quoted(filepath.Join(s.Root, m.Dir)), m.Prefix))
			}
		default:
			warnings = append(warnings, fmt.Sprintf("%s: %v", siteName(i, s), o.nothingServed(s)))
		}
	}
	switch {
	case serving > 0:
		return warnings, nil
	case len(o.served) == 1:
		return nil, o.nothingServed(&o.served[0])
	}
	return nil, errors.New("no site has anything to serve: " + strings.Join(warnings, "; "))
}

// missingTrees returns the default mounts of a site that lead to no folder. A
// document root that is not there is an error of its own.
func missingTrees(s *site.Config) (missing []site.MountConfig) {
	if !slices.Equal(s.Mounts, site.DefaultMounts()) {
		return nil
	}
	if info, err := os.Stat(s.Root); err != nil || !info.IsDir() {
		return nil
	}
	for _, m := range s.Mounts {
		info, err := os.Stat(filepath.Join(s.Root, m.Dir))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			missing = append(missing, m)
		}
	}
	return missing
}

// nothingServed says what to do about a site with neither tree.
func (o *options) nothingServed(s *site.Config) error {
	remedy := "'aws " + quoted(o.site.Root) + "' serves the folder itself"
	if o.config != "" {
		remedy = `mount = ["/=."] serves the folder itself`
	}
	return fmt.Errorf("nothing to serve: %s has neither a folder 'static' nor 'dynamic'; %s", quoted(s.Root), remedy)
}

// siteName names a site for its operator.
func siteName(i int, s *site.Config) string {
	if len(s.Hosts) > 0 {
		return "site " + s.Hosts[0]
	}
	return fmt.Sprintf("site %d", i+1)
}
