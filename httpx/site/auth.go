// Paths that need a password.
//
//	--auth ► ParseAuth ► AuthRule ► Site.AuthFor ► package auth

package site

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"aws/httpx/message"
)

// AuthRule lets only the users of a password file have what lies at matching paths,
// or anybody if it has no file. Of several rules for a path the last counts.
type AuthRule struct {
	pattern   Pattern // in lower case
	folder    string  // the folder whose whole content it covers, or ""
	File      string  // absolute; "" lets everybody in
	Challenge string  // the value of WWW-Authenticate (RFC 7617 §2)
	Number    int     // of the file among Sites.PasswordFiles, set by Parse
}

const (
	// noPassword in place of a file makes an exception.
	noPassword   = "-"
	defaultRealm = "restricted"
	maxRealm     = 128
)

// ParseAuth parses "PATTERN=FILE[:REALM]", or "PATTERN=-" for an exception. A pattern
// without '*' covers a file, or a folder with all that is in it. Its errors quote s.
// The file is not opened.
func ParseAuth(s string) (r AuthRule, err error) {
	glob, rest, ok := strings.Cut(s, "=")
	file, realm, named := strings.Cut(rest, ":")
	if !named {
		realm = defaultRealm
	}
	glob = strings.ToLower(strings.TrimSpace(glob))
	switch {
	case !ok || glob == "" || glob[0] != '/' && glob[0] != '*' || file == "" || named && realm == "" || file == noPassword && named:
		return AuthRule{}, fmt.Errorf("%q: want PATTERN=FILE[:REALM], such as '/private/*=/etc/aws/users', or PATTERN=- for no password", s)
	case len(realm) > maxRealm || message.IndexControl([]byte(realm)) < len(realm):
		return AuthRule{}, fmt.Errorf("%q: want a realm of at most %d bytes without control characters", s, maxRealm)
	}
	r.pattern = Pattern(glob)
	if folder := strings.TrimRight(strings.TrimSuffix(glob, "/*"), "/"); !strings.Contains(folder, "*") {
		r.folder, r.pattern = folder, Pattern(folder+"/*")
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

// AuthFor returns the rule for a clean path in lower case, nil if everybody may have
// what is there. A sidecar file needs what its original needs.
func (s *Site) AuthFor(path []byte) *AuthRule {
	if r := s.authFor(path); r != nil {
		return r
	}
	for _, c := range s.Codings {
		if original, ok := bytes.CutSuffix(path, []byte(c.Extension())); ok {
			return s.authFor(original)
		}
	}
	return nil
}

func (s *Site) authFor(path []byte) *AuthRule {
	for i := len(s.Auth) - 1; i >= 0; i-- {
		if r := &s.Auth[i]; r.pattern.Match(path) || r.folder != "" && string(path) == r.folder {
			if r.File == "" {
				return nil
			}
			return r
		}
	}
	return nil
}

// numberFiles numbers the password files of a site among all.
func (s *Site) numberFiles(all []string) []string {
	s.Auth = slices.Clone(s.Auth)
	for i := range s.Auth {
		r := &s.Auth[i]
		if r.File == "" {
			continue
		}
		if r.Number = slices.Index(all, r.File); r.Number < 0 {
			r.Number = len(all)
			all = append(all, r.File)
		}
	}
	return all
}

// Ineffective says of which settings nobody will see an effect, and why, in a line
// each.
func (c Config) Ineffective() (lines []string) {
	for i := range c.Auth {
		r := &c.Auth[i]
		fixed, _, _ := strings.Cut(string(r.pattern), "*")
		if fixed == "" || slices.ContainsFunc(c.Mounts, func(m MountConfig) bool {
			prefix := strings.ToLower(strings.TrimSuffix(m.Prefix, "/")) + "/"
			return strings.HasPrefix(prefix, fixed) || strings.HasPrefix(fixed, prefix)
		}) {
			continue
		}
		lines = append(lines, fmt.Sprintf("--auth=%s… protects nothing: no --mount serves such paths", r.pattern))
	}
	return lines
}
