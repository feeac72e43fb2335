// Symbolic links: which of them are followed.

package site

// Links says which symbolic links a site follows. The zero value is LinksInside.
type Links uint8

const (
	LinksInside  Links = iota // those that lead to something inside the root
	LinksOfOwner              // of these, those that belong to the owner of what they lead to
	LinksAll                  // all, out of the root as well
)
