package httpx

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// HTTP knows the contract of the engines and nothing else of this module.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := slices.DeleteFunc(strings.Fields(string(out)), func(path string) bool {
		return !strings.HasPrefix(path, "aws/")
	})
	if want := []string{"aws/backend"}; !slices.Equal(ours, want) {
		t.Errorf("httpx imports %v, want %v", ours, want)
	}
}
