// A tree of symbolic links.

package httpxtest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// links has the target of each symbolic link in a LinkedTree.
var links = map[string]string{
	"a/near":       "file",
	"a/far":        "../b/file",
	"a/dir":        "../b",
	"a/round":      "dir/../a/file", // ".." starts where dir leads
	"a/top":        "..",
	"b/chain1":     "chain2",
	"b/chain2":     "../b/chain3",
	"b/chain3":     "../a/dir/file",
	"b/self":       "self",
	"b/loop1":      "../b/loop2",
	"b/loop2":      "loop1",
	"b/dangling":   "none",
	"b/slash":      "file/",
	"a/out":        "../../outside/canary",
	"a/outdir":     "../../outside",
	"a/back":       "../../root/a/file", // leaves, and comes back
	"a/abs":        "ROOT/a/file",
	"a/absdir":     "ROOT/b",
	"a/abschain":   "absdir/viaabs",
	"a/abstop":     "ROOT",
	"a/absnone":    "ROOT/b/none",
	"a/absself":    "ROOT/a/absself",
	"a/absup":      "ROOT/../outside/canary",
	"a/abslike":    "ROOT-like/canary",
	"a/absdirout":  "OUTSIDE",
	"a/absround":   "OUTSIDE/in/file", // through a link outside
	"b/viaabs":     "../a/abs",
	"a/absout":     "OUTSIDE/canary",
	"a/etc":        "/etc/passwd",
	"a/magic":      "/proc/self/root/etc/passwd",
	"b/viaout":     "../a/outdir/canary",
	"b/viatop":     "../a/top/../outside/canary",
	"b/viatopfile": "../a/top/b/file",
}

// Links returns the paths of the symbolic links in a LinkedTree, sorted.
func Links() []string { return slices.Sorted(maps.Keys(links)) }

// LinkedTree makes a folder with files and symbolic links, and returns its path.
// Some links lead out of it, to a file in a folder beside it. "ROOT" and
// "OUTSIDE" in a target stand for the two folders.
func LinkedTree(t testing.TB) (dir string) {
	t.Helper()
	base := Tree(t, map[string]int{"root/a/file": 1, "root/b/file": 1, "outside/canary": 1, "root-like/canary": 1})
	dir = base + "/root"
	if err := os.Symlink("../root/a", base+"/outside/in"); err != nil {
		t.Fatal(err)
	}
	for link, target := range links {
		target = strings.NewReplacer("ROOT", dir, "OUTSIDE", base+"/outside").Replace(target)
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
