// The two trees that are served without a word, and what happens without them.

package main_test

import (
	"os"
	"path/filepath"
	"testing"
)

// Where nothing could be served aws does not start, and says what to type.
func TestNothingToServe(t *testing.T) {
	t.Parallel()
	dir := rootWith(t, "a", nil)
	empty := filepath.Join(dir, "my site")
	must(t, os.Mkdir(empty, 0o755))
	write(t, filepath.Join(empty, "static"), "a file")
	for _, c := range []struct {
		config  string
		args    []string
		pattern string
	}{
		{"", []string{"--root=" + empty}, `has neither a folder static nor a folder dynamic: 'aws ".*/my site"' serves the folder itself`},
		{"", []string{"--autoindex", "--root=" + empty}, "serves the folder itself"},
		{"root = '" + empty + "'\n", []string{"--config=aws.toml"}, `--mount=/=FOLDER another`},
	} {
		run(t, c.config, append(c.args, "--listen=127.0.0.1:0")...).wantError(t, 1, c.pattern)
	}
}

// One tree is enough, and redirects need none.
func TestOneTreeIsEnough(t *testing.T) {
	needs(t, "curl")
	t.Parallel()
	root := rootWith(t, "a", []byte("a"))
	must(t, os.Remove(filepath.Join(root, "dynamic", "a")))
	must(t, os.Remove(filepath.Join(root, "dynamic")))
	s := start(t, raw(backends[0]), root)
	s.curl(t, "/static/a").want(t, 200, "a")
	must(t, os.Mkdir(filepath.Join(root, "dynamic"), 0o755)) // made later, it is served
	write(t, filepath.Join(root, "dynamic", "b"), "b")
	s.curl(t, "/dynamic/b").want(t, 200, "b")

	moved := start(t, raw(backends[0]), t.TempDir(), "--redirect=/*=https://example.org/*")
	moved.curl(t, "/x").wantField(t, "Location", "https://example.org/x")
}
