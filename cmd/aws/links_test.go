package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// linked makes a document root with links in it, all of them absolute but one, to
// a file of its own and to one beside it.
func linked(t *testing.T) (root string) {
	t.Helper()
	outside := rootWith(t, "unused", nil)
	root = filepath.Join(outside, "root")
	mustPublish(t, root, "dir/file", "inside")
	write(t, filepath.Join(outside, "secret"), "outside")
	for _, tree := range trees {
		for name, to := range map[string]string{
			"file":   root + "/static/dir/file",
			"folder": root + tree + "dir",
			"out":    outside + "/secret",
			"others": "dir/file",
		} {
			must(t, os.Symlink(to, filepath.Join(root, tree, name)))
		}
		if os.Geteuid() == 0 {
			must(t, os.Lchown(filepath.Join(root, tree, "others"), 4711, -1))
		}
	}
	return root
}

// Links are followed as --follow-links says, and listings show those alone.
func TestFollowLinks(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, rule := range []string{"", "inside", "owner", "all"} {
			t.Run(rule, func(t *testing.T) {
				t.Parallel()
				w, args := w, []string{"--autoindex"}
				if rule != "" {
					args = append(args, "--follow-links="+rule)
				}
				if rule == "all" {
					w.says = []string{"WARNING: symbolic links may lead out of the root (--follow-links=all)"}
				}
				s := start(t, w, linked(t), args...)
				followed := map[string]string{"file": "inside", "folder/file": "inside", "others": "inside"}
				if rule == "owner" && os.Geteuid() == 0 {
					delete(followed, "others")
				}
				if rule == "all" {
					followed["out"] = "outside"
				}
				c := s.dial(t)
				for _, tree := range trees {
					for range 2 { // and again, from the table
						for _, name := range []string{"file", "folder/file", "others", "out"} {
							c.send(get(tree + name))
							if want := followed[name]; want == "" {
								c.refusal(http.StatusNotFound)
							} else if _, body := c.answer("GET", http.StatusOK); string(body) != want {
								t.Errorf("%s%s: %q, want %q", tree, name, body, want)
							}
						}
					}
					c.send(get(tree + "folder"))
					c.answer("GET", http.StatusMovedPermanently)
					c.send(get(tree, "Accept: application/json"))
					_, body := c.answer("GET", http.StatusOK)
					for _, name := range []string{"file", "folder", "others", "out"} {
						want := followed[name] != "" || name == "folder"
						if listed := strings.Contains(string(body), `"name":"`+name+`"`); listed != want {
							t.Errorf("%s lists %s: %v, want %v, in %s", tree, name, listed, want, body)
						}
					}
				}
				if rule == "all" && !strings.Contains(s.stderr.String(), w.says[0]) {
					t.Errorf("no warning at start: %s", &s.stderr)
				}
			})
		}
	})
}

// A link that is switched leads where it leads now, at once.
func TestSwitchedLinks(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		root := linked(t)
		mustPublish(t, root, "dir/other", "another")
		c := start(t, w, root).dial(t)
		for _, to := range []string{root + "/static/dir/other", filepath.Dir(root) + "/secret", root + "/static/dir/file", root + "/none"} {
			must(t, os.Symlink(to, root+"/next"))
			must(t, os.Rename(root+"/next", root+"/static/file"))
			c.send(get("/static/file"))
			want, _ := os.ReadFile(to)
			if strings.HasSuffix(to, "secret") || want == nil {
				c.refusal(http.StatusNotFound)
			} else if _, body := c.answer("GET", http.StatusOK); string(body) != string(want) {
				t.Errorf("%q, want %q", body, want)
			}
		}
	})
}

func TestFollowLinksRefusesOtherWords(t *testing.T) {
	runProgram(t, built.aws, "", "--follow-links=none").wantError(t, 2, "follow-links.*want one of owner, inside, all")
}
