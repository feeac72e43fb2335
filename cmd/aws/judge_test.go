// What follows from facts, made up here.

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// soundFacts are those of a machine on which nothing is amiss.
func soundFacts() *facts {
	return &facts{
		Version: "v1.0.0", Backend: "epoll-aio", Engine: "epoll-aio", Workers: 2,
		Kernel:    kernelFacts{Release: "6.12.3-cloud-amd64", Landlock: 6, KTLS: true},
		IOURing:   uringFacts{Features: []string{"defer-taskrun", "fixed", "zero-copy"}, Pinned: true},
		AIO:       aioFacts{Max: 65536, Takes: 1024},
		OpenFiles: fileFacts{Limit: 1 << 20, Connections: 1 << 18, Files: 1 << 17}, LockedMemory: 8 << 20,
		CPUs: cpuFacts{Usable: 2}, Memory: memoryFacts{Available: 4 << 30, Clients: 2 << 30},
		Network: networkFacts{Addresses: []addressFacts{{Address: ":8888", Port: 8888}}, Somaxconn: 4096, Control: "cubic", FirstPort: 1024},
		Roots:   []rootFacts{{Path: "/srv/www", FileSystem: "ext4", Cached: true, Tried: "static/a"}},
	}
}

var refusedHere = &trouble{"io_uring: io_uring_setup: operation not permitted", "a seccomp filter forbids it", "allow it there"}

var judged = []struct {
	name string
	set  func(*facts)
	id   string // of the finding that this is about
	mark mark
	says string // finding, meaning and remedy, with '|' between them
}{
	{"nothing amiss", func(*facts) {}, "backend", good, `--backend=epoll-aio works\|.*auto would take uring.*\|$`},
	{"uring", uringChosen, "backend", good, `--backend=uring works\|2 loops have each a ring`},
	{"uring refused", func(f *facts) { uringChosen(f); f.IOURing.Refused = refusedHere }, "io_uring", failure, `not permitted\|A seccomp filter forbids it\.\|allow it there`},
	{"uring refused, backend", func(f *facts) { uringChosen(f); f.IOURing.Refused = refusedHere }, "backend", failure, `--backend=uring cannot start`},
	{"uring refused to nobody", func(f *facts) { f.IOURing.Refused = refusedHere }, "io_uring", note, `not permitted`},
	{"too few rings", func(f *facts) { uringChosen(f); f.IOURing.Loops = refusedHere }, "io_uring", failure, `for the rings of 2 workers`},
	{"old uring", func(f *facts) {
		uringChosen(f)
		f.IOURing.Features, f.IOURing.Lacking = nil, []string{"fixed", "zero-copy"}
	}, "io_uring", good, `none of its newer features\|aws does without fixed and zero-copy`},
	{"auto", func(f *facts) { uringChosen(f); f.Backend = "auto" }, "backend", good, `auto takes uring\|io_uring works here`},
	{"auto without", func(f *facts) { f.Backend, f.IOURing.Refused = "auto", refusedHere }, "backend", good, `auto takes epoll-aio\|io_uring is refused`},
	{"auto without, uring", func(f *facts) { f.Backend, f.IOURing.Refused = "auto", refusedHere }, "io_uring", warning, `not permitted`},
	{"auto too few rings", func(f *facts) { uringChosen(f); f.Backend, f.IOURing.Loops = "auto", refusedHere }, "backend", failure, `cannot start\|It takes uring`},
	{"memlock", func(f *facts) { uringChosen(f); f.IOURing.Pinned, f.LockedMemory = false, 64<<10 }, "locked_memory", warning, `64 KiB.*not registered.*LimitMEMLOCK`},
	{"memlock pinned", uringChosen, "locked_memory", good, `8 MiB\|It is enough`},
	{"no memlock", func(f *facts) { f.LockedMemory = -1 }, "locked_memory", note, `unlimited`},

	{"aio", func(*facts) {}, "aio", good, `0 of fs.aio-max-nr=65,536.*aws takes 1,024`},
	{"aio for one", func(f *facts) { f.AIO.InUse = 64000 }, "aio", warning, `64,000 of .*second server.*\|'sysctl -w fs.aio-max-nr=131072' as root`},
	{"aio spent", func(f *facts) {
		f.AIO.InUse, f.AIO.Refused = 65536, &trouble{"io_setup: resource temporarily unavailable", "all of fs.aio-max-nr is in use", "raise it"}
	}, "aio", failure, `unavailable\|All of fs.aio-max-nr is in use\.\|'sysctl -w fs.aio-max-nr=131072' as root, or take fewer --workers`},
	{"no aio", func(f *facts) { f.AIO.Refused = &trouble{"io_setup: function not implemented", "a filter", "or uring"} }, "aio", failure, `not implemented\|A filter\.\|or uring`},
	{"no aio, uring", func(f *facts) { uringChosen(f); f.AIO.Refused = &trouble{Error: "io_setup: no"} }, "aio", note, `io_setup: no`},

	{"root", func(*facts) {}, "root", good, `/srv/www is on ext4`},
	{"dead root", func(f *facts) { f.Roots[0].Silent = true }, "root", failure, `not answered for 3s\|A start would wait.*/proc/mounts.*umount -l`},
	{"remote root", func(f *facts) { f.Roots[0].Remote, f.Roots[0].FileSystem = true, "nfs4" }, "root", warning, `is on nfs4, which asks .*goroutines`},
	{"refused root", func(f *facts) { f.Roots[0].Refused = &trouble{"statx: no", "a filter", "allow it"} }, "root", failure, `statx: no\|A filter\.\|allow it`},
	{"direct", func(*facts) {}, "o_direct", good, `O_DIRECT works on /srv/www`},
	{"no direct", func(f *facts) { f.Roots[0].Direct = "invalid argument" }, "o_direct", warning, `no O_DIRECT.*A loop waits for the disk.*--backend=uring`},
	{"no direct, uring", func(f *facts) { uringChosen(f); f.Roots[0].Direct = "invalid argument" }, "o_direct", warning, `worker threads`},
	{"no direct in memory", func(f *facts) { f.Roots[0].Direct, f.Roots[0].FileSystem = "invalid argument", "tmpfs" }, "o_direct", note, `in memory`},
	{"no file", func(f *facts) { f.Roots[0].Tried = "" }, "o_direct", note, `not been tried`},
	{"openat2", func(*facts) {}, "openat2", good, `openat2\(2\) and statx\(2\) work`},
	{"no openat2", func(f *facts) { f.Roots[0].Openat2 = "operation not permitted" }, "openat2", warning, `no openat2.*goroutine.*allow openat2 in the seccomp filter`},
	{"no openat2 yet", func(f *facts) { f.Roots[0].Openat2, f.Kernel.Release = "function not implemented", "5.4.0" }, "openat2", warning, `run Linux 5.6 or later`},
	{"openat2 that waits", func(f *facts) { f.Roots[0].Cached = false }, "openat2", warning, `run Linux 5.12`},

	{"open files", func(*facts) {}, "open_files", good, `1,048,576\|That is 262,144 connections at a time and 131,072 open files\.`},
	{"few open files", func(f *facts) { f.OpenFiles = fileFacts{Limit: 1024, Connections: 480, Files: 480} }, "open_files", warning, `1,024\|That is 480 .*\|raise it: 'ulimit -n 65536'`},
	{"few, as asked", func(f *facts) {
		f.MaxConnections, f.OpenFiles = 480, fileFacts{Limit: 1024, Connections: 480, Files: 480}
	}, "open_files", good, `480`},
	{"few files beside connections", func(f *facts) {
		f.MaxConnections, f.OpenFiles = 900, fileFacts{Limit: 1024, Connections: 900, Files: 60}
	}, "open_files", warning, `60 open files; while .* 503`},
	{"too few open files", func(f *facts) { f.OpenFiles.Refused = &trouble{Error: "the limit is 10", Remedy: "raise it"} }, "open_files", failure, `the limit is 10\|.*\|raise it`},
	{"cpus", func(*facts) {}, "cpus", good, `2 CPUs\|2 workers have one each`},
	{"quota", func(f *facts) { f.CPUs.Quota, f.CPUs.File = 0.5, "/sys/fs/cgroup/cpu.max" }, "cpus", warning, `quota of 0.5 \(/sys/fs/cgroup/cpu.max\)\|.*\|take --workers=1`},
	{"enough quota", func(f *facts) { f.CPUs.Quota, f.CPUs.File = 1.5, "/cpu.max" }, "cpus", good, `quota of 1.5`},
	{"workers in turn", func(f *facts) { f.Workers = 3 }, "cpus", warning, `3 workers take turns.*--workers=2`},
	{"memory", func(*facts) {}, "memory", good, `4 GiB of memory\|Clients may take 2 GiB`},
	{"memory of a group", func(f *facts) { f.Memory = memoryFacts{512 << 20, "/sys/fs/cgroup/memory.max", 256 << 20} }, "memory", good, `512 MiB of memory \(/sys/fs/cgroup/memory.max\)`},
	{"too much memory", func(f *facts) { f.Memory.Clients = 4 << 30 }, "memory", warning, `may kill the server.*leave --memory out`},

	{"listen", func(*facts) {}, "listen", good, `:8888 can be listened on`},
	{"in use", func(f *facts) { f.Network.Addresses[0].InUse = true }, "listen", warning, `:8888 is in use.*ss -ltnp`},
	{"port 80", func(f *facts) {
		f.Network.Addresses[0].Refused = &trouble{Error: "listen on :80: permission denied", Remedy: "setcap"}
	}, "listen", failure, `permission denied\|.*\|setcap`},
	{"ports", func(*facts) {}, "ports", note, `from 1024 on`},
	{"admin in use", func(f *facts) {
		f.Network.Addresses = []addressFacts{{Address: "127.0.0.1:9888", Admin: true, Port: 9888, InUse: true}}
	}, "admin", warning, `127.0.0.1:9888 is in use.*--admin=127.0.0.1:PORT`},
	{"any port", func(f *facts) { f.Network.AnyPort = true }, "ports", note, `any port`},
	{"somaxconn", func(f *facts) { f.Network.Somaxconn = 128 }, "somaxconn", warning, `128\|.*\|'sysctl -w net.core.somaxconn=4096'`},
	{"congestion", func(*facts) {}, "congestion", good, `cubic`},

	{"kernel", func(*facts) {}, "kernel", good, `Linux 6.12.3`},
	{"old kernel", func(f *facts) { f.Kernel.Release = "5.10.0" }, "kernel", warning, `run Linux 5.15`},
	{"filtered", func(f *facts) { f.Kernel.Seccomp = true }, "kernel", good, `seccomp filter`},
	{"cachestat", func(*facts) {}, "cachestat", good, `works`},
	{"no cachestat", func(f *facts) { f.Kernel.Cachestat, f.Kernel.Release = "function not implemented", "6.1.0" }, "cachestat", note, `run Linux 6.5`},
	{"landlock", func(*facts) {}, "landlock", note, `ABI 6`},
	{"ktls", func(*facts) {}, "ktls", note, `kernel TLS is there`},
	{"settings", func(f *facts) { f.Problems = []problemOf{{true, "--root=x: no such file"}} }, "settings", failure, `--root=x`},
	{"odd settings", func(f *facts) { f.Problems = []problemOf{{false, "--fallback=/x: not there"}} }, "settings", warning, `--fallback`},
	{"preload", func(f *facts) { f.Preload = "LD_PRELOAD has no effect" }, "ld_preload", warning, `LD_PRELOAD`},
}

func uringChosen(f *facts) { f.Backend, f.Engine = "uring", "uring" }

// From each fact follows what it should, in 80 columns, and nothing worse from others.
func TestJudge(t *testing.T) {
	for _, c := range judged {
		f := soundFacts()
		c.set(f)
		all := judge(f)
		i := slices.IndexFunc(all, func(found finding) bool { return found.ID == c.id })
		if i < 0 {
			t.Errorf("%s: nothing is said of %s", c.name, c.id)
			continue
		}
		found := all[i]
		if text := found.Finding + "|" + found.Meaning + "|" + found.Remedy; found.mark != c.mark || !regexp.MustCompile(c.says).MatchString(text) {
			t.Errorf("%s: %s: %s\nwant %s: %s", c.name, found.mark, text, c.mark, c.says)
		}
		if worst := worstOf(all); c.mark >= warning && worst > c.mark || c.mark < warning && !strings.Contains(c.name, " ") && worst > good {
			t.Errorf("%s: the worst is a %s, want a %s", c.name, worst, c.mark)
		}
		var out strings.Builder
		printFindings(&out, palette{}, f, all, false)
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
				t.Errorf("%s: %d columns: %s", c.name, n, line)
			}
		}
	}
}

// A root that the settings have been refused for is not refused twice.
func TestRootIsRefusedOnce(t *testing.T) {
	f := soundFacts()
	f.Roots[0].Refused = &trouble{Error: "open /x: no such file"}
	f.Problems = []problemOf{{true, "--root=/x: open /x: no such file; make it"}}
	all := judge(f)
	if n := len(slices.DeleteFunc(all, func(found finding) bool { return found.mark < failure })); n != 1 {
		t.Errorf("%d failures, want 1: %v", n, all)
	}
}

// With quiet only what calls for something is printed. A command stays on one line.
func TestQuietFindings(t *testing.T) {
	f := soundFacts()
	f.Network.Somaxconn = 128
	var out strings.Builder
	printFindings(&out, palette{}, f, judge(f), true)
	const want = `  ! net.core.somaxconn is 128. In a burst, clients beyond that many for each
    loop are dropped, and try again after a second.
    → 'sysctl -w net.core.somaxconn=4096' as root
`
	if out.String() != want {
		t.Errorf("printed:\n%swant:\n%s", &out, want)
	}
	if lines := wrapCommands("it's so: 'a b c' and 'd e'", 9); !slices.Equal(lines, []string{"it's so:", "'a b c'", "and 'd e'"}) {
		t.Errorf("%q", lines)
	}
}

// docs/operations.md names every id, and no other.
func TestFindingsInDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## aws doctor\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var documented, known []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z0-9_`, ]+`) \\|").FindAllStringSubmatch(section, -1) {
		for _, id := range strings.Split(row[1], ", ") {
			documented = append(documented, strings.Trim(id, "`"))
		}
	}
	for _, c := range judged {
		known = append(known, c.id)
	}
	slices.Sort(documented)
	slices.Sort(known)
	if known = slices.Compact(known); !slices.Equal(documented, known) {
		t.Errorf("documented are %q, want %q", documented, known)
	}
	for _, found := range judge(soundFacts()) {
		if !slices.Contains(known, found.ID) {
			t.Errorf("%s is in no test", found.ID)
		}
	}
}
