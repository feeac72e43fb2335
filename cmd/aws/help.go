// The help text: 80 columns, the flags in groups by their job. And the topics of
// 'aws help'.

package main

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aws/cmd/aws/internal/wrap"
)

// exampleConfig is a configuration file that names and explains every setting.
//
//go:embed example.toml
var exampleConfig string

const (
	helpWidth  = 80 // columns
	helpIndent = 24 // of what a flag does
)

const usage = `aws, the asynchronous web server, serves files over HTTP/1.1.

Usage:
  aws [flags] DIR         serve a folder at /, with listings: 'aws .'
  aws [flags] FILE        serve one file, and nothing else of its folder
  aws [flags]             serve ./static at /static, by sendfile(2), and
                          ./dynamic at /dynamic, through buffers
  aws doctor              say what this machine allows, and what follows from it
  aws explain URL|PATH    show what each engine asks of the kernel for a request
  aws help config         explain the configuration file, by one that works
  aws help log            explain the formats and filters of the access log
  aws completion SHELL    print the completions for bash, zsh or fish
  aws stats               print what a server that runs has counted
  aws top                 show what a server that runs does, second by second
  aws version             print the version

It listens on port 8888. A command's name wins over a folder of that name:
'aws ./version' serves the folder.
`

// topics are what 'aws help' explains besides the commands.
var topics = map[string]func() string{"config": func() string { return exampleConfig }, "log": logHelp}

// topicNames are their names, in order.
func topicNames() []string { return slices.Sorted(maps.Keys(topics)) }

// helpFunc returns the function that prints the help of a command: others is for
// those that are not aws itself.
func helpFunc(flags *flagSet, others func(*cobra.Command, []string)) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		if cmd.HasParent() {
			others(cmd, args)
			return
		}
		cmd.InitDefaultHelpFlag()
		cmd.InitDefaultVersionFlag()
		out := cmd.OutOrStdout()
		fmt.Fprint(out, usage)
		for _, g := range flags.grouped() {
			writeGroup(out, g)
		}
	}
}

// writeGroup writes a group of flags.
func writeGroup(out io.Writer, g flagGroup) {
	fmt.Fprintf(out, "\n%s:\n", g.title)
	for _, flag := range g.flags {
		writeFlag(out, flag)
	}
	fmt.Fprintf(out, "  Example: %s\n", g.example)
}

// writeFlag writes a flag and what it does, wrapped.
func writeFlag(out io.Writer, flag *pflag.Flag) {
	name := "      --" + flag.Name
	if flag.Shorthand != "" {
		name = "  -" + flag.Shorthand + ", --" + flag.Name
	}
	if flag.NoOptDefVal == "" {
		placeholder, _ := describe(flag)
		name += "=" + placeholder
	}
	_, about := describe(flag)
	if value := defaultOf(flag); value != "" {
		about += " (default " + value + ")"
	}
	if len(name) > helpIndent-2 {
		fmt.Fprintln(out, name)
		name = ""
	}
	for _, line := range wrap.Lines(about, helpWidth-helpIndent) {
		fmt.Fprintf(out, "%-*s%s\n", helpIndent, name, line)
		name = ""
	}
}

// describe takes a flag's usage apart: what stands for its value, in backquotes at
// the beginning, and what it does.
func describe(flag *pflag.Flag) (placeholder, about string) {
	placeholder, about = pflag.UnquoteUsage(flag)
	if strings.HasPrefix(flag.Usage, "`") {
		about = strings.TrimPrefix(about, placeholder+" ")
	}
	return placeholder, about
}

// defaultOf returns a flag's default, unless that is nothing or its description
// has it.
func defaultOf(flag *pflag.Flag) string {
	value := strings.Trim(flag.DefValue, "[]")
	if strings.Contains(flag.Usage, "default ") || strings.Contains(flag.Usage, "default: ") || slices.Contains([]string{"", "0", "0s", "false"}, value) {
		return ""
	}
	return value
}

// newHelpCommand explains aws, a command or a topic.
func newHelpCommand() *cobra.Command {
	names := func(cmd *cobra.Command) []string { return append(commandNames(cmd), topicNames()...) }
	return &cobra.Command{
		Use:   "help [COMMAND|config|log]",
		Short: "explain aws, a command, the configuration file, or the access log",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(cmd), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Root().Help()
			}
			if text, ok := topics[args[0]]; ok && len(args) == 1 {
				_, err := fmt.Fprint(cmd.OutOrStdout(), text())
				return err
			}
			for _, c := range cmd.Root().Commands() {
				if c.Name() == args[0] && len(args) == 1 {
					return c.Help()
				}
			}
			what := strings.Join(args, " ")
			meant := nearest(what, names(cmd))
			if meant != "" {
				meant = "'aws help " + meant + "'"
			}
			return usageError{orMeant(fmt.Errorf("there is no help on %q", what), meant)}
		},
	}
}
