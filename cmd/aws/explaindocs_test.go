// The call lists of docs/engines.md come from 'aws explain'.

package main_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
)

// updateVariable makes TestCallListsInDocs write the lists anew.
const updateVariable = "UPDATE_DOCS"

// callList is a list in the docs: the command and the step that it comes from, and a
// table.
var callList = regexp.MustCompile(`(?s)<!-- aws explain (\S.*?): (\S[^\n]*?) -->\n(.*?)<!-- end -->\n`)

// The lists of calls in docs/engines.md are what 'aws explain' says of these requests:
// the calls, their order and the sentences. Figures are left out.
func TestCallListsInDocs(t *testing.T) {
	t.Parallel()
	const path = "../../docs/engines.md"
	root := rootWith(t, "1k", make([]byte, 1<<10))
	wantCached(t, root+"/static/1k")
	text, err := os.ReadFile(path)
	must(t, err)
	count := 0
	fresh := callList.ReplaceAllStringFunc(string(text), func(list string) string {
		count++
		m := callList.FindStringSubmatch(list)
		e := explain(t, nil, append(strings.Fields(m[1]), "--root="+root)...)
		steps := e.Engines[0].Steps
		i := slices.IndexFunc(steps, func(s explainedStep) bool { return s.Title == m[2] })
		if i < 0 {
			t.Fatalf("no step %q in %v", m[2], steps)
		}
		return fmt.Sprintf("<!-- aws explain %s: %s -->\n%s<!-- end -->\n", m[1], m[2], table(steps[i].Calls, root))
	})
	if count < 4 {
		t.Errorf("%d lists", count)
	}
	if fresh == string(text) {
		return
	}
	if os.Getenv(updateVariable) != "" {
		must(t, os.WriteFile(path, []byte(fresh), 0o644))
		return
	}
	t.Errorf("docs/engines.md has other lists than 'aws explain' makes; %s=1 writes them anew:\n%s", updateVariable,
		strings.Join(callList.FindAllString(fresh, -1), "\n"))
}

// wantCached checks what the lists take for granted: the kernel tells what the page
// cache holds, and that is the file.
func wantCached(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	must(t, err)
	defer f.Close()
	if err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &unix.Cachestat_t{}, 0); err != nil {
		backendtest.Missing(t, "cachestat: ", err)
	}
	_, err = f.Read(make([]byte, backend.Align))
	must(t, err)
}

// table writes calls as a table of Markdown, without figures, and without waits that
// came to nothing, as on a machine that is busy.
func table(calls []explainedCall, root string) string {
	var b strings.Builder
	b.WriteString("\n| call | what it does here |\n|---|---|\n")
	for i := 0; i < len(calls); i++ {
		c := calls[i]
		if strings.Contains(c.Says, "ends the wait") {
			i++ // and the look that follows
			continue
		}
		text := c.Call
		if args := slices.DeleteFunc(slices.Clone(c.Args), isFigure); len(args) > 0 {
			text += "(" + strings.Join(args, ", ") + ")"
		}
		if c.Result != "" && !isFigure(c.Result) {
			text += " = " + c.Result
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(text, root, "/srv/www"), c.Says)
	}
	return b.String() + "\n"
}

// isFigure says that an argument is nothing but a number, or a part of a file.
func isFigure(arg string) bool {
	return strings.Trim(strings.TrimPrefix(arg, "submit "), "0123456789+") == ""
}
