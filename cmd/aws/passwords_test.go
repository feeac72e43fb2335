// Passwords: who gets what they protect, and what it costs the others to guess.

package main_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"aws/backend/backendtest/children"
)

// passwordFile writes a password file with bob, whose hash is bcrypt's, and ann, whose
// hash is argon2id's. Their passwords are "of " and their names.
func passwordFile(t *testing.T, cost int) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("of bob"), cost)
	must(t, err)
	salt, encode := []byte("sixteen bytes it"), base64.RawStdEncoding.EncodeToString
	key := argon2.IDKey([]byte("of ann"), salt, 1, 256, 2, 32)
	name := filepath.Join(t.TempDir(), "users")
	text := fmt.Sprintf("# made by hand\nbob:$2y%s\nann:$argon2id$v=19$m=256,t=1,p=2$%s$%s\n", hash[3:], encode(salt), encode(key))
	must(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// privateRoot has a file, a folder and a page that need a password, and a file that
// does not.
func privateRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "open.txt", []byte("open"))
	mustPublish(t, root, "private/a.txt", "secret")
	mustPublish(t, root, "private/index.html", "secret index")
	return root
}

func TestPasswordsWithCurl(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, privateRoot(t), "--mount=/=static", "--auth=/private/*="+passwordFile(t, bcrypt.MinCost)+":Staff",
			"--error-page=401=/open.txt", "--index=index.html", "--autoindex")
		s.curl(t, "/open.txt").want(t, 200, "open")
		for _, path := range []string{"/private/a.txt", "/private", "/private/", "/private/none", "//private/a.txt", "/%70rivate/a.txt", "/Private/a.txt"} {
			for _, args := range [][]string{nil, {"-u", "bob:of ann"}, {"-u", "none:of bob"}, {"-u", ":"}, {"--header", "Authorization: Basic !"}} {
				a := s.curl(t, path, append(args, "--path-as-is")...)
				a.want(t, 401, "open")
				a.wantField(t, "WWW-Authenticate", `Basic realm="Staff", charset="UTF-8"`)
			}
		}
		for _, user := range []string{"bob", "ann"} {
			as := []string{"-u", user + ":of " + user}
			for range 3 {
				s.curl(t, "/private/a.txt", as...).want(t, 200, "secret")
				s.curl(t, "/private/", as...).want(t, 200, "secret index")
				s.curl(t, "/private/a.txt", append(as, "--range", "1-2")...).want(t, 206, "ec")
				s.curl(t, "/private/none", as...).want(t, 404, "404 Not Found\n")
			}
		}
		a := s.curl(t, "/private/a.txt", "--request", "OPTIONS")
		a.want(t, 204, "")
	})
}

// A password file that changes counts from then on; a broken one changes nothing.
func TestPasswordFileChanges(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		w.says = append(w.says, "the users stay as they were", "password file read again")
		users := passwordFile(t, bcrypt.MinCost)
		s := start(t, w, privateRoot(t), "--mount=/=static", "--auth=/private="+users)
		s.curl(t, "/private/a.txt", "-u", "bob:of bob").want(t, 200, "secret")
		text, err := os.ReadFile(users)
		must(t, err)
		must(t, os.WriteFile(users, text[:30], 0o600))
		children.Eventually(t, "a line about the broken file", func() bool {
			s.curl(t, "/private/a.txt", "-u", "bob:of bob").want(t, 200, "secret")
			return strings.Contains(s.stderr.String(), "line 2")
		})
		lines := strings.SplitAfter(string(text), "\n")
		must(t, os.WriteFile(users, []byte(lines[2]), 0o600)) // without bob
		children.Eventually(t, "bob to be refused", func() bool {
			return s.curl(t, "/private/a.txt", "-u", "bob:of bob").status == 401
		})
		s.curl(t, "/private/a.txt", "-u", "ann:of ann").want(t, 200, "secret")
	})
}

// Those who guess passwords hold up those who log in, and nobody else.
func TestGuessingHoldsUpNobodyElse(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, privateRoot(t), "--mount=/=static", "--auth=/private="+passwordFile(t, 8), "--workers=1")
		ask := func(user, password string) string {
			return "GET /private/a.txt HTTP/1.1\r\nHost: test\r\nAuthorization: Basic " +
				base64.StdEncoding.EncodeToString([]byte(user+":"+password)) + "\r\n\r\n"
		}
		known := s.dial(t)
		known.send(ask("bob", "of bob"))
		known.answer("GET", 200)
		var guessing []*client
		for i := range 100 { // more than may wait
			c := s.dial(t)
			c.send(ask("bob", fmt.Sprint("guess ", i)))
			guessing = append(guessing, c)
		}
		others := s.dial(t)
		for range 50 {
			others.send(get("/open.txt"))
			others.answer("GET", 200)
			known.send(ask("bob", "of bob"))
			known.answer("GET", 200)
		}
		counts := map[int]int{}
		for _, c := range guessing {
			counts[c.head("GET").StatusCode]++
		}
		t.Logf("guesses by status: %v", counts)
		if counts[401]+counts[503] != len(guessing) || counts[401] == 0 {
			t.Errorf("guesses by status: %v", counts)
		}
	})
}

// What is wrong with a password file, or where it lies, is said at start.
func TestPasswordFilesAreChecked(t *testing.T) {
	root := privateRoot(t)
	users := passwordFile(t, bcrypt.MinCost)
	text, err := os.ReadFile(users)
	must(t, err)
	at := func(name, text string) string {
		name = filepath.Join(root, name)
		must(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--auth=/private=" + root + "/none"}, 1, "make it with 'htpasswd -B -c FILE USER'"},
		{[]string{"--auth=/private=" + at("md5", "# x\nbob:$apr1$a$b\n")}, 1, `line 2: user "bob" has an MD5 hash (apr1): make a hash that is slow to guess with 'htpasswd -B'`},
		{[]string{"--auth=/private=" + at("huge", "bob:$argon2id$v=19$m=67108864,t=1,p=1$c2FsdHNhbHQ$"+strings.Repeat("A", 43))}, 1, "takes too long"},
		{[]string{"--memory=8MiB", "--auth=/private=" + at("large", "bob:$argon2id$v=19$m=65536,t=1,p=1$c2FsdHNhbHQ$"+strings.Repeat("A", 43))}, 1, "more than the 3 MiB that --memory leaves"},
		{[]string{"--auth=/private=" + at("static/users", string(text))}, 2, "clients could fetch"},
		{[]string{"--dotfiles=allow", "--auth=/private=" + at("static/.users", string(text))}, 2, "clients could fetch"},
		{[]string{"--auth=/private"}, 2, "want PATTERN=FILE[:REALM]"},
		{[]string{"--auth=private/*=" + users}, 2, "want PATTERN=FILE[:REALM]"},
	} {
		cmd := children.Command(t, built.aws, append(c.args, "--root="+root, "--mount=/=static", "--listen=127.0.0.1:0")...)
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(out), c.want) {
			t.Errorf("%v: %v\n%swant %d, %q", c.args, err, out, c.code, c.want)
		}
	}
	w := raw("epoll-aio")
	w.says = append(w.says, ": protects nothing: nothing is mounted at /privat/*", "anybody on this machine")
	must(t, os.Chmod(users, 0o644))
	s := start(t, w, root, "--mount=/private=static/private", "--auth=/privat/*="+users, "--auth=/private="+at("static/private/.users", string(text)))
	for _, want := range w.says {
		if !strings.Contains(s.stderr.String(), want) {
			t.Errorf("not on stderr: %s", want)
		}
	}
	c := s.dial(t)
	c.send("GET /private/.users HTTP/1.1\r\nHost: test\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte("bob:of bob")) + "\r\n\r\n")
	c.answer("GET", 404)
}
