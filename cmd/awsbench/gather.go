package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aws/cmd/awsbench/internal/bench"
	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/spawn"
)

// gather finds the contestants that can take part, and says why others cannot.
func (f *runFlags) gather(ctx context.Context) (missing []contest.Missing, err error) {
	binary, err := f.findAWS(ctx)
	if err != nil {
		return nil, err
	}
	if f.before != "" {
		if binary, err = f.copyBuild(binary, "after"); err != nil {
			return nil, err
		}
		if f.before, err = f.copyBuild(f.before, "before"); err != nil {
			return nil, err
		}
		f.Contestants, missing, err = contest.BeforeAndAfter(f.before, binary, f.flags)
	} else {
		missing, err = f.gatherAll(binary)
	}
	if err != nil {
		return nil, err
	}
	for _, spec := range f.servers {
		custom, err := f.custom(spec, binary)
		if err != nil {
			return nil, usageError{fmt.Errorf("--server: %w", err)}
		}
		f.Contestants = append(f.Contestants, custom...)
	}
	return missing, nil
}

// copyBuild copies a build of aws into the folder of the run. Both builds of a
// comparison are written the same way, so that the page cache holds them alike.
// A linker leaves small folios and cp(1) large ones, which the kernel maps in
// larger pieces; that alone changed the memory of idle connections by 3 %.
func (f *runFlags) copyBuild(binary, folder string) (string, error) {
	text, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	path := filepath.Join(f.Dir, folder, "aws")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text, 0o755)
}

// gatherAll finds the engines of aws and all its peers.
func (f *runFlags) gatherAll(binary string) (missing []contest.Missing, err error) {
	own, missing, err := contest.AWS(binary)
	if err != nil {
		return nil, err
	}
	peers, absent := contest.Peers()
	builtins, err := contest.Builtins()
	f.Contestants = slices.Concat(own, peers, builtins)
	return append(missing, absent...), err
}

// custom returns the contestant of a --server flag. In a comparison of two
// builds, 'name=aws FLAGS' stands for both.
func (f *runFlags) custom(spec, binary string) ([]contest.Contestant, error) {
	c, err := contest.ParseCustom(spec, binary)
	if err != nil || f.before == "" || !c.OwnBuild {
		return []contest.Contestant{c}, err
	}
	before, err := contest.ParseCustom(spec, f.before)
	return contest.Pair(c, before), err
}

// findAWS returns the path of aws: the one requested, one built from this
// module, or the one next to awsbench. It does not search PATH, because another
// well-known program has the same name.
func (f *runFlags) findAWS(ctx context.Context) (string, error) {
	if f.aws != "" {
		return filepath.Abs(f.aws)
	}
	if dir, err := moduleDir(ctx); err == nil {
		binary := filepath.Join(f.Dir, "aws")
		build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/aws")
		build.Dir = dir
		if out, err := spawn.CombinedOutput(build); err != nil {
			return "", fmt.Errorf("go build ./cmd/aws: %w\n%s", err, out)
		}
		return binary, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(filepath.Dir(self), "aws")
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("found neither the source of aws here nor a binary next to awsbench (%s); name one with --aws", binary)
	}
	return binary, nil
}

// moduleDir returns the folder of the module aws, if the working directory is
// inside it.
func moduleDir(ctx context.Context) (string, error) {
	out, err := spawn.Output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}"))
	if err != nil {
		return "", err
	}
	path, dir, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if path != "aws" {
		return "", fmt.Errorf("this is module %s", path)
	}
	return dir, nil
}

func newListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list scenarios and the servers found on this machine",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			out := c.OutOrStdout()
			fmt.Fprintln(out, "Scenarios:")
			for _, s := range bench.Scenarios {
				fmt.Fprintf(out, "  %-14s %s\n", s.Name, s.Title)
			}
			fmt.Fprintln(out, "\nServers other than aws:")
			found, missing := contest.Peers()
			builtins, err := contest.Builtins()
			if err != nil {
				return err
			}
			for _, p := range append(found, builtins...) {
				fmt.Fprintf(out, "  %-14s %s\n", p.Name, p.Version)
			}
			for _, m := range missing {
				fmt.Fprintf(out, "  %-14s %s\n", m.Name, m.Advice)
			}
			return nil
		},
	}
}
