// Settings that nobody will see an effect of.

package site

import (
	"fmt"
	"slices"
)

// Ineffective says which settings cannot have an effect, and why, in a line each.
func (c Config) Ineffective() (lines []string) {
	for i := range c.Auth {
		r := &c.Auth[i]
		if !slices.ContainsFunc(c.Mounts, func(m MountConfig) bool { return r.servedBy(m.Prefix) }) {
			lines = append(lines, fmt.Sprintf("--auth=%s protects nothing: no --mount serves such paths", r.pattern))
		}
	}
	return lines
}
