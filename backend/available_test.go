package backend

import (
	"os"
	"path/filepath"
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
		root := t.TempDir()
		files := map[string]string{"proc/self/mountinfo": c.mounts, "proc/self/cgroup": c.groups}
		for name, text := range c.files {
			files["sys/fs/cgroup/"+name] = text + "\n"
		}
		for name, text := range files {
			name = filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := availableMemory(root); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
}
