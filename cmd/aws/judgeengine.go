// Which engine a start takes, and whether it works.

package main

import (
	"fmt"
	"strings"
)

func (all *findings) judgeEngines(f *facts) {
	all.judgeBackend(f)
	all.judgeUring(f)
	all.judgeAIO(f)
	all.judgeLockedMemory(f)
}

// engineTrouble is why the engine that a start takes does not work.
func (f *facts) engineTrouble() *trouble {
	switch {
	case f.Engine != "uring":
		return f.AIO.Refused
	case f.IOURing.Refused != nil:
		return f.IOURing.Refused
	}
	return f.IOURing.Loops
}

func (all *findings) judgeBackend(f *facts) {
	given := "--backend=" + f.Backend
	m, text, meaning := good, given+" works", ""
	if f.Backend == "auto" {
		text = given + " takes " + f.Engine
	}
	switch {
	case f.engineTrouble() != nil:
		m, text = failure, given+" cannot start"
		meaning = "What it needs is refused: see below."
		if f.Backend == "auto" {
			meaning = "It takes " + f.Engine + ", and what that needs is refused: see below."
		}
	case f.Backend == "auto" && f.Engine == "uring":
		meaning = "io_uring works here."
	case f.Backend == "auto":
		meaning = "io_uring is refused: see below."
	case f.Backend == "uring":
		meaning = fmt.Sprintf("%d %s a ring of its own.", f.Workers, plural(f.Workers, "loop has", "loops have each"))
	case f.IOURing.Refused == nil:
		meaning = "--backend=auto would take uring, since io_uring works here, too."
	default:
		meaning = "--backend=auto would take it, too, since io_uring is refused."
	}
	all.add(m, aboutEngines, "backend", text, meaning, "")
}

func (all *findings) judgeUring(f *facts) {
	u := f.IOURing
	bad := map[string]mark{"uring": failure, "auto": warning}[f.Backend] // else a note
	switch {
	case u.Refused != nil:
		all.add(bad, aboutEngines, "io_uring", u.Refused.Error, sentence(u.Refused.Cause), u.Refused.Remedy)
		return
	case u.Loops != nil:
		if f.Engine == "uring" {
			bad = failure // auto looks at one ring only
		}
		all.add(bad, aboutEngines, "io_uring", fmt.Sprintf("%s, for the rings of %d %s", u.Loops.Error, f.Workers, plural(f.Workers, "worker", "workers")),
			sentence(u.Loops.Cause), u.Loops.Remedy)
		return
	}
	m, meaning := note, "--backend=uring would work."
	if f.Engine == "uring" {
		m, meaning = good, "It has all that aws can use."
		if len(u.Lacking) > 0 {
			meaning = "aws does without " + words(u.Lacking) + ", which this kernel lacks."
		}
	}
	with := ", with " + words(u.Features)
	if len(u.Features) == 0 {
		with = ", with none of its newer features"
	}
	all.add(m, aboutEngines, "io_uring", "io_uring works"+with, meaning, "")
}

func (all *findings) judgeAIO(f *facts) {
	a := f.AIO
	uses := f.Engine == "epoll-aio"
	m := note
	if a.Refused != nil {
		if uses {
			m = failure
		}
		remedy := a.Refused.Remedy
		if a.Max >= 0 && a.InUse+a.Takes > a.Max {
			remedy = raiseAIO(a) + ", or take fewer --workers"
		}
		all.add(m, aboutEngines, "aio", a.Refused.Error, sentence(a.Refused.Cause), remedy)
		return
	}
	text := fmt.Sprintf("Linux AIO works: %s of fs.aio-max-nr=%s are in use", thousands(a.InUse), thousands(a.Max))
	meaning, remedy := "--backend=epoll-aio would work.", ""
	if uses {
		m, meaning = good, fmt.Sprintf("aws takes %s, to read what is not cached.", thousands(a.Takes))
		if a.Max >= 0 && a.InUse+2*a.Takes > a.Max {
			m = warning
			meaning = fmt.Sprintf("aws takes %s, so a second server, as one that is to follow it, would find too few.", thousands(a.Takes))
			remedy = raiseAIO(a)
		}
	}
	all.add(m, aboutEngines, "aio", text, meaning, remedy)
}

// raiseAIO says how to get room for two servers.
func raiseAIO(a aioFacts) string {
	enough := int64(1 << 17)
	for enough < a.InUse+2*a.Takes {
		enough *= 2
	}
	return fmt.Sprintf("'sysctl -w fs.aio-max-nr=%d' as root", enough)
}

func (all *findings) judgeLockedMemory(f *facts) {
	limit := "RLIMIT_MEMLOCK is unlimited"
	if f.LockedMemory >= 0 {
		limit = "RLIMIT_MEMLOCK is " + inBytes(f.LockedMemory)
	}
	switch {
	case f.Engine != "uring":
		all.add(note, aboutEngines, "locked_memory", limit, "Only io_uring locks memory.", "")
	case f.IOURing.Refused != nil || f.IOURing.Loops != nil: // said
	case f.IOURing.Pinned:
		all.add(good, aboutEngines, "locked_memory", limit, "It is enough for the rings and for the buffers of small files.", "")
	default:
		all.add(warning, aboutEngines, "locked_memory", limit+", or --uring-disable says so: the buffers of small files are not registered",
			"The kernel looks up their pages at each read.", "'ulimit -l unlimited' as root, LimitMEMLOCK=infinity for systemd, or --ulimit=memlock=-1 for docker")
	}
}

// words joins words as a sentence does.
func words(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
