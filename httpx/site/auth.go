// Paths that need a password.
//
//	--auth ► ParseAuth ► AuthRule ► Site.AuthFor ► package auth

package site

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"aws/httpx/message"
)

// AuthRule lets only the users of a password file have what lies at matching paths,
// or anybody if it has no file. Of several rules for a path the last counts.
type AuthRule struct {
	area
	File      string // absolute; "" lets everybody in
	Challenge string // the value of WWW-Authenticate (RFC 7617 §2)
	Number    int    // of the file among Sites.PasswordFiles, set by Parse
}

const (
	// noPassword in place of a file makes an exception.
	noPassword   = "-"
	defaultRealm = "restricted"
	maxRealm     = 128
)

// ParseAuth parses "PATTERN=FILE[:REALM]", or "PATTERN=-" for an exception: see parseArea.
// Its errors quote s. The file is not opened.
func ParseAuth(s string) (r AuthRule, err error) {
	glob, rest, ok := strings.Cut(s, "=")
	file, realm, named := strings.Cut(rest, ":")
	if !named {
		realm = defaultRealm
	}
	var hasPaths bool
	r.area, hasPaths = parseArea(glob)
	switch {
	case !ok || !hasPaths || file == "" || named && realm == "" || file == noPassword && named:
		return AuthRule{}, fmt.Errorf("%q: want PATTERN=FILE[:REALM], such as '/private/*=/etc/aws/users', or PATTERN=- for no password", s)
	case len(realm) > maxRealm || message.IndexControl([]byte(realm)) < len(realm):
		return AuthRule{}, fmt.Errorf("%q: want a realm of at most %d bytes without control characters", s, maxRealm)
	}
	if file == noPassword {
		return r, nil
	}
	if r.File, err = filepath.Abs(file); err != nil {
		return AuthRule{}, fmt.Errorf("%q: %w", s, err)
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(realm)
	r.Challenge = `Basic realm="` + quoted + `", charset="UTF-8"`
	return r, nil
}

// authFor returns the last rule for a clean path in lower case, nil if there is none or
// it is an exception.
func authFor(rules []AuthRule, path []byte) *AuthRule {
	for i := len(rules) - 1; i >= 0; i-- {
		if r := &rules[i]; r.has(path) {
			if r.File == "" {
				return nil
			}
			return r
		}
	}
	return nil
}

// numberFiles returns the rules with their files numbered among all, and all with
// those that are new.
func numberFiles(rules []AuthRule, all []string) ([]AuthRule, []string) {
	rules = slices.Clone(rules)
	for i := range rules {
		r := &rules[i]
		if r.File == "" {
			continue
		}
		if r.Number = slices.Index(all, r.File); r.Number < 0 {
			r.Number = len(all)
			all = append(all, r.File)
		}
	}
	return rules, all
}
