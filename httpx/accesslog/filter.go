// Filters: which exchanges are logged.
//
//	filter = and { "||" and }
//	and    = not { "&&" not }
//	not    = "!" not | "(" filter ")" | test
//	test   = name ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//
// A filter is parsed once into a tree of nodes in one slice.

package accesslog

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aws/httpx/message"
	"aws/httpx/site"
)

// Filter says whether an exchange is logged.
type Filter struct {
	nodes []node
	root  int
}

// node is an operation on two others, or on one, or a test.
type node struct {
	op          string // "||", "&&", "!", or that of a test
	left, right int
	name        string
	number      int64
	text        string
}

// FilterNames are what a filter can test.
var FilterNames = []string{"status", "method", "path", "outcome", "source", "site", "duration", "first_byte", "bytes"}

// matches says whether the filter holds for r.
func (f *Filter) matches(r *Record, ring *ring, n *Names) bool { return f.holds(f.root, r, ring, n) }

func (f *Filter) holds(i int, r *Record, ring *ring, n *Names) bool {
	switch t := &f.nodes[i]; t.op {
	case "||":
		return f.holds(t.left, r, ring, n) || f.holds(t.right, r, ring, n)
	case "&&":
		return f.holds(t.left, r, ring, n) && f.holds(t.right, r, ring, n)
	case "!":
		return !f.holds(t.left, r, ring, n)
	default:
		return t.holds(r, ring, n)
	}
}

// holds says whether a test holds.
func (t *node) holds(r *Record, ring *ring, n *Names) bool {
	switch t.name {
	case "status":
		return t.compare(int64(r.Status))
	case "bytes":
		return t.compare(r.Sent)
	case "duration":
		return t.compare(int64(r.Took))
	case "first_byte":
		return r.Sent > 0 && t.compare(int64(r.FirstByte))
	}
	equal := false
	switch t.name {
	case "method":
		equal = string(method(r.Texts.Of(message.LineText))) == t.text
	case "path":
		equal = site.Pattern(t.text).Match(ring.pathOf(r))
	case "outcome":
		equal = Outcomes[r.Outcome] == t.text
	case "source":
		equal = Sources[r.Source] == t.text
	case "site":
		equal = n.Sites[r.Site] == t.text
	}
	return equal == (t.op == "=")
}

func (t *node) compare(n int64) bool {
	switch t.op {
	case "=":
		return n == t.number
	case "!=":
		return n != t.number
	case "<":
		return n < t.number
	case "<=":
		return n <= t.number
	case ">":
		return n > t.number
	}
	return n >= t.number
}

// pathOf is the path that is asked for, as rules by path see it: decoded, without dots
// and the query. It is empty if there is none.
func (r *ring) pathOf(x *Record) []byte {
	path, _, _ := bytes.Cut(target(x.Texts.Of(message.LineText)), question)
	if r.path == nil {
		r.path = make([]byte, message.MaxLine)
	}
	if len(path) == 0 || path[0] != '/' {
		return nil
	}
	path, status := message.CleanPath(r.path, path)
	if status != 0 {
		return nil
	}
	return path
}

var question = []byte("?")

// filterParser reads a filter from at on.
type filterParser struct {
	s     string
	at    int
	nodes []node
	depth int
}

// maxDepth bounds how deep a filter is nested.
const maxDepth = 50

// ParseFilter parses a filter. Errors name the column, from 1.
func ParseFilter(s string) (*Filter, error) {
	p := filterParser{s: s}
	root, err := p.or()
	if p.blanks(); err == nil && p.at < len(s) {
		err = p.wrong("want && or || before %q", s[p.at:])
	}
	if err != nil {
		return nil, err
	}
	return &Filter{p.nodes, root}, nil
}

func (p *filterParser) wrong(format string, args ...any) error {
	return fmt.Errorf("column %d: %s", p.at+1, fmt.Sprintf(format, args...))
}

func (p *filterParser) blanks() {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t') {
		p.at++
	}
}

// takes takes a word if it is next.
func (p *filterParser) takes(word string) bool {
	p.blanks()
	if !strings.HasPrefix(p.s[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *filterParser) add(n node) int {
	p.nodes = append(p.nodes, n)
	return len(p.nodes) - 1
}

func (p *filterParser) or() (int, error) { return p.chain("||", p.and) }

func (p *filterParser) and() (int, error) { return p.chain("&&", p.not) }

// chain parses operands with an operator between them.
func (p *filterParser) chain(op string, operand func() (int, error)) (int, error) {
	left, err := operand()
	for err == nil && p.takes(op) {
		var right int
		if right, err = operand(); err == nil {
			left = p.add(node{op: op, left: left, right: right})
		}
	}
	return left, err
}

func (p *filterParser) not() (i int, err error) {
	if p.depth++; p.depth > maxDepth {
		return 0, p.wrong("too many brackets")
	}
	defer func() { p.depth-- }()
	switch {
	case p.takes("!"):
		if i, err = p.not(); err == nil {
			i = p.add(node{op: "!", left: i})
		}
		return i, err
	case p.takes("("):
		if i, err = p.or(); err == nil && !p.takes(")") {
			err = p.wrong("want ) here")
		}
		return i, err
	}
	return p.test()
}

// test parses a name, a comparison and a value.
func (p *filterParser) test() (int, error) {
	p.blanks()
	t := node{name: p.word(func(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' })}
	if !slices.Contains(FilterNames, t.name) {
		p.at -= len(t.name)
		return 0, p.wrong("want a test here, such as status>=400, of %s", strings.Join(FilterNames, ", "))
	}
	p.blanks()
	for _, op := range []string{"==", "=", "!=", "<=", ">=", "<", ">"} {
		if t.op == "" && p.takes(op) {
			t.op = op
		}
	}
	if t.op == "==" {
		t.op = "="
	}
	if t.op == "" {
		return 0, p.wrong("want =, !=, <, <=, > or >= after %s", t.name)
	}
	p.blanks()
	from := p.at
	value := p.word(func(c byte) bool { return c > ' ' && !strings.ContainsRune("&|()", rune(c)) })
	if err := t.setValue(value); err != nil {
		p.at = from
		return 0, p.wrong("%s: %v", t.name, err)
	}
	return p.add(t), nil
}

// word takes the bytes that are in a set.
func (p *filterParser) word(in func(byte) bool) string {
	from := p.at
	for p.at < len(p.s) && in(p.s[p.at]) {
		p.at++
	}
	return p.s[from:p.at]
}

// setValue sets what a test compares with.
func (t *node) setValue(value string) (err error) {
	switch t.name {
	case "status":
		if t.number, err = strconv.ParseInt(value, 10, 64); err != nil || t.number < 0 || t.number > 999 {
			return fmt.Errorf("want a status, such as 404")
		}
		return nil
	case "bytes":
		if t.number, err = parseSize(value); err != nil {
			return fmt.Errorf("want a number of bytes, such as 1000 or 10MiB")
		}
		return nil
	case "duration", "first_byte":
		d, err := time.ParseDuration(value)
		if t.number = int64(d); err != nil {
			return fmt.Errorf("want a time with its unit, such as 500ms or 2s")
		}
		return nil
	}
	words := map[string][]string{"outcome": Outcomes[1:], "source": Sources[:]}[t.name]
	switch {
	case t.op != "=" && t.op != "!=":
		return fmt.Errorf("is a word: want = or !=")
	case value == "":
		return fmt.Errorf("want a value, such as %s", map[string]string{"method": "GET", "path": "/static/*", "site": "example.org"}[t.name])
	case words != nil && !slices.Contains(words, value):
		return fmt.Errorf("want one of %s", strings.Join(words, ", "))
	}
	t.text = value
	return nil
}

// parseSize parses a number of bytes, which may have a unit.
func parseSize(s string) (int64, error) {
	shift := 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			s, shift = number, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && (n < 0 || n<<shift>>shift != n) {
		err = strconv.ErrRange
	}
	return n << shift, err
}
