package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"aws/cmd/awsbench/internal/bench"
	"aws/cmd/awsbench/internal/contest"
)

// The choice of scenarios, curves and contestants.

func (f *runFlags) chooseScenarios() error {
	for _, name := range f.scenarios {
		i := slices.IndexFunc(bench.Scenarios, func(s bench.Scenario) bool { return s.Name == name })
		if i < 0 {
			return fmt.Errorf("--scenario=%s: no such scenario; awsbench list names them", name)
		}
		f.Scenarios = append(f.Scenarios, bench.Scenarios[i])
	}
	if len(f.scenarios) > 0 || f.growth {
		return nil
	}
	for _, s := range bench.Scenarios {
		if s.Quick || !f.quick {
			f.Scenarios = append(f.Scenarios, s)
		}
	}
	return nil
}

// useWrk makes wrk the client and drops the scenarios that it cannot handle.
func (f *runFlags) useWrk() error {
	path, err := contest.LookPath("wrk")
	if err != nil {
		return errors.New("--client=wrk: wrk is not installed; apt-get install wrk")
	}
	f.Wrk = path
	f.Scenarios = slices.DeleteFunc(f.Scenarios, func(s bench.Scenario) bool {
		if !bench.WrkCan(s) {
			fmt.Fprintf(os.Stderr, "awsbench: skipping %s: wrk cannot generate that load\n", s.Name)
			return true
		}
		return false
	})
	if len(f.Scenarios) == 0 {
		return errors.New("--client=wrk: no scenario is left")
	}
	return f.pin()
}

// choose drops the contestants that were not requested, and sets the baseline.
func (f *runFlags) choose() error {
	for _, name := range slices.Concat(f.only, f.without) {
		if !slices.ContainsFunc(f.Contestants, func(c contest.Contestant) bool { return c.Name == name }) {
			return fmt.Errorf("no contestant is named %s; there are %s", name, names(f.Contestants))
		}
	}
	f.Contestants = slices.DeleteFunc(f.Contestants, func(c contest.Contestant) bool {
		return len(f.only) > 0 && !named(f.only, c) || named(f.without, c)
	})
	if f.growth || f.whole() && !f.noGrowth {
		f.Growth = f.growing()
	}
	if f.growth && len(f.scenarios) == 0 {
		f.Contestants = f.Growth
	}
	if len(f.Contestants) == 0 {
		return errors.New("no contestant is left")
	}
	if f.Baseline == "" {
		f.Baseline = cmp.Or(f.Contestants[0].Before, f.Contestants[0].Name)
		if slices.ContainsFunc(f.Contestants, func(c contest.Contestant) bool { return c.Name == "nginx" }) {
			f.Baseline = "nginx"
		}
	}
	return nil
}

// whole reports whether the run measures everything.
func (f *runFlags) whole() bool {
	return !f.quick && !f.grid && f.before == "" && len(f.scenarios) == 0 && f.Wrk == ""
}

// growing returns the contestants whose curves are measured: those requested,
// or else the default engines of aws, nginx, and those added by --server.
func (f *runFlags) growing() []contest.Contestant {
	names := []string{"aws-epoll", "aws-uring", "nginx"}
	for _, spec := range f.servers {
		name, _, _ := strings.Cut(spec, "=")
		names = append(names, name)
	}
	return slices.DeleteFunc(slices.Clone(f.Contestants), func(c contest.Contestant) bool {
		return c.ColdOnly || len(f.only) == 0 && !named(names, c)
	})
}

// named reports whether a list contains a contestant, under its own name or that
// of its counterpart from the new build.
func named(names []string, c contest.Contestant) bool {
	return slices.Contains(names, c.Name) || slices.Contains(names, strings.TrimSuffix(c.Name, contest.BeforeSuffix))
}

func names(contestants []contest.Contestant) string {
	var all []string
	for _, c := range contestants {
		all = append(all, c.Name)
	}
	return strings.Join(all, ", ")
}
