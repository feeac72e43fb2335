// The argument: 'aws DIR' serves a folder at "/", 'aws FILE' one file, without a
// word about mounts.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aws/httpx/site"
)

// argument is what the command line names to be served. Its zero value is nothing.
type argument struct {
	folder string // as it was typed, or the one that holds file
	file   string // name below folder of the one file to serve; "" for all
	name   string // of that file in URLs
}

// readArgument looks at what the command line names. Another process may change
// it later; the server notices.
func readArgument(cmd *cobra.Command, args []string) (a argument, err error) {
	if len(args) == 0 {
		return a, nil
	}
	path := args[0]
	for _, name := range []string{"root", "mount"} {
		if cmd.Flags().Changed(name) {
			return a, usageError{fmt.Errorf("%s and --%s both say what to serve: leave out one of them", quoted(path), name)}
		}
	}
	switch {
	case len(args) > 1:
		return a, usageError{fmt.Errorf("%s and %s: want one folder or file; --mount=PREFIX=DIR serves several", quoted(path), quoted(args[1]))}
	case path == "":
		return a, usageError{errors.New("the folder to serve has an empty name: 'aws .' serves the current one")}
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !strings.Contains(path, "/") {
		if meant := nearest(path, commandNames(cmd)); meant != "" {
			return a, usageError{orMeant(fmt.Errorf("there is neither a command nor a folder or file %q", path), "'aws "+meant+"'")}
		}
	}
	if err == nil {
		err = readable(path)
	}
	switch {
	case err != nil:
		return a, pathAdvice(path, err)
	case info.IsDir():
		return argument{folder: path}, nil
	case info.Mode().IsRegular():
		return fileArgument(path)
	}
	return a, fmt.Errorf("%s is %s; name a folder or a file to serve", quoted(path), nature(info.Mode()))
}

// fileArgument is the argument for a file. A link is followed to its end: what it
// leads to may lie in another folder, and look-ups never leave theirs.
func fileArgument(path string) (argument, error) {
	name := filepath.Base(path)
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return argument{}, pathAdvice(name, err)
		}
	}
	return argument{folder: filepath.Dir(path), file: filepath.Base(path), name: name}, nil
}

// readable returns why a folder or a file cannot be opened. It never waits for
// the other end of a FIFO.
func readable(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// pathAdvice adds what to do about a path that cannot be served.
func pathAdvice(path string, err error) error {
	var where *fs.PathError
	if errors.As(err, &where) {
		err = where.Err
	}
	err = fmt.Errorf("%s: %w", quoted(path), err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; name a folder or a file to serve, such as 'aws .' for the current folder", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; give this user access to it, or name another folder or file", err)
	}
	return fmt.Errorf("%w; name another folder or file", err)
}

// nature says what a path leads to that is neither a folder nor a file.
func nature(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "neither a folder nor a file"
}

// apply makes the options serve the argument. It wins over what a configuration
// file says about the root and its mounts.
func (a argument) apply(o *options, flags *pflag.FlagSet) {
	if a.folder == "" {
		return
	}
	where := quoted(filepath.Join(a.folder, a.file))
	if len(o.sites) > 0 {
		o.problems.usage(where, "the [[site]] tables of %s say what to serve, too: leave out one of them", o.config)
		o.sites = nil // no more is said of them
	}
	o.settings.given = slices.DeleteFunc(o.settings.given, func(g given) bool { return g.name == "root" || g.name == "mount" })
	s := &o.site
	s.Root = a.folder
	if a.file == "" {
		s.Mounts = []site.MountConfig{{Prefix: "/", Dir: "."}}
		s.Autoindex = s.Autoindex || !flags.Changed("autoindex")
	} else {
		s.Dotfiles = true // only this file is served, and it was named
		s.Mounts = []site.MountConfig{
			{Prefix: "/", Dir: a.file, File: true},
			{Prefix: "/" + a.name, Dir: a.file, File: true},
		}
	}
	o.settings.given = append(o.settings.given, given{name: "root", where: where, count: 1},
		given{name: "mount", where: where, count: len(s.Mounts)})
}

// commandNames are the commands that a user may type.
func commandNames(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Root().Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return names
}

// quoted returns a path as a user would type it, and in quotes if it has letters
// that a terminal or a shell does not take as they are.
func quoted(path string) string {
	for _, r := range path {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+=,@:~", r) {
			return strconv.Quote(path)
		}
	}
	return path
}
