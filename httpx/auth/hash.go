// Hashes of passwords, as htpasswd files have them.

package auth

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// What a hash may cost. A client waits for it, and whoever knows no password can
// make the server compute it.
const (
	maxCost   = 16      // of bcrypt: some seconds
	maxPasses = 64      // of argon2id
	maxLanes  = 8       // of argon2id; each may take a CPU
	maxWork   = 8 << 30 // bytes times passes, about a second for each GiB
	maxSalt   = 64      // bytes
	maxKey    = 128     // bytes
	minKey    = 16      // bytes
)

// passwordHash is the hash of a password.
type passwordHash struct {
	bcrypt []byte // or nil for argon2id

	salt, key []byte
	passes    uint32
	kibibytes uint32
	threads   uint8
}

// parseHash parses $2y$…, $2a$…, $2b$… and $argon2id$v=19$….
func parseHash(s string) (*passwordHash, error) {
	switch {
	case strings.HasPrefix(s, "$2a$"), strings.HasPrefix(s, "$2b$"), strings.HasPrefix(s, "$2y$"):
		return parseBcrypt(s)
	case strings.HasPrefix(s, "$argon2id$"):
		return parseArgon2(s)
	}
	return nil, fmt.Errorf("%s: make a hash that is slow to guess with 'htpasswd -B'", kindOf(s))
}

// kindOf names a hash that is refused.
func kindOf(s string) string {
	for _, k := range [...]struct{ prefix, kind string }{
		{"{SHA}", "a SHA-1 hash"}, {"{SSHA}", "a SHA-1 hash"}, {"$apr1$", "an MD5 hash (apr1)"}, {"$1$", "an MD5 hash"},
		{"$5$", "a SHA-256 hash of crypt(3)"}, {"$6$", "a SHA-512 hash of crypt(3)"}, {"$y$", "a yescrypt hash"},
		{"$argon2", "an argon2 hash other than argon2id"}, {"$2", "a hash of another version of bcrypt"},
	} {
		if strings.HasPrefix(s, k.prefix) {
			return k.kind
		}
	}
	if s == "" {
		return "no hash"
	}
	return "neither a bcrypt nor an argon2id hash"
}

func parseBcrypt(s string) (*passwordHash, error) {
	const length = 60
	cost, err := bcrypt.Cost([]byte(s))
	switch {
	case err != nil || len(s) != length:
		return nil, errors.New("a bcrypt hash that is cut off or malformed")
	case cost > maxCost:
		return nil, fmt.Errorf("a bcrypt hash of cost %d takes too long: want at most %d", cost, maxCost)
	}
	for _, c := range []byte(s[len("$2y$10$"):]) {
		if !isBcryptDigit(c) {
			return nil, errors.New("a bcrypt hash that is malformed")
		}
	}
	return &passwordHash{bcrypt: []byte(s)}, nil
}

func isBcryptDigit(c byte) bool {
	return '.' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

var errArgon2 = errors.New("an argon2id hash that is malformed: want $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH")

// parseArgon2 parses the form of the reference implementation (argon2 -e).
func parseArgon2(s string) (*passwordHash, error) {
	parts := strings.Split(s, "$") // "", "argon2id", the version, the parameters, salt, key
	if len(parts) != 6 || parts[2] != "v=19" {
		return nil, errArgon2
	}
	var numbers [3]uint32
	parameters := strings.Split(parts[3], ",")
	if len(parameters) != len(numbers) {
		return nil, errArgon2
	}
	for i, name := range [...]string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(parameters[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n == 0 {
			return nil, errArgon2
		}
		numbers[i] = uint32(n)
	}
	h := &passwordHash{kibibytes: numbers[0], passes: numbers[1]}
	var errs [2]error
	h.salt, errs[0] = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.key, errs[1] = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	switch {
	case errors.Join(errs[:]...) != nil, len(h.salt) < 8, len(h.salt) > maxSalt, len(h.key) < minKey, len(h.key) > maxKey:
		return nil, errArgon2
	case numbers[2] > maxLanes:
		return nil, fmt.Errorf("an argon2id hash with %d lanes: want p=%d or fewer", numbers[2], maxLanes)
	case h.passes > maxPasses || h.memory()*int64(h.passes) > maxWork:
		return nil, fmt.Errorf("an argon2id hash that takes too long (m=%d, t=%d): want at most %d KiB in all passes together", h.kibibytes, h.passes, maxWork>>10)
	}
	h.threads = uint8(numbers[2])
	return h, nil
}

// memory is how many bytes checking a password takes.
func (h *passwordHash) memory() int64 { return int64(h.kibibytes) << 10 }

// lanes is how many CPUs it may take.
func (h *passwordHash) lanes() int { return max(int(h.threads), 1) }

// matches computes the hash of a password and compares it. It takes as long for a
// wrong one.
func (h *passwordHash) matches(password []byte) bool {
	if h.bcrypt != nil {
		return bcrypt.CompareHashAndPassword(h.bcrypt, password) == nil
	}
	key := argon2.IDKey(password, h.salt, h.passes, h.kibibytes, h.threads, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}
