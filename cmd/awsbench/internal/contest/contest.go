// Package contest knows the servers that are held against each other: how each
// is found, configured, started and ended.
//
//	Find ─► Contestant ─ Start(Site) ─► Server ─ Stop
//
// Every peer gets the configuration that its documentation recommends for
// serving files in production, with no access log, no compression, and as many
// workers as aws gets. The report shows it.
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

// Site is what a server is to serve, and with what.
type Site struct {
	Root        string // document root
	Dir         string // the server's own: configuration, log, pid file
	Port        int    // on 127.0.0.1
	Workers     int
	Connections int // that must be possible at a time
	Files       int // descriptors that a server may have open: the limit that it inherits
	// Parts says that requests are for parts of files or pipelined. nginx's
	// tcp_nopush leaves the tail of such an answer corked for 40 ms, so there
	// it is off, as an operator would have it.
	Parts bool
}

// Contestant is a server that can be started.
type Contestant struct {
	Name     string
	Version  string
	ColdOnly bool // a configuration for files that are not in the page cache
	AWS      bool
	OwnBuild bool   // the command is 'aws': whatever build takes part
	Before   string // the contestant that is its counterpart from an earlier build, if any
	// FilesPerConnection is how many descriptors of its limit the server
	// counts for each connection, 0 for 1.
	FilesPerConnection int
	launch             func(Site) (Launch, error)
}

// Launch is how a contestant is started.
type Launch struct {
	Args []string
	Env  []string          // beside the environment
	File map[string]string // written into Site.Dir: name and content
}

// Launch says how the contestant is started to serve a site.
func (c Contestant) Launch(s Site) (Launch, error) { return c.launch(s) }

// Missing is a peer that is not installed or cannot run here.
type Missing struct {
	Name   string
	Advice string
}

// peer is a server that is looked for on this machine.
type peer struct {
	name    string
	binary  string
	advice  string
	version []string // arguments that print it
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

// Peers finds the servers that this machine has, and names those that it
// lacks.
func Peers() (found []Contestant, missing []Missing) {
	for _, p := range peers {
		binary, err := LookPath(p.binary)
		if err != nil {
			if !p.cold { // nginx has been named already
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

// LookPath also looks where Debian puts servers, which users' PATH may lack.
func LookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/"} {
		if err != nil {
			path, err = exec.LookPath(dir + name)
		}
	}
	return path, err
}

// versionOf is the first line that a server prints about itself.
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

// ParseCustom reads 'name=command {port} {root}'. In the command {port},
// {root}, {workers} and {dir} are replaced. Where the command is aws the flags
// for address, root and workers are added, so that
// 'name=aws --backend=uring --fault=split' suffices.
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
		return Contestant{}, fmt.Errorf("%q: no {port}, so it could not be reached", spec)
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
		if strings.Contains(args[0], "/") { // it is started in a folder of its own
			path, err := filepath.Abs(args[0])
			if err != nil {
				return Launch{}, err
			}
			args[0] = path
		}
		if isAWS && !ownPort {
			// Before the contestant's own flags, which win.
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

// splitWords splits a command line at blanks, with ' and " as in a shell.
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
