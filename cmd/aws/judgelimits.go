// What the limits of the process, of its control group and of the network leave room for.

package main

import (
	"fmt"
	"math"
	"strconv"
)

func (all *findings) judgeLimits(f *facts) {
	all.judgeOpenFiles(f)
	all.judgeCPUs(f)
	all.judgeMemory(f)
}

const (
	fewConnections = 1000
	fewFiles       = 100
)

func (all *findings) judgeOpenFiles(f *facts) {
	o := f.OpenFiles
	if o.Refused != nil {
		all.add(failure, aboutLimits, "open_files", o.Refused.Error, "aws does not start so (RLIMIT_NOFILE).", o.Refused.Remedy)
		return
	}
	text := "RLIMIT_NOFILE is " + thousands(o.Limit)
	room := fmt.Sprintf("That is %s connections at a time and %s open files", thousands(o.Connections), thousands(o.Files))
	switch {
	case o.Connections < fewConnections && f.MaxConnections == 0:
		all.add(warning, aboutLimits, "open_files", text, room+"; further clients wait.", raiseFiles(commonFiles))
	case o.Files < fewFiles:
		all.add(warning, aboutLimits, "open_files", text, room+"; while responses use all of these, other files get 503.", raiseFiles(max(o.Limit+o.Connections, commonFiles)))
	default:
		all.add(good, aboutLimits, "open_files", text, room+".", "")
	}
}

func (all *findings) judgeCPUs(f *facts) {
	c := f.CPUs
	text := fmt.Sprintf("%d %s", c.Usable, plural(c.Usable, "CPU", "CPUs"))
	loops := fmt.Sprintf("%d %s", f.Workers, plural(f.Workers, "worker", "workers"))
	if c.Quota > 0 {
		text += ", with a quota of " + strconv.FormatFloat(c.Quota, 'f', -1, 64) + " (" + c.File + ")"
	}
	enough := int(math.Ceil(c.Quota))
	switch {
	case c.Quota > 0 && f.Workers > enough:
		all.add(warning, aboutLimits, "cpus", text, "When the quota is used up the kernel stops all "+loops+", for up to a tenth of a second.", fmt.Sprintf("take --workers=%d, or raise the quota", enough))
	case f.Workers > c.Usable:
		all.add(warning, aboutLimits, "cpus", text, loops+" take turns on them.", fmt.Sprintf("take --workers=%d", c.Usable))
	default:
		all.add(good, aboutLimits, "cpus", text, loops+fmt.Sprintf(" %s.", plural(f.Workers, "has one of them", "have one each")), "")
	}
}

func (all *findings) judgeMemory(f *facts) {
	text := inBytes(f.Memory.Available) + " of memory"
	if f.Memory.File != "" {
		text += " (" + f.Memory.File + ")"
	}
	m, meaning, remedy := good, "Clients may take "+inBytes(f.Memory.Clients)+"; then requests get 503.", ""
	if f.Memory.Clients > f.Memory.Available/4*3 {
		m, remedy = warning, "leave --memory out: half of what there is leaves room for the server and the page cache"
		meaning = "Clients may take " + inBytes(f.Memory.Clients) + ", so the kernel may kill the server before requests get 503."
	}
	all.add(m, aboutLimits, "memory", text, meaning, remedy)
}

// fewWaiting is a queue that a burst of clients fills.
const fewWaiting = 1024

func (all *findings) judgeNetwork(f *facts) {
	n := f.Network
	for _, a := range n.Addresses {
		id, example := "listen", listenExample
		if a.Admin {
			id, example = "admin", adminExample
		}
		switch {
		case a.Refused != nil:
			all.add(failure, aboutNetwork, id, a.Refused.Error, "aws does not start so.", a.Refused.Remedy)
		case a.InUse:
			all.add(warning, aboutNetwork, id, a.Address+" is in use", "Unless that server ends first, aws does not start.", "'ss -ltnp' shows whose it is; "+example+" takes another port")
		default:
			all.add(good, aboutNetwork, id, a.Address+" can be listened on", "Nobody else has it.", "")
		}
	}
	switch {
	case n.AnyPort:
		all.add(note, aboutNetwork, "ports", "this user may listen on any port", "It has CAP_NET_BIND_SERVICE.", "")
	case n.FirstPort >= 0:
		all.add(note, aboutNetwork, "ports", fmt.Sprintf("this user may listen on ports from %d on", n.FirstPort), "Those below need CAP_NET_BIND_SERVICE.", "")
	}
	queue := "net.core.somaxconn is " + thousands(n.Somaxconn)
	switch {
	case n.Somaxconn < 0: // not to be read
	case n.Somaxconn < fewWaiting:
		all.add(warning, aboutNetwork, "somaxconn", queue, "In a burst, clients beyond that many for each loop are dropped, and try again after a second.", "'sysctl -w net.core.somaxconn=4096' as root")
	default:
		all.add(good, aboutNetwork, "somaxconn", queue, "So many clients of each loop may wait to be accepted.", "")
	}
	if n.Control != "" {
		all.add(good, aboutNetwork, "congestion", "TCP uses "+n.Control, "Listeners on a loopback address take reno, which no timer holds up.", "")
	}
}
