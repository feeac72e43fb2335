// The two trees that are served without a word, and what happens without them.

package main_test

import (
	"os"
	"path/filepath"
	"strings"
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
		{"", nil, "nothing to serve: .* has neither a folder 'static' nor 'dynamic'; 'aws [.]' serves the folder itself$"},
		{"", []string{"--autoindex"}, "'aws [.]' serves"},
		{"", []string{"--root=" + empty}, `'aws ".*/my site"' serves the folder itself$`},
		{"autoindex = true\n", []string{"--config=aws.toml"}, `mount = \["/=[.]"\] serves the folder itself$`},
		{"[[site]]\nhost = \"a.example\"\n[[site]]\nhost = \"b.example\"\n", []string{"--config=aws.toml"},
			"no site has anything to serve: site a.example: .*; site b.example: "},
	} {
		run(t, c.config, append(c.args, "--listen=127.0.0.1:0")...).wantError(t, 1, c.pattern)
	}
}

// One tree is enough, with a warning for the other, and redirects need none.
func TestMissingTreeIsAWarning(t *testing.T) {
	needs(t, "curl")
	t.Parallel()
	root := rootWith(t, "a", []byte("a"))
	must(t, os.Remove(filepath.Join(root, "dynamic", "a")))
	must(t, os.Remove(filepath.Join(root, "dynamic")))
	w := raw(backends[0])
	w.says = []string{"aws: WARNING: " + root + "/dynamic is not there, so everything below /dynamic is 404\n"}
	s := start(t, w, root)
	s.curl(t, "/static/a").want(t, 200, "a")
	if !strings.Contains(s.stderr.String(), w.says[0]) {
		t.Errorf("want %q on stderr:\n%s", w.says[0], &s.stderr)
	}
	must(t, os.Mkdir(filepath.Join(root, "dynamic"), 0o755)) // made later, it is served
	write(t, filepath.Join(root, "dynamic", "b"), "b")
	s.curl(t, "/dynamic/b").want(t, 200, "b")

	moved := start(t, raw(backends[0]), t.TempDir(), "--redirect=/*=https://example.org/*")
	moved.curl(t, "/x").wantField(t, "Location", "https://example.org/x")
}
