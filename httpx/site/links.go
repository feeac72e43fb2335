// Symbolic links: which of them are followed.

package site

import "fmt"

// Links says which symbolic links a site follows. The zero value is LinksInside.
type Links uint8

const (
	LinksInside  Links = iota // those that lead to something inside the root
	LinksOfOwner              // of these, those that belong to the owner of what they lead to
	LinksAll                  // all, out of the root as well
)

var linkNames = [...]string{LinksInside: "inside", LinksOfOwner: "owner", LinksAll: "all"}

// String returns the word that Set takes.
func (l *Links) String() string { return linkNames[*l] }

// Type names the words that Set takes.
func (l *Links) Type() string { return "owner|inside|all" }

// Set sets the links to follow by their word.
func (l *Links) Set(s string) error {
	for i, name := range linkNames {
		if s == name {
			*l = Links(i)
			return nil
		}
	}
	return fmt.Errorf("want owner, inside or all")
}
