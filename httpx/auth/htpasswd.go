// Password files, as htpasswd(1) writes them: a line for each user, USER:HASH.

package auth

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// MaxFile is the most bytes of a password file.
const MaxFile = 4 << 20

// maxUser is the most bytes of a user's name.
const maxUser = 255

// Users are those of one version of a password file. They never change.
type Users struct {
	version uint64 // of all that were ever parsed
	hashes  map[string]*passwordHash
	all     []*passwordHash
}

var versions atomic.Uint64

// Len is how many users there are.
func (u *Users) Len() int { return len(u.all) }

// Parse parses a password file. Empty lines and those that start with '#' are
// skipped, and so is what follows a second colon. Its errors name the line. Checking
// a password must not take more bytes than memory.
func Parse(text []byte, memory int64) (*Users, error) {
	u := &Users{version: versions.Add(1), hashes: make(map[string]*passwordHash)}
	if len(text) > MaxFile {
		return nil, fmt.Errorf("more than %d bytes", MaxFile)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if err := u.add(strings.TrimRight(line, " \t\r\n"), memory); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if len(u.all) == 0 {
		return nil, errors.New("no users: make one with 'htpasswd -B FILE USER'")
	}
	return u, nil
}

func (u *Users) add(line string, memory int64) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	name, rest, ok := strings.Cut(line, ":")
	switch {
	case !ok || name == "":
		return errors.New("want USER:HASH, as htpasswd -B writes it")
	case len(name) > maxUser || hasControl([]byte(name)):
		return fmt.Errorf("a user's name has at most %d bytes, and no control characters", maxUser)
	case u.hashes[name] != nil:
		return fmt.Errorf("user %q is there already", name)
	}
	text, _, _ := strings.Cut(rest, ":")
	h, err := parseHash(text)
	if err != nil {
		return fmt.Errorf("user %q has %w", name, err)
	}
	if h.memory() > memory {
		return fmt.Errorf("user %q has an argon2id hash of %d MiB, more than the %d MiB that --memory leaves for that", name, h.memory()>>20, memory>>20)
	}
	u.hashes[name] = h
	u.all = append(u.all, h)
	return nil
}
