package httpx

import (
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// mayImport says which packages of this module each package of HTTP may import.
// The leaves know nothing of the core, and of each other only those below them.
var mayImport = map[string][]string{
	"aws/httpx":            {"aws/backend", "aws/backend/kernel", "aws/httpx/accesslog", "aws/httpx/archive", "aws/httpx/auth", "aws/httpx/files", "aws/httpx/forwarded", "aws/httpx/limit", "aws/httpx/listing", "aws/httpx/message", "aws/httpx/offload", "aws/httpx/ownpages", "aws/httpx/process", "aws/httpx/proxyproto", "aws/httpx/site", "aws/httpx/stats"},
	"aws/httpx/accesslog":  {"aws/backend", "aws/httpx/message", "aws/httpx/site"},
	"aws/httpx/archive":    {"aws/backend/kernel", "aws/httpx/files", "aws/httpx/listing", "aws/httpx/site"},
	"aws/httpx/listing":    {"aws/backend/kernel", "aws/httpx/files", "aws/httpx/message"},
	"aws/httpx/files":      {"aws/backend", "aws/backend/kernel", "aws/httpx/message", "aws/httpx/offload", "aws/httpx/site", "aws/httpx/stats"},
	"aws/httpx/limit":      {"aws/backend"},
	"aws/httpx/site":       {"aws/backend", "aws/httpx/message", "aws/httpx/process"},
	"aws/httpx/process":    {"aws/backend"},
	"aws/httpx/message":    {"aws/backend"},
	"aws/httpx/offload":    {},
	"aws/httpx/auth":       {"aws/backend/kernel"},
	"aws/httpx/ownpages":   {"aws/httpx/message"},
	"aws/httpx/stats":      {"aws/backend"},
	"aws/httpx/forwarded":  {"aws/backend", "aws/httpx/message"},
	"aws/httpx/proxyproto": {"aws/backend"},

	// Only for tests.
	"aws/httpx/browsertest":      {"aws/backend/backendtest", "aws/backend/backendtest/children"},
	"aws/httpx/httpxtest":        {"aws/backend/backendtest", "aws/backend/backendtest/children"},
	"aws/httpx/httpxtest/slowfs": {"aws/backend/backendtest"},
}

// Packages import only what mayImport allows.
func TestImports(t *testing.T) {
	out, err := children.Command(t, "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		allowed, known := mayImport[paths[0]]
		if !known {
			t.Errorf("%s is not in the list of who may import whom", paths[0])
		}
		seen++
		for _, path := range paths[1:] {
			if strings.HasPrefix(path, "aws/") && !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s", paths[0], path)
			}
		}
	}
	if seen < len(mayImport)-1 {
		t.Errorf("go list shows %d packages, %d are named", seen, len(mayImport))
	}
}
