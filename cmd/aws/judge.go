// What follows from the facts that 'aws doctor' has gathered. A judge looks at nothing
// but facts.

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// mark says what comes of a finding.
type mark uint8

const (
	note    mark = iota // nothing, with these settings
	good                // it works
	warning             // it works, and not as well as it could
	failure             // the server does not start
)

// String is the mark's name in JSON.
func (m mark) String() string { return [...]string{"note", "ok", "warning", "failure"}[m] }

// finding is one of the things that 'aws doctor' says.
type finding struct {
	ID      string `json:"id"`
	Level   string `json:"level"`   // the mark's name
	Finding string `json:"finding"` // with figures
	Meaning string `json:"meaning"` // what follows
	Remedy  string `json:"remedy"`  // what to do, "" for nothing

	mark  mark
	group string
}

// findings are in the order in which they are shown.
type findings []finding

// add adds a finding. Its id stays as it is (docs/operations.md).
func (all *findings) add(m mark, group, id, text, meaning, remedy string) {
	*all = append(*all, finding{ID: id, Level: m.String(), Finding: text, Meaning: meaning, Remedy: remedy, mark: m, group: group})
}

// judge says what follows from the facts.
func judge(f *facts) (all findings) {
	all.judgeSettings(f)
	all.judgeEngines(f)
	all.judgeFiles(f)
	all.judgeLimits(f)
	all.judgeNetwork(f)
	all.judgeKernel(f)
	return all
}

// worstOf is what becomes of the start.
func worstOf(all findings) (worst mark) {
	for _, found := range all {
		worst = max(worst, found.mark)
	}
	return worst
}

const (
	aboutSettings = "Settings"
	aboutEngines  = "Engines"
	aboutFiles    = "Files"
	aboutLimits   = "Limits"
	aboutNetwork  = "Network"
	aboutKernel   = "Kernel"
)

// judgeSettings shows the problems that --check finds.
func (all *findings) judgeSettings(f *facts) {
	for _, p := range f.Problems {
		if p.Refused {
			all.add(failure, aboutSettings, "settings", p.Text, "aws does not start so.", "")
		} else {
			all.add(warning, aboutSettings, "settings", p.Text, "aws starts all the same.", "")
		}
	}
	if f.Preload != "" {
		all.add(warning, aboutSettings, "ld_preload", f.Preload, "", "")
	}
}

// judgeKernel says what there is to know of the kernel besides.
func (all *findings) judgeKernel(f *facts) {
	k := f.Kernel
	text := "Linux " + k.Release
	if k.Seccomp {
		text += ", with a seccomp filter on this process, as in containers"
	}
	if k.atLeast(5, 15) {
		all.add(good, aboutKernel, "kernel", text, "It is recent enough for both engines.", "")
	} else {
		all.add(warning, aboutKernel, "kernel", text, "Both engines are made for 5.15 and later: io_uring may be refused, and look-ups of files may have to wait.", "run Linux 5.15 or later")
	}
	switch k.Cachestat {
	case "":
		all.add(good, aboutKernel, "cachestat", "cachestat(2) works", "It tells what part of a file is cached, so no loop waits for a disk.", "")
	default:
		all.add(note, aboutKernel, "cachestat", "no cachestat(2): "+k.Cachestat, "The first and the last byte of a file stand for what is cached of it.", k.allow("cachestat", 6, 5))
	}
	landlock := "no Landlock"
	if k.Landlock > 0 {
		landlock = fmt.Sprintf("Landlock has ABI %d", k.Landlock)
	}
	all.add(note, aboutKernel, "landlock", landlock, "aws does not use it.", "")
	ktls := "no kernel TLS: the module tls is not there"
	if k.KTLS {
		ktls = "kernel TLS is there"
	}
	all.add(note, aboutKernel, "ktls", ktls, "aws serves no TLS.", "")
}

// atLeast says that the kernel is of this version or later.
func (k kernelFacts) atLeast(major, minor int) bool {
	parts := strings.FieldsFunc(k.Release, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) < 2 {
		return false
	}
	own, _ := strconv.Atoi(parts[0])
	below, _ := strconv.Atoi(parts[1])
	return own > major || own == major && below >= minor
}

// allow says how to get a system call that the kernel has since a version.
func (k kernelFacts) allow(call string, major, minor int) string {
	if k.atLeast(major, minor) {
		return "allow " + call + " in the seccomp filter, such as the container's profile"
	}
	return fmt.Sprintf("run Linux %d.%d or later", major, minor)
}

// sentence makes a text one: with a capital, and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	if strings.HasPrefix(text, "a ") || strings.HasPrefix(text, "the ") || strings.HasPrefix(text, "this ") || strings.HasPrefix(text, "no ") || strings.HasPrefix(text, "all ") {
		text = strings.ToUpper(text[:1]) + text[1:] // other words may be names
	}
	return text + "."
}
