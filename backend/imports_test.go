package backend_test

import (
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// engines are the packages that keep the contract. Only commands choose one.
var engines = []string{"aws/backend/epollaio", "aws/backend/uring", "aws/backend/simio"}

// Imports go cmd ► httpx ► backend ◄ engines: no engine knows HTTP or another
// engine, and only commands know engines.
func TestImports(t *testing.T) {
	for path, imports := range moduleImports(t) {
		for _, imported := range imports {
			var allowed bool
			switch {
			case strings.HasPrefix(path, "aws/cmd/"):
				allowed = true
			case slices.Contains(engines, path):
				allowed = imported == "aws/backend" || imported == "aws/backend/kernel" || imported == "aws/backend/sockop"
			case strings.HasPrefix(path, "aws/backend"):
				allowed = imported == "aws/backend" || imported == "aws/backend/kernel" || imported == "aws/backend/backendtest/children"
			default:
				allowed = !slices.Contains(engines, imported)
			}
			if !allowed {
				t.Errorf("%s imports %s", path, imported)
			}
		}
	}
}

// moduleImports returns what each package of this module imports of it, not
// counting tests.
func moduleImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := children.Command(t, "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "aws/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		imports[paths[0]] = slices.DeleteFunc(paths[1:], func(path string) bool {
			return !strings.HasPrefix(path, "aws/")
		})
	}
	if len(imports["aws/backend/epollaio"]) == 0 {
		t.Fatalf("go list does not show the engines: %s", out)
	}
	return imports
}
