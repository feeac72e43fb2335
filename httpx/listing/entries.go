// The entries of a listing, one by one, for the page and for JSON alike.

package listing

import "bufio"

// writeEntries flushes out, sorts the entries, and writes those from one index to
// another as appendEntry appends them. Entries that are sorted by name get their
// statx(2) only now. An entry that has vanished meanwhile is left out.
func (l *Listing) writeEntries(out *bufio.Writer, c *contents, from, to int, appendEntry func([]byte, *row) []byte) error {
	if err := out.Flush(); err != nil {
		return err
	}
	if l.Query.Order.by != byName {
		if err := c.statAll(); err != nil {
			return err
		}
	}
	c.sort(l.Query.Order)
	to = min(to, len(c.entries))
	for i := from; i < to; i++ {
		if ok, err := c.stat(&c.entries[i], &c.row); err != nil {
			return err
		} else if !ok {
			continue
		}
		if _, err := out.Write(appendEntry(out.AvailableBuffer(), &c.row)); err != nil {
			return err
		}
	}
	return nil
}
