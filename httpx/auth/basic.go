// What a client sends: Authorization: Basic, a space, and user:password in base64.

package auth

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// MaxCredentials is the most bytes of a user, a colon and a password.
const MaxCredentials = 1 << 10

const scheme = "basic"

// ParseBasic returns the user and the password in the value of an Authorization
// field (RFC 7617 §2). They lie in dst. ok is false for anything else: no value,
// another scheme, malformed base64, no colon, control characters, or more than
// MaxCredentials bytes.
func ParseBasic(value []byte, dst *[MaxCredentials]byte) (user, password []byte, ok bool) {
	name, encoded, _ := bytes.Cut(value, space)
	encoded = bytes.TrimLeft(encoded, " ")
	if len(name) != len(scheme) || !strings.EqualFold(string(name), scheme) ||
		base64.StdEncoding.DecodedLen(len(encoded)) > len(dst) {
		return nil, nil, false
	}
	n, err := base64.StdEncoding.Decode(dst[:], encoded)
	if err != nil {
		return nil, nil, false
	}
	user, password, ok = bytes.Cut(dst[:n], colon)
	return user, password, ok && !hasControl(user) && !hasControl(password)
}

var space, colon = []byte(" "), []byte(":")

func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}
