package contest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// build makes a stand-in for a build of aws: with or without a switch, and with
// or without uring.
func build(t *testing.T, help, uring string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aws")
	script := "#!/bin/sh\ncase $1 in --help) echo '" + help + "';; version) echo 1;; *) " + uring + ";; esac\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// Contestants that both builds offer come in pairs, one after the other; the
// others are missing.
func TestBuildsComeInPairs(t *testing.T) {
	const plain, copies = "--backend name", "--backend name, --copy-below size"
	const works, refuses = "echo up", "echo refused >&2; exit 1"
	for _, c := range []struct {
		name           string
		before, after  string
		found, missing string
	}{
		{"equal", build(t, copies, works), build(t, copies, works), "aws-epoll aws-epoll-before aws-epoll-copy aws-epoll-copy-before aws-uring aws-uring-before", ""},
		{"a new switch", build(t, plain, works), build(t, copies, works), "aws-epoll aws-epoll-before aws-uring aws-uring-before", "aws-epoll-copy"},
		{"a switch that has gone", build(t, copies, works), build(t, plain, works), "aws-epoll aws-epoll-before aws-uring aws-uring-before", "aws-epoll-copy-before"},
		{"an engine that works only now", build(t, plain, refuses), build(t, plain, works), "aws-epoll aws-epoll-before", "aws-uring-before aws-uring"},
	} {
		found, missing, err := BeforeAndAfter(c.before, c.after, "--log={dir}/a 'b c'")
		if err != nil {
			t.Fatal(err)
		}
		var names, absent []string
		for i, x := range found {
			names = append(names, x.Name)
			counterpart, binary := "", c.before
			if i%2 == 0 {
				counterpart, binary = found[i+1].Name, c.after
			}
			s := site(t)
			launch, err := x.Launch(s)
			flagged := len(launch.Args) > 2 && slices.Equal(launch.Args[len(launch.Args)-2:], []string{"--log=" + s.Dir + "/a", "b c"})
			if err != nil || launch.Args[0] != binary || x.Before != counterpart || flagged != (i%2 == 0) {
				t.Errorf("%s, %s: %v, %q, counterpart %q", c.name, x.Name, err, launch.Args, x.Before)
			}
		}
		for _, m := range missing {
			absent = append(absent, m.Name)
		}
		if got := strings.Join(names, " "); got != c.found {
			t.Errorf("%s: %s, want %s", c.name, got, c.found)
		}
		if got := strings.Join(absent, " "); got != c.missing {
			t.Errorf("%s: missing %s, want %s", c.name, got, c.missing)
		}
	}
	if _, _, err := BeforeAndAfter("/nonexistent/aws", build(t, plain, works), ""); err == nil {
		t.Error("a build that is not there is accepted")
	}
	if _, _, err := BeforeAndAfter(build(t, plain, works), build(t, plain, works), "'"); err == nil {
		t.Error("a quote that is not closed is accepted")
	}
}
