package listing

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
)

// The policy allows the style sheet and the script that the page has, and the page
// has nothing that the policy would stop.
func TestPolicyAllowsThePage(t *testing.T) {
	page := render(t, &Listing{Query: Query{Filter: "a", Order: Order{by: bySize}}}, orderedFolder(t))
	for tag, hash := range map[string]string{"style": styleHash, "script": scriptHash} {
		found := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), tag)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; hash != want {
			t.Errorf("the hash of the %s is %s, want %s", tag, hash, want)
		}
	}
	if m := regexp.MustCompile(`<[^>]* (?:style|on[a-z]+)=`).FindString(page[:strings.Index(page, "<script>")]); m != "" {
		t.Errorf("%s: the policy allows no such attribute", m)
	}
	for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("} {
		if strings.Contains(listingJS, never) {
			t.Errorf("the script has %s", never)
		}
	}
}
