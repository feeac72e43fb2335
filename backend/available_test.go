package backend

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The least limit counts of all groups around the process, in both versions of
// control groups, in and outside containers.
func TestAvailableMemory(t *testing.T) {
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err != nil {
		t.Fatal(err)
	}
	all := int64(machine.Totalram) * int64(machine.Unit)
	if n := AvailableMemory(); n <= 0 || n > all {
		t.Errorf("%d bytes are available, of %d", n, all)
	}
	const (
		v1 = "30 20 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
		v2 = "31 20 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"
		// What Docker mounts without a namespace of its own.
		inside = "30 20 0:26 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		other  = "29 20 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
	)
	for _, c := range []struct {
		name, mounts, groups string
		files                map[string]string // below /sys/fs/cgroup
		want                 int64
	}{
		{"nothing", "", "", nil, all},
		{"v2", other + v2, "0::/a/b\n", map[string]string{"a/b/memory.max": "5000000", "a/memory.max": "max"}, 5000000},
		{"v2, the group around it", v2, "0::/a/b\n", map[string]string{"a/b/memory.max": "5000000", "a/memory.max": "4000000"}, 4000000},
		{"v2, memory.high", v2, "0::/a\n", map[string]string{"a/memory.max": "5000000", "a/memory.high": "3000000"}, 3000000},
		{"v2, no limit", v2, "0::/a\n", map[string]string{"a/memory.max": "max"}, all},
		{"v2, outside of what is seen", v2, "0::/../x\n", map[string]string{"memory.max": "6000000"}, 6000000},
		{"v1", other + v1, "5:cpu,cpuacct:/c\n4:memory:/a/b\n0::/\n", map[string]string{
			"memory/a/b/memory.limit_in_bytes": "9223372036854771712", "memory/a/memory.limit_in_bytes": "7000000",
			"cpu/c/memory.limit_in_bytes": "1"}, 7000000},
		{"v1 in a container", inside, "4:memory:/docker/1\n", map[string]string{"memory/memory.limit_in_bytes": "8000000"}, 8000000},
		{"both", v1 + v2, "4:memory:/a\n0::/b\n", map[string]string{
			"memory/a/memory.limit_in_bytes": "8000000", "b/memory.max": "9000000"}, 8000000},
	} {
		root := groupsBelow(t, c.mounts, c.groups, c.files)
		got, file := memoryLimit(root)
		if got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
		if text, err := os.ReadFile(file); (got < all) != (err == nil && strings.TrimSpace(string(text)) == fmt.Sprint(got)) {
			t.Errorf("%s: %d bytes are said to be from %q", c.name, got, file)
		}
	}
}

// groupsBelow makes what the kernel shows of control groups. files are by their path
// below /sys/fs/cgroup.
func groupsBelow(t *testing.T, mounts, groups string, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	all := map[string]string{"proc/self/mountinfo": mounts, "proc/self/cgroup": groups}
	for name, text := range files {
		all["sys/fs/cgroup/"+name] = text + "\n"
	}
	for name, text := range all {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// The least quota on CPUs counts, in both versions of control groups.
func TestCPULimit(t *testing.T) {
	const (
		v1 = "29 20 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
		v2 = "31 20 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"
	)
	for _, c := range []struct {
		name, mounts, groups string
		files                map[string]string
		want                 float64
		file                 string // below /sys/fs/cgroup
	}{
		{"nothing", "", "", nil, math.Inf(1), ""},
		{"v2", v2, "0::/a/b\n", map[string]string{"a/b/cpu.max": "150000 100000", "a/cpu.max": "max 100000"}, 1.5, "a/b/cpu.max"},
		{"v2, the group around it", v2, "0::/a/b\n", map[string]string{"a/b/cpu.max": "150000 100000", "a/cpu.max": "50000 100000"}, 0.5, "a/cpu.max"},
		{"v2, no quota", v2, "0::/a\n", map[string]string{"a/cpu.max": "max 100000"}, math.Inf(1), ""},
		{"v1", v1, "5:cpu,cpuacct:/c\n", map[string]string{"cpu/c/cpu.cfs_quota_us": "200000", "cpu/c/cpu.cfs_period_us": "100000"}, 2, "cpu/c/cpu.cfs_quota_us"},
		{"v1, no quota", v1, "5:cpu,cpuacct:/c\n", map[string]string{"cpu/c/cpu.cfs_quota_us": "-1", "cpu/c/cpu.cfs_period_us": "100000"}, math.Inf(1), ""},
	} {
		root := groupsBelow(t, c.mounts, c.groups, c.files)
		want := ""
		if c.file != "" {
			want = filepath.Join(root, "sys/fs/cgroup", c.file)
		}
		if got, file := cpuLimit(root); got != c.want || file != want {
			t.Errorf("%s: %v CPUs by %q, want %v by %q", c.name, got, file, c.want, want)
		}
	}
}
