package httpx

import (
	"os"
	"strings"
	"testing"
)

// Each reason for a refusal, and each outcome, has a name of its own, which
// docs/operations.md explains.
func TestReasonsInDocs(t *testing.T) {
	doc, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	want := func(name string) {
		if name == "" || names[name] || !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("docs/operations.md does not explain %q, or it stands for two things", name)
		}
		names[name] = true
	}
	for why := noReason + 1; why < reasons; why++ {
		want(why.String())
	}
	for o := Whole; int(o) < outcomes; o++ {
		want(strings.ReplaceAll(o.String(), " ", "_"))
	}
}
