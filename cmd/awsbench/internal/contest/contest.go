// Package contest knows the servers that take part: how each is found,
// configured, started and stopped.
//
//	Find ─► Contestant ─ Start(Site) ─► Server ─ Stop
//
// Every peer gets the configuration that its documentation recommends for
// serving files in production, without access log or compression, and with as
// many workers as aws. The report shows the configuration.
package contest

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"aws/cmd/awsbench/internal/spawn"
)

// Site describes what a server serves, and its resources.
type Site struct {
	Root        string // document root
	Dir         string // the server's own: configuration, log, pid file
	Port        int    // on 127.0.0.1
	Workers     int
	Connections int // that must be possible at the same time
	Files       int // limit on open files, which the server inherits
	// Parts says that requests are pipelined or for parts of files. nginx's
	// tcp_nopush would leave the tail of such an answer corked for 40 ms, so it
	// is turned off, as an operator would do.
	Parts bool
}

// Contestant is a server that can be started.
type Contestant struct {
	Name     string
	Version  string
	ColdOnly bool // a configuration for files that are not in the page cache
	AWS      bool
	OwnBuild bool   // the command is 'aws', that is, the build being measured
	Before   string // name of its counterpart from an earlier build, if any
	// FilesPerConnection is the number of descriptors that the server counts
	// against its limit per connection; 0 means 1.
	FilesPerConnection int
	launch             func(Site) (Launch, error)
}

// Launch is how a contestant is started.
type Launch struct {
	Args []string
	Env  []string          // added to the environment
	File map[string]string // content of files in Site.Dir, by name
}

// Launch returns how to start the contestant to serve a site.
func (c Contestant) Launch(s Site) (Launch, error) { return c.launch(s) }

// Missing is a peer that is not installed or cannot run here.
type Missing struct {
	Name   string
	Advice string
}

// peer is a server to look for on this machine.
type peer struct {
	name    string
	binary  string
	advice  string
	version []string // arguments that print the version
	cold    bool
	files   int // Contestant.FilesPerConnection
	launch  func(binary string, s Site) (Launch, error)
}

var peers = []peer{
	{name: "nginx", binary: "nginx", version: []string{"-v"}, advice: apt("nginx-light"), launch: launchNginx},
	{name: "nginx-directio", binary: "nginx", version: []string{"-v"}, advice: apt("nginx-light"), cold: true, launch: launchNginxDirect},
	{name: "h2o", binary: "h2o", version: []string{"--version"}, advice: apt("h2o"), launch: launchH2O},
	{name: "lighttpd", binary: "lighttpd", version: []string{"-v"}, advice: apt("lighttpd"), files: 2, launch: launchLighttpd},
	{name: "caddy", binary: "caddy", version: []string{"version"}, advice: apt("caddy"), launch: launchCaddy},
}

func apt(name string) string {
	return "not installed; apt-get install --no-install-recommends " + name
}

// Peers finds the servers installed on this machine, and lists the missing ones.
func Peers() (found []Contestant, missing []Missing) {
	for _, p := range peers {
		binary, err := LookPath(p.binary)
		if err != nil {
			if !p.cold { // nginx is already listed
				missing = append(missing, Missing{p.name, p.advice})
			}
			continue
		}
		found = append(found, Contestant{
			Name: p.name, Version: versionOf(binary, p.version), ColdOnly: p.cold, FilesPerConnection: p.files,
			launch: func(s Site) (Launch, error) { return p.launch(binary, s) },
		})
	}
	return found, missing
}

// LookPath also searches the folders where Debian puts servers, which a user's
// PATH may lack.
func LookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/"} {
		if err != nil {
			path, err = exec.LookPath(dir + name)
		}
	}
	return path, err
}

// versionOf returns the first line that a server prints about its version.
func versionOf(binary string, args []string) string {
	out, err := spawn.CombinedOutput(exec.Command(binary, args...))
	if err != nil && len(out) == 0 {
		return "unknown"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return strings.TrimPrefix(line, "nginx version: ")
}

// fill executes a template of a configuration.
func fill(t *template.Template, data any) (string, error) {
	var b strings.Builder
	err := t.Execute(&b, data)
	return b.String(), err
}

// ParseCustom parses 'name=command {port} {root}'. It replaces {port}, {root},
// {workers} and {dir} in the command. If the command is aws, it adds the flags
// for address, root and workers, so that 'name=aws --backend=uring
// --fault=split' is enough.
func ParseCustom(spec, awsBinary string) (Contestant, error) {
	name, command, found := strings.Cut(spec, "=")
	words, err := splitWords(command)
	switch {
	case !found || name == "" || strings.ContainsAny(name, " /"):
		return Contestant{}, fmt.Errorf("%q: want name=command {port} {root}", spec)
	case err != nil:
		return Contestant{}, fmt.Errorf("%q: %w", spec, err)
	case len(words) == 0:
		return Contestant{}, fmt.Errorf("%q: no command", spec)
	}
	isAWS := words[0] == "aws" || strings.HasSuffix(words[0], "/aws")
	ownPort := strings.Contains(command, "{port}")
	if !ownPort && !isAWS {
		return Contestant{}, fmt.Errorf("%q: no {port}, so it would be unreachable", spec)
	}
	c := Contestant{Name: name, AWS: isAWS, OwnBuild: words[0] == "aws", Version: command}
	if c.OwnBuild {
		words[0] = awsBinary
	}
	c.launch = func(s Site) (Launch, error) {
		args := make([]string, len(words))
		for i, word := range words {
			args[i] = s.expand(word)
		}
		if strings.Contains(args[0], "/") { // it starts in its own folder
			path, err := filepath.Abs(args[0])
			if err != nil {
				return Launch{}, err
			}
			args[0] = path
		}
		if isAWS && !ownPort {
			// In front of the contestant's own flags, which take precedence.
			args = slices.Insert(args, 1, awsFlags(s)...)
		}
		return Launch{Args: args}, nil
	}
	return c, nil
}

func (s Site) expand(word string) string {
	return strings.NewReplacer(
		"{port}", fmt.Sprint(s.Port), "{root}", s.Root,
		"{workers}", fmt.Sprint(s.Workers), "{dir}", s.Dir,
	).Replace(word)
}

// splitWords splits a command line at blanks, with quotes as in a shell.
func splitWords(line string) (words []string, err error) {
	var word strings.Builder
	inWord, quote := false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
