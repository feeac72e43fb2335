// Shell completion: the scripts, and the values that they offer.

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aws/httpx/accesslog"
)

// shells are those that there is a script for.
var shells = []string{"bash", "zsh", "fish"}

// newCompletionCommand prints the script of a shell.
func newCompletionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print the completions for bash, zsh or fish",
		Long: `Print the completions of a shell. 'make install' installs them all; to try them
in a shell that is running:

  source <(aws completion bash)        # needs the package bash-completion
  source <(aws completion zsh)         # after 'autoload -U compinit; compinit'
  aws completion fish | source`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && slices.Contains(shells, args[0]) {
				return nil
			}
			return usageError{fmt.Errorf("want one shell to complete for: %s", strings.Join(shells, ", "))}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			}
			return root.GenFishCompletion(out, true)
		},
	}
}

// completeFlags says which values the flags of aws may have. A flag that is not
// named here, and takes no path, gets no files offered.
func completeFlags(root *cobra.Command) {
	words := map[string][]string{
		"backend":      {"epoll-aio", "uring", "auto"},
		"socket-calls": {"auto", "raw", "libc"},
		"dotfiles":     {"deny", "allow"},
		"follow-links": {"owner", "inside", "all"},
		"etag":         {"version", "mtime", "content"},
		"fault":        {"split", "eagain=", "eintr=", "short=", "delay=", "seed="},
		"listen":       {":8888", "127.0.0.1:8888", "[::1]:8888", "unix:", ":8888,proxy="},
		"log-format":   {"text", "json"},
		"log-level":    logLevels,
		"admin":        {"127.0.0.1:9888", "[::1]:9888", "unix:"},

		"rate":             {"1000/s", "1000/s,burst=5000"},
		"rate-per-ip":      {"10/s", "10/s,burst=50", "600/m"},
		"bandwidth":        {"1MiB/s", "1MiB/s,burst=10MiB"},
		"bandwidth-per-ip": {"10MiB/s"},
		"bandwidth-total":  {"100MiB/s"},
		"limit-exempt":     {"127.0.0.0/8", "::1", "10.0.0.0/8", "192.168.0.0/16", "fd00::/8"},

		"access-log-format": accesslog.FormatNames,
		"trusted-proxy":     {"127.0.0.1", "::1", "10.0.0.0/8", "unix"},
	}
	lists := map[string][]string{
		"compress":      {"zstd", "br", "gzip"},
		"precompressed": {"br", "zstd", "gzip"},
	}
	for name, values := range words {
		_ = root.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	for name, values := range lists {
		_ = root.RegisterFlagCompletionFunc(name, completeList(values))
	}
	_ = root.MarkFlagDirname("root")
	_ = root.MarkFlagFilename("config", "toml")
	_ = root.RegisterFlagCompletionFunc("mount", completeMount)
	_ = root.RegisterFlagCompletionFunc("access-log", completeLogTarget)
	_ = root.RegisterFlagCompletionFunc("access-log-only", completeFilter)
}

// completeList offers the words that a list with commas does not have yet.
func completeList(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) (offers []string, _ cobra.ShellCompDirective) {
		done := typed[:strings.LastIndexByte(typed, ',')+1]
		for _, word := range words {
			if !slices.Contains(strings.Split(done, ","), word) {
				offers = append(offers, done+word)
			}
		}
		return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// completeMount offers the folders after "PREFIX=".
func completeMount(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	prefix, dir, ok := strings.Cut(typed, "=")
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	offers := folders(dir)
	for i := range offers {
		offers[i] = prefix + "=" + offers[i]
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeLogTarget offers what is no file; the shell completes files.
func completeLogTarget(_ *cobra.Command, _ []string, typed string) (offers []string, _ cobra.ShellCompDirective) {
	for _, word := range []string{"-", "syslog:", "off"} {
		if typed != "" && strings.HasPrefix(word, typed) {
			offers = append(offers, word)
		}
	}
	return offers, cobra.ShellCompDirectiveDefault
}

// completeFilter offers the names that a filter can test, after an operator or at the
// beginning.
func completeFilter(_ *cobra.Command, _ []string, typed string) (offers []string, _ cobra.ShellCompDirective) {
	done := typed[:strings.LastIndexAny(typed, " !(&|")+1]
	for _, name := range accesslog.FilterNames {
		if strings.HasPrefix(done+name, typed) {
			offers = append(offers, done+name)
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeArgument offers what aws can serve: the shell completes folders and
// files. Where a command begins with what is typed, folders are offered beside it.
func completeArgument(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) > 0:
		return nil, cobra.ShellCompDirectiveNoFileComp
	case typed == "":
		return nil, cobra.ShellCompDirectiveFilterDirs
	case slices.ContainsFunc(commandNames(cmd), func(name string) bool { return strings.HasPrefix(name, typed) }):
		return folders(typed), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// folders are the folders whose path begins with what is typed, each with a slash.
func folders(typed string) (paths []string) {
	dir, name := filepath.Split(typed)
	entries, _ := os.ReadDir(max(dir, "."))
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.IsDir() && strings.HasPrefix(e.Name(), name) &&
			(name != "" || !strings.HasPrefix(e.Name(), ".")) {
			paths = append(paths, dir+e.Name()+"/")
		}
	}
	return paths
}
