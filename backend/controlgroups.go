// The control groups of this process (cgroups(7)), and what they limit.

package backend

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// controlGroup is a group of this process.
type controlGroup struct {
	mount string // where its hierarchy is mounted
	path  string // of the group, from there
	v1    bool   // the hierarchy is one of version 1
}

// controlGroups returns the groups of this process in the hierarchies that are
// mounted below root: that of version 2 (Documentation/admin-guide/cgroup-v2.rst),
// and that of a controller of version 1 (cgroup-v1/).
func controlGroups(root, controller string) (all []controlGroup) {
	own, _ := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	mounts, _ := os.ReadFile(path.Join(root, "proc/self/mountinfo"))
	for line := range strings.Lines(string(mounts)) {
		// ID parent major:minor root mount-point options … - type source super-options
		before, after, _ := strings.Cut(line, " - ")
		mount, fs := strings.Fields(before), strings.Fields(after)
		if len(mount) < 5 || len(fs) < 3 {
			continue
		}
		switch {
		case fs[0] == "cgroup2":
			all = append(all, controlGroup{mount: mount[4], path: groupPath(string(own), "", mount[3])})
		case fs[0] == "cgroup" && inList(fs[2], controller):
			all = append(all, controlGroup{mount: mount[4], path: groupPath(string(own), controller, mount[3]), v1: true})
		}
	}
	return all
}

// around calls visit with the folder of the group below root, and of those around it
// up to the root of the mount: all of them bound a process.
func (g controlGroup) around(root string, visit func(dir string)) {
	for dir := g.path; ; dir = path.Dir(dir) {
		visit(path.Join(root, g.mount, dir))
		if dir == "/" || dir == "." {
			return
		}
	}
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

// readLimits reads the positive numbers in a file. "max" and -1 are no limit, and so
// is a file that is not there.
func readLimits(file string) (numbers []int64) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	for _, word := range strings.Fields(string(text)) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n <= 0 {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}
