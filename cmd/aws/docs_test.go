// README.md and docs/: the links lead somewhere, and the commands work.

package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// documents are the texts of README.md and docs/, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../docs/*.md")
	must(t, err)
	texts := map[string]string{}
	for _, path := range append(paths, "../../README.md") {
		text, err := os.ReadFile(path)
		must(t, err)
		texts[path] = string(text)
	}
	return texts
}

var (
	fenced    = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	inline    = regexp.MustCompile("`[^`\n]+`")
	shellWord = regexp.MustCompile(`(?:'[^']*'|[^\s'])+`)
	heading   = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	links     = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
)

// anchors are the fragments that GitHub makes of a text's headings.
func anchors(text string) (all []string) {
	for _, match := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, match[1]))
	}
	return all
}

// Links inside the repository lead to files, and to headings, that are there.
func TestLinksInDocs(t *testing.T) {
	t.Parallel()
	texts := documents(t)
	for path, text := range texts {
		for _, match := range links.FindAllStringSubmatch(inline.ReplaceAllString(fenced.ReplaceAllString(text, ""), ""), -1) {
			link := match[1] + match[2]
			if strings.Contains(link, "://") {
				continue // without a network there is nothing to see
			}
			file, anchor, _ := strings.Cut(link, "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s leads nowhere", path, link)
			} else if anchor != "" && !slices.Contains(anchors(texts[target]), anchor) {
				t.Errorf("%s: %s: no such heading", path, link)
			}
		}
	}
}

// programs says what becomes of a command in the docs.
var programs = map[string]string{
	"aws": "run", "./aws": "run", // or only parsed, if it names folders of another machine
	"wget": "fetch", "curl": "fetch", // from a server with the files of 'make run'
	"awsbench": "parse",                      // a benchmark takes minutes, and others' time
	"make":     "target",                     // builds, tests and measures what is being tested right now
	"valgrind": "wrapper", "perf": "wrapper", // what they run is looked at
	"apt":   "other",                                                        // changes the machine
	"nginx": "other", "h2o": "other", "lighttpd": "other", "caddy": "other", // how the benchmark starts other servers
}

// command is a command in the docs.
type command struct {
	where string
	words []string // from the program on
	env   []string
}

// commands are those of the fenced blocks that begin with a program.
func commands(t *testing.T) (all []command) {
	t.Helper()
	for path, text := range documents(t) {
		for _, block := range fenced.FindAllStringSubmatch(text, -1) {
			if block[1] != "" && block[1] != "sh" || startLine.MatchString(block[2]) {
				continue
			}
			lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(block[2], "\\\n", " ")), "\n")
			for i, line := range lines {
				c := command{where: path + ": " + line}
				line, _, _ = strings.Cut(line, "  #")
				for _, word := range shellWord.FindAllString(line, -1) {
					c.words = append(c.words, strings.ReplaceAll(word, "'", ""))
				}
				for len(c.words) > 0 && regexp.MustCompile(`^[A-Za-z_]+=`).MatchString(c.words[0]) {
					c.env, c.words = append(c.env, c.words[0]), c.words[1:]
				}
				if len(c.words) == 0 || programs[c.words[0]] == "" {
					if i > 0 {
						t.Errorf("%s: nothing is known of this command", c.where)
					}
					break // a block of something else
				}
				all = append(all, c)
			}
		}
	}
	return all
}

// The commands in README.md and docs/ do what is said: servers start, what is
// fetched arrives, flags and targets exist.
func TestCommandsInDocs(t *testing.T) {
	needs(t, "wget", "curl", "make")
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	must(t, err)
	dir := rootWith(t, "hello.txt", []byte("hello\n"))
	must(t, os.Symlink(".", filepath.Join(dir, "demo"))) // as make run leaves it
	s := start(t, raw(backends[0]), dir)
	awsbench := filepath.Join(t.TempDir(), "awsbench")
	if out, err := children.Command(t, "go", "build", "-buildvcs=false", "-o", awsbench, "aws/cmd/awsbench").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	count := map[string]int{}
	for _, c := range commands(t) {
		how := programs[c.words[0]]
		if how == "wrapper" {
			inner := slices.IndexFunc(c.words, func(word string) bool { return word == "./aws" || word == "awsbench" })
			if inner < 0 {
				continue
			}
			c.words = c.words[inner:]
			how = programs[c.words[0]]
		}
		count[how]++
		switch how {
		case "run":
			c.serve(t, dir)
		case "fetch":
			args := strings.Split(strings.ReplaceAll(strings.Join(c.words, " "), "127.0.0.1:8888", s.addrs[0]), " ")
			if out, err := children.Command(t, args[0], args[1:]...).Output(); err != nil || string(out) != "hello\n" {
				t.Errorf("%s: %v, %q", c.where, err, out)
			}
		case "parse":
			parses(t, c, awsbench)
		case "target":
			for _, word := range c.words[1:] {
				if !strings.Contains(word, "=") && !strings.Contains(string(makefile), "\n"+word+":") {
					t.Errorf("%s: the Makefile has no target %s", c.where, word)
				}
			}
		}
	}
	for _, how := range []string{"run", "fetch", "parse", "target"} {
		if count[how] == 0 {
			t.Errorf("no command to %s was found", how)
		}
	}
}

// parses wants a program to take its flags.
func parses(t *testing.T, c command, binary string) {
	t.Helper()
	if out, err := children.Command(t, binary, append(slices.Clip(c.words[1:]), "--help")...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", c.where, err, out)
	}
}

// foreign are words that name files and folders of another machine.
var foreign = regexp.MustCompile(`=/|ROOT|DIR|FILE|unix:/`)

// serve wants a server to start and to end, in a folder with both trees. The
// addresses are others.
func (c command) serve(t *testing.T, dir string) {
	t.Helper()
	args := slices.DeleteFunc(slices.Clone(c.words[1:]), func(arg string) bool { return strings.HasPrefix(arg, "--listen=") })
	if slices.ContainsFunc(args, foreign.MatchString) {
		parses(t, c, built.aws)
		return
	}
	cmd := children.Command(t, built.aws, append([]string{"--listen=127.0.0.1:0"}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), c.env...)
	for i, variable := range cmd.Env {
		cmd.Env[i] = strings.Replace(variable, "./sockop_preload.so", built.preload, 1)
	}
	var stdout, stderr children.Output
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	children.Eventually(t, "the start of "+c.where, func() bool { return len(ended) > 0 || startLine.MatchString(stdout.String()) })
	_ = unix.Kill(cmd.Process.Pid, unix.SIGTERM)
	if err := <-ended; err != nil {
		t.Errorf("%s: %v\n%s%s", c.where, err, &stdout, &stderr)
	}
}
