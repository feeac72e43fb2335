// Facts for 'aws doctor' about the kernel, the network and the roots.

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/site"
)

type networkFacts struct {
	Addresses []addressFacts `json:"addresses"`
	Somaxconn int64          `json:"somaxconn"`  // net.core.somaxconn
	Control   string         `json:"congestion"` // of TCP
	FirstPort int64          `json:"first_port"` // the first one that needs no privilege
	AnyPort   bool           `json:"any_port"`   // this process has that privilege
}

type addressFacts struct {
	Address string   `json:"address"`
	Admin   bool     `json:"admin"` // it is that of --admin
	Port    int      `json:"port"`  // 0 for a unix socket, or one that the kernel chooses
	InUse   bool     `json:"in_use"`
	Refused *trouble `json:"refused"`
}

type rootFacts struct {
	Path       string   `json:"path"`
	Silent     bool     `json:"silent"`      // its file system does not answer
	Refused    *trouble `json:"refused"`     // why it cannot be opened
	FileSystem string   `json:"file_system"` // its type
	Remote     bool     `json:"remote"`      // it asks a server or another process
	Openat2    string   `json:"openat2"`     // why there is no openat2(2)
	Cached     bool     `json:"cached"`      // paths can be looked up without waiting
	Tried      string   `json:"tried"`       // the file that O_DIRECT was tried with; "": there is none
	Direct     string   `json:"direct"`      // why there is no O_DIRECT
}

// reason is the text of an errno, "" for none.
func reason(errno unix.Errno) string {
	if errno == 0 {
		return ""
	}
	return errno.Error()
}

// ownStatus reads a line of /proc/self/status (proc(5)).
func ownStatus(name string) string {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "\n"+name+":")
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}

func gatherKernel() (k kernelFacts) {
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		k.Release = unix.ByteSliceToString(name.Release[:])
	}
	k.Seccomp = ownStatus("Seccomp") == "2" // SECCOMP_MODE_FILTER
	k.Cachestat = reason(backend.TryCachestat())
	// landlock_create_ruleset(2) tells its version with this flag, and makes nothing.
	if abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION); errno == 0 {
		k.Landlock = int(abi)
	}
	k.KTLS = hasKTLS(k.Release)
	return k
}

// hasKTLS says that kernel TLS is loaded, or can be. To ask by setsockopt(TCP_ULP) would
// load it.
func hasKTLS(release string) bool {
	if slices.Contains(strings.Fields(readSetting("net/ipv4/tcp_available_ulp")), "tls") {
		return true
	}
	found, _ := filepath.Glob("/lib/modules/" + release + "/kernel/net/tls/tls.ko*")
	return len(found) > 0
}

func (o *options) gatherNetwork() networkFacts {
	n := networkFacts{
		Addresses: []addressFacts{},
		Somaxconn: readNumber("net/core/somaxconn"),
		Control:   readSetting("net/ipv4/tcp_congestion_control"),
		FirstPort: readNumber("net/ipv4/ip_unprivileged_port_start"),
	}
	capabilities, _ := strconv.ParseUint(ownStatus("CapEff"), 16, 64)
	n.AnyPort = capabilities&(1<<unix.CAP_NET_BIND_SERVICE) != 0
	for _, a := range o.addresses {
		n.try(a, listenExample)
	}
	n.try(o.admin.address, adminExample)
	return n
}

// try notes whether an address can be listened on, if there is one. example is how another
// one is chosen.
func (n *networkFacts) try(a *backend.ListenAddress, example string) {
	if a == nil {
		return // if it was given, a problem says why
	}
	fact := addressFacts{Address: a.String(), Admin: example == adminExample, Port: a.Port()}
	if err := a.Try(); errors.Is(err, unix.EADDRINUSE) {
		fact.InUse = true
	} else if err != nil {
		fact.Refused = troubleOf(listenAdvice(a, example, err))
	}
	n.Addresses = append(n.Addresses, fact)
}

// gatherRoots surveys all roots, at the same time.
func (o *options) gatherRoots() []rootFacts {
	sites, err := site.Parse(o.served)
	if err != nil {
		return []rootFacts{} // a problem says why
	}
	var roots []rootFacts
	var folders []string
	for _, s := range sites.All() {
		for _, m := range s.Mounts {
			mount, _ := s.Route([]byte(strings.TrimSuffix(m.Prefix, "/") + "/"))
			dir := sites.Roots[mount.Root]
			if !slices.ContainsFunc(roots, func(r rootFacts) bool { return r.Path == dir.Path }) {
				roots = append(roots, rootFacts{Path: dir.Path})
				folders = append(folders, mount.Dir)
			}
		}
	}
	var asking sync.WaitGroup
	until := time.Now().Add(patience)
	for i := range roots {
		path, folder := roots[i].Path, folders[i]
		asking.Go(func() {
			r, ok := within(time.Until(until), func() rootFacts { return o.survey(path, folder) })
			if ok {
				roots[i] = r
			} else {
				roots[i].Silent = true
			}
		})
	}
	asking.Wait()
	return roots
}

// survey looks at a root, and for a file in a folder of it.
func (o *options) survey(path, folder string) rootFacts {
	f := rootFacts{Path: path}
	r, err := files.OpenRoot(path, site.LinksInside)
	if err != nil {
		f.Refused = troubleOf(o.folderAdvice(err))
		return f
	}
	defer r.Close()
	s := r.Survey()
	f.FileSystem, f.Remote, f.Openat2, f.Cached = s.FileSystem, s.Remote, reason(s.Confined), s.Cached
	tried, errno := r.TryDirect(orDot(folder))
	f.Tried, f.Direct = tried, reason(errno)
	return f
}
