// "Did you mean": the name that comes nearest to one that does not exist.

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// nearest returns the name that was probably meant, or "". Up to two slips make a
// name another one, but not more than a third of it.
func nearest(name string, names []string) string {
	best, least := "", min(2, (len(name)+1)/3)+1
	for _, candidate := range names {
		if d := slips(strings.ToLower(name), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// slips counts what turns a into b: a byte more, a byte less, another byte, or two
// neighbours the other way round (the optimal string alignment distance). It gives
// up on long names.
func slips(a, b string) int {
	const long = 40
	if len(a) > long || len(b) > long {
		return long
	}
	var d [long + 1][long + 1]int
	for i := range len(a) + 1 {
		for j := range len(b) + 1 {
			if i == 0 || j == 0 {
				d[i][j] = i + j
				continue
			}
			other := 1
			if a[i-1] == b[j-1] {
				other = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+other)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// orMeant adds what was probably meant to an error, if anything was.
func orMeant(err error, meant string) error {
	if meant == "" {
		return err
	}
	return fmt.Errorf("%w; did you mean %s?", err, meant)
}

// flagNames are the flags that a user may know of.
func flagNames(flags *pflag.FlagSet) (names []string) {
	flags.VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})
	return names
}

// elsewhere are names that other servers have, with the flag that does that here.
var elsewhere = map[string]string{
	"port": "listen=:PORT", "p": "listen=:PORT", "bind": "listen=ADDR", "address": "listen=ADDR", "host": "listen=ADDR", "interfaces": "listen=ADDR",
	"directory": "root=DIR", "dir": "root=DIR", "browse": "autoindex", "directory-listing": "autoindex", "threads": "workers=N",
}

// flagError says in a user's words what is wrong with the flags of a command line.
func flagError(flags *pflag.FlagSet, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var syntax *pflag.InvalidSyntaxError
	var value *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		given := "--" + name
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			name, _, _ = strings.Cut(short, "=") // -autoindex for --autoindex
			given = "-" + short
		}
		meant := elsewhere[name]
		if meant == "" {
			meant = nearest(name, flagNames(flags))
		}
		if meant != "" {
			meant = "--" + meant
		}
		return orMeant(fmt.Errorf("there is no flag %s", given), meant)
	case errors.As(err, &bare):
		placeholder, _ := describe(bare.GetFlag())
		return fmt.Errorf("--%s needs a value: --%[1]s=%s", bare.GetFlag().Name, placeholder)
	case errors.As(err, &syntax):
		return fmt.Errorf("%s is not a flag", syntax.GetSpecifiedFlag())
	case errors.As(err, &value): // of --help and --version: all others have their own words
		return fmt.Errorf("--%s=%s: want true or false", value.GetFlag().Name, value.GetValue())
	}
	return err
}
