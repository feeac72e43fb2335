package main

import (
	"slices"
	"strings"
	"testing"

	"aws/cmd/awsbench/internal/contest"
)

// In a comparison of two builds a name stands for both, and the earlier build is
// the baseline.
func TestBuildsTakePartInPairs(t *testing.T) {
	for _, c := range []struct {
		flags       runFlags
		contestants string
	}{
		{runFlags{}, "aws-epoll, aws-epoll-before, aws-uring, aws-uring-before, tls, tls-before"},
		{runFlags{only: []string{"aws-uring"}}, "aws-uring, aws-uring-before"},
		{runFlags{without: []string{"aws-uring", "tls-before"}}, "aws-epoll, aws-epoll-before, tls"},
	} {
		f := c.flags
		f.before = "/before/aws"
		for _, name := range []string{"aws-epoll", "aws-uring"} {
			f.Contestants = append(f.Contestants, contest.Pair(contest.Contestant{Name: name}, contest.Contestant{Name: name})...)
		}
		custom, err := f.custom("tls=aws --tls", "/after/aws")
		if err != nil {
			t.Fatal(err)
		}
		f.Contestants = append(f.Contestants, custom...)
		if err := f.choose(); err != nil {
			t.Fatal(err)
		}
		if got := names(f.Contestants); got != c.contestants || f.Baseline != f.Contestants[1].Name || f.Growth != nil {
			t.Errorf("%v without %v: %s, baseline %s, curves of %s", f.only, f.without, got, f.Baseline, names(f.Growth))
		}
	}
}

// A full run includes curves, but only of a few contestants. Curves can also be
// requested on their own.
func TestWhoTakesPart(t *testing.T) {
	for _, c := range []struct {
		name             string
		flags            runFlags
		contestants      string
		growing          string
		baseline, refuse string
	}{
		{"everything", runFlags{}, "aws-epoll aws-epoll-copy aws-uring nginx nginx-directio h2o mine", "aws-epoll aws-uring nginx mine", "nginx", ""},
		{"without curves", runFlags{noGrowth: true}, "aws-epoll aws-epoll-copy aws-uring nginx nginx-directio h2o mine", "", "nginx", ""},
		{"curves", runFlags{growth: true}, "aws-epoll aws-uring nginx mine", "aws-epoll aws-uring nginx mine", "nginx", ""},
		{"curves of some", runFlags{growth: true, only: []string{"h2o", "aws-epoll-copy"}}, "aws-epoll-copy h2o", "aws-epoll-copy h2o", "aws-epoll-copy", ""},
		{"curves and a scenario", runFlags{growth: true, scenarios: []string{"1k"}, without: []string{"mine"}},
			"aws-epoll aws-epoll-copy aws-uring nginx nginx-directio h2o", "aws-epoll aws-uring nginx", "nginx", ""},
		{"a scenario", runFlags{scenarios: []string{"1k"}, only: []string{"h2o"}}, "h2o", "", "h2o", ""},
		{"quick", runFlags{quick: true, only: []string{"nginx"}}, "nginx", "", "nginx", ""},
		{"the grid", runFlags{grid: true, only: []string{"nginx"}}, "nginx", "", "nginx", ""},
		{"nobody", runFlags{without: []string{"gone"}}, "", "", "", "no contestant is named gone"},
		{"curves of nobody", runFlags{growth: true, only: []string{"nginx-directio"}}, "", "", "", "no contestant is left"},
	} {
		f := c.flags
		f.servers = []string{"mine=./mine {port}"}
		for _, name := range []string{"aws-epoll", "aws-epoll-copy", "aws-uring", "nginx", "nginx-directio", "h2o", "mine"} {
			f.Contestants = append(f.Contestants, contest.Contestant{Name: name, ColdOnly: name == "nginx-directio"})
		}
		err := f.choose()
		if c.refuse != "" {
			if err == nil || !strings.Contains(err.Error(), c.refuse) {
				t.Errorf("%s: %v, want %q", c.name, err, c.refuse)
			}
			continue
		}
		got, growing := strings.Fields(strings.ReplaceAll(names(f.Contestants), ",", "")), strings.Fields(strings.ReplaceAll(names(f.Growth), ",", ""))
		if err != nil || !slices.Equal(got, strings.Fields(c.contestants)) || !slices.Equal(growing, strings.Fields(c.growing)) || f.Baseline != c.baseline {
			t.Errorf("%s: %v, curves of %v, baseline %s, %v", c.name, got, growing, f.Baseline, err)
		}
	}
}
