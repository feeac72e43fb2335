package httpx

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// untold are calls that nobody who watches would see: package kernel has them.
var untold = regexp.MustCompile(`\bunix\.(Close|Open|Openat|Openat2|Read|Pread|Preadv2|Readlink|Readlinkat|Stat|Fstat|Fstatat|Statx|Statfs|Fstatfs|ReadDirent|Seek|FcntlInt|Fgetxattr|Fsetxattr|Shutdown|Fadvise|Cachestat|Write|Sendfile)\(`)

// Files and folders are looked at through package kernel, so that 'aws explain' can
// show it. The access log is written by a thread of its own, which serves nobody.
func TestCallsAreTold(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && (strings.HasSuffix(path, "test") || path == "accesslog") {
			return cmp.Or(err, fs.SkipDir)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		text, err := os.ReadFile(path)
		for _, call := range untold.FindAllString(string(text), -1) {
			t.Errorf("%s: %s is not told", path, call)
		}
		return err
	})
	if err != nil || seen < 50 {
		t.Errorf("%d files: %v", seen, err)
	}
}
