// The query of a listing: what of the folder it shows, and how.

package listing

import (
	"bytes"
	"slices"
	"strconv"

	"aws/httpx/message"
)

// Query selects what of a folder a listing shows. The zero value is all of it, by
// name, as rows.
type Query struct {
	Order  Order
	Filter string // only entries whose names have this in them, in upper or lower case
	Page   int    // of a page for people: 1 is the first, and so is 0
	Grid   bool   // tiles with pictures in place of rows
}

// maxPage is the greatest number of a page in a query. Those after the last page
// are the last.
const maxPage = maxListed

// ParseQuery returns what a query selects, such as
// "sort=size&order=desc&filter=jpg&page=2&view=grid". Any of the pairs may be
// missing. A query with anything else in it, or one of them twice, selects the
// default.
func ParseQuery(query []byte) Query {
	var q Query
	var seen [len(queryKeys)]bool
	if len(query) == 0 {
		return q
	}
	for more := true; more; {
		var pair []byte
		pair, query, more = bytes.Cut(query, []byte("&"))
		key, value, _ := bytes.Cut(pair, []byte("="))
		i := slices.Index(queryKeys[:], string(key))
		if i < 0 || seen[i] || !q.set(queryKeys[i], value) {
			return Query{}
		}
		seen[i] = true
	}
	return q
}

var queryKeys = [...]string{"sort", "order", "filter", "page", "view"}

// set sets what a pair says. It returns false for a value that is none.
func (q *Query) set(key string, value []byte) bool {
	switch key {
	case "sort", "order":
		return q.Order.set(key, value)
	case "filter":
		text, ok := decodeValue(value)
		q.Filter = string(text)
		return ok
	case "page":
		n, err := strconv.Atoi(string(value))
		q.Page = n
		return err == nil && n >= 1 && n <= maxPage && message.IsDigit(value[0])
	}
	q.Grid = string(value) == "grid"
	return q.Grid || string(value) == "list"
}

// decodeValue decodes a value as forms encode it (application/x-www-form-urlencoded
// of the URL standard).
func decodeValue(value []byte) (text []byte, ok bool) {
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if i+2 >= len(value) {
				return nil, false
			}
			n, err := strconv.ParseUint(string(value[i+1:i+3]), 16, 8)
			if err != nil {
				return nil, false
			}
			c, i = byte(n), i+2
		}
		text = append(text, c)
	}
	return text, true
}

// String returns a query that selects the same, "" for the default.
func (q Query) String() string {
	var b []byte
	pair := func(key, value string) {
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, key...), '='), value...)
	}
	if q.Order != (Order{}) {
		b = append(b, q.Order.String()...)
	}
	if q.Filter != "" {
		pair("filter", string(appendEscaped(nil, []byte(q.Filter))))
	}
	if q.Page > 1 {
		pair("page", strconv.Itoa(q.Page))
	}
	if q.Grid {
		pair("view", "grid")
	}
	return string(b)
}

// below is the query for other folders: the filter and the page are of this one.
func (q Query) below() Query { return Query{Order: q.Order, Grid: q.Grid} }

// onPage is the query for another page.
func (q Query) onPage(n int) Query {
	q.Page = n
	return q
}
