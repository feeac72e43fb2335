// How much memory there is.

package backend

import (
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// AvailableMemory is how many bytes this process may have: what the machine has
// (sysinfo(2)), or the least of the limits of its control group and of those around
// it (cgroups(7)), whichever is less. Where nothing can be read it is math.MaxInt64.
func AvailableMemory() int64 { return availableMemory("/") }

// availableMemory looks for files below root.
func availableMemory(root string) int64 {
	least := int64(math.MaxInt64)
	var machine unix.Sysinfo_t
	if unix.Sysinfo(&machine) == nil {
		least = int64(machine.Totalram) * int64(machine.Unit)
	}
	for _, g := range memoryGroups(root) {
		// From the group up to the root of the mount: all of them bound it.
		for dir := g.path; ; dir = path.Dir(dir) {
			for _, name := range g.files {
				if n, ok := readLimit(path.Join(root, g.mount, dir, name)); ok {
					least = min(least, n)
				}
			}
			if dir == "/" || dir == "." {
				break
			}
		}
	}
	return least
}

// memoryGroup is a control group with limits on memory.
type memoryGroup struct {
	mount string   // where its hierarchy is mounted
	path  string   // of the group, from there
	files []string // that hold limits in bytes
}

// memoryGroups returns the groups of this process in the hierarchies that are
// mounted: version 2 (Documentation/admin-guide/cgroup-v2.rst), and the memory
// controller of version 1 (cgroup-v1/memory.rst).
func memoryGroups(root string) (all []memoryGroup) {
	own, _ := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	mounts, _ := os.ReadFile(path.Join(root, "proc/self/mountinfo"))
	for line := range strings.Lines(string(mounts)) {
		// ID parent major:minor root mount-point options … - type source super-options
		before, after, _ := strings.Cut(line, " - ")
		mount, fs := strings.Fields(before), strings.Fields(after)
		if len(mount) < 5 || len(fs) < 3 {
			continue
		}
		g := memoryGroup{mount: mount[4]}
		controller := ""
		switch {
		case fs[0] == "cgroup2":
			g.files = []string{"memory.max", "memory.high"}
		case fs[0] == "cgroup" && inList(fs[2], "memory"):
			controller, g.files = "memory", []string{"memory.limit_in_bytes"}
		default:
			continue
		}
		g.path = groupPath(string(own), controller, mount[3])
		all = append(all, g)
	}
	return all
}

// groupPath finds this process in /proc/self/cgroup, by controller, "" for version
// 2, and returns the path of its group below the root of the mount. In a container
// that path may lead out of what is mounted: then the mount's root is the group.
func groupPath(own, controller, mountRoot string) string {
	for line := range strings.Lines(own) { // ID:controllers:path
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) < 3 || f[1] != controller && (controller == "" || !inList(f[1], controller)) {
			continue
		}
		if below, ok := strings.CutPrefix(f[2], strings.TrimSuffix(mountRoot, "/")); ok && (below == "" || below[0] == '/') {
			return path.Clean("/" + below)
		}
	}
	return "/"
}

// inList says that a list separated by commas has a word.
func inList(list, word string) bool { return strings.Contains(","+list+",", ","+word+",") }

// readLimit reads a limit in bytes. "max" is none, and so is a file that is not
// there.
func readLimit(file string) (int64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n > 0
}
