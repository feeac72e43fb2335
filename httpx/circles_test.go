package httpx

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// theCore is the only circle of files: a connection, its wire and its version of
// HTTP call each other.
var theCore = []string{"asked.go", "bodyevents.go", "conn.go", "delivery.go", "drain.go", "http1body.go", "http1request.go", "http1response.go", "limiting.go", "lookingup.go", "loop.go", "prologue.go", "refusal.go", "sendqueues.go", "wire.go"}

// No files refer to each other in a circle, except the core and the files of an
// engine, which docs/architecture.md names. So every other file can be read after those it
// uses.
func TestFilesReferOneWay(t *testing.T) {
	out, err := children.Command(t, "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}", "aws/httpx/...", "aws/backend/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	exports, dirs := map[string]string{}, map[string]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		exports[f[0]] = f[1]
		if strings.HasPrefix(f[0], "aws/") {
			dirs[f[0]] = f[2]
		}
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	for path, dir := range dirs {
		if strings.HasSuffix(path, "test") || strings.HasPrefix(path, "aws/backend/") { // only for tests, or an engine
			continue
		}
		for _, circle := range circles(references(t, path, dir, lookup)) {
			if path != "aws/httpx" || !slices.Equal(circle, theCore) {
				t.Errorf("%s: %q refer to each other", path, circle)
			}
		}
	}
	doc, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range theCore {
		if !strings.Contains(string(doc), name) {
			t.Errorf("docs/architecture.md does not name %s", name)
		}
	}
}

// references maps each file of a package to the files that declare what it uses.
// Uses of fields do not count: a field belongs to its type.
func references(t *testing.T, path, dir string, lookup func(string) (io.ReadCloser, error)) map[string]map[string]bool {
	t.Helper()
	fset := token.NewFileSet()
	names, err := children.Command(t, "go", "list", "-f", `{{join .GoFiles " "}} {{join .CgoFiles " "}}`, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	for _, name := range strings.Fields(string(names)) {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup), FakeImportC: true}
	pkg, err := config.Check(path, fset, parsed, info)
	if err != nil {
		t.Fatal(err)
	}
	fileOf := func(p token.Pos) string { return filepath.Base(fset.Position(p).Filename) }
	uses := map[string]map[string]bool{}
	for id, o := range info.Uses {
		f, isFunc := o.(*types.Func)
		isMethod := isFunc && f.Signature().Recv() != nil
		from := fileOf(id.Pos())
		if to := fileOf(o.Pos()); o.Pkg() == pkg && to != from && (isMethod || o.Parent() == pkg.Scope()) {
			if uses[from] == nil {
				uses[from] = map[string]bool{}
			}
			uses[from][to] = true
		}
	}
	return uses
}

// circles returns the sets of files that can reach each other.
func circles(uses map[string]map[string]bool) (all [][]string) {
	reach := map[string]map[string]bool{}
	for from := range uses {
		seen := map[string]bool{}
		for ahead := []string{from}; len(ahead) > 0; {
			next := ahead[0]
			ahead = ahead[1:]
			for to := range uses[next] {
				if !seen[to] {
					seen[to] = true
					ahead = append(ahead, to)
				}
			}
		}
		reach[from] = seen
	}
	found := map[string]bool{}
	for _, from := range slices.Sorted(maps.Keys(reach)) {
		circle := []string{}
		for to := range reach[from] {
			if reach[to][from] {
				circle = append(circle, to)
			}
		}
		slices.Sort(circle)
		if key := fmt.Sprint(circle); len(circle) > 1 && !found[key] {
			found[key] = true
			all = append(all, circle)
		}
	}
	return all
}
