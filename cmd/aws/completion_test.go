// Shell completion, as shells ask for it.

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// The values of flags complete, and what to serve.
func TestCompletion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"videos", "site", ".git"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	const filesToo, filter, dirs, none, noSpace = ":0", ":8", ":16", ":4", ":6"
	for _, c := range []struct{ typed, want string }{
		{"--backend=", "epoll-aio uring auto " + none},
		{"--backend ", "epoll-aio uring auto " + none},
		{"--socket-calls ", "auto raw libc " + none},
		{"--admin ", "127.0.0.1:9888 [::1]:9888 unix: " + none},
		{"--dotfiles ", "deny allow " + none},
		{"--compress ", "zstd br gzip " + noSpace},
		{"--compress br,", "br,zstd br,gzip " + noSpace},
		{"--precompressed gzip,br,", "gzip,br,zstd " + noSpace},
		{"--log-level ", "debug info warn error " + none},
		{"--access-log-format ", "common combined json " + none},
		{"--access-log sys", "syslog: " + filesToo},
		{"--access-log-only status>=400&&d", "status>=400&&duration " + noSpace},
		{"--root ", dirs},
		{"--config ", "toml " + filter},
		{"--mount /", noSpace},
		{"--mount /=s", "/=site/ " + noSpace},
		{"--autoin", "--autoindex " + none},
		{"doctor --backend=", "epoll-aio uring auto " + none},
		{"doctor --js", "--json " + none},
		{"doctor ", dirs},
		{"explain --backend=", "epoll-aio uring auto " + none},
		{"explain --method ", "GET HEAD " + none},
		{"explain ", none},
		{"stats --admin=", "127.0.0.1:9888 unix: " + none},
		{"", "completion doctor explain help stats top version " + dirs},
		{"v", "version videos/ " + none},
		{"s", "stats site/ " + none},
		{"si", filesToo},
		{"site ", none},
		{"help ", "completion doctor explain help stats top version config log " + none},
		{"completion ", "bash zsh fish " + none},
	} {
		cmd := children.Command(t, built.aws, append([]string{"__completeNoDesc"}, strings.Split(c.typed, " ")...)...)
		cmd.Dir = dir
		out, err := cmd.Output()
		must(t, err)
		if got := strings.Join(strings.Fields(string(out)), " "); got != c.want {
			t.Errorf("aws %s<TAB>: %q, want %q", c.typed, got, c.want)
		}
	}
}

// 'make install' puts the completions where the shells look for them.
func TestInstall(t *testing.T) {
	needs(t, "make")
	t.Parallel()
	to := t.TempDir()
	cmd := children.Command(t, "make", "--no-print-directory", "install", "--assume-old=build", "--assume-old=aws", "DESTDIR="+to, "PREFIX=/usr")
	cmd.Dir = copyOfMakefile(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for file, want := range map[string]string{
		"bin/aws":                                  "ELF",
		"share/bash-completion/completions/aws":    "complete -o default -F __start_aws aws",
		"share/zsh/site-functions/_aws":            "#compdef aws",
		"share/fish/vendor_completions.d/aws.fish": "complete -c aws",
	} {
		text, err := os.ReadFile(filepath.Join(to, "usr", file))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, want %q in it", file, err, want)
		}
	}
}

// copyOfMakefile is a folder with the Makefile and the binary that it would build.
func copyOfMakefile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("../../Makefile")
	must(t, err)
	write(t, filepath.Join(dir, "Makefile"), string(text))
	must(t, os.Symlink(built.aws, filepath.Join(dir, "aws")))
	return dir
}
