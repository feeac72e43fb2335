package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"aws/cmd/awsbench/internal/record"
)

// machine describes the machine in enough detail to judge whether another would
// give the same figures.
func machine(dir string) record.Machine {
	m := record.Machine{
		CPUs: runtime.NumCPU(), Go: runtime.Version(), FileSystem: fileSystem(dir),
		Mitigations: map[string]string{}, Limits: map[string]string{}, LoadBefore: loadAverage(),
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = fmt.Sprintf("%s %s %s", unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:]))
	}
	m.CPU, m.Hypervisor = cpuInfo()
	m.PagesOut = pagesOut()
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.MemoryBytes = info.Totalram * uint64(info.Unit)
	}
	holes, _ := filepath.Glob("/sys/devices/system/cpu/vulnerabilities/*")
	for _, path := range holes {
		if text := firstLine(path); text != "" && text != "Not affected" {
			m.Mitigations[filepath.Base(path)] = text
		}
	}
	for name, path := range map[string]string{
		"net.core.somaxconn":              "/proc/sys/net/core/somaxconn",
		"net.ipv4.tcp_rmem":               "/proc/sys/net/ipv4/tcp_rmem",
		"net.ipv4.tcp_wmem":               "/proc/sys/net/ipv4/tcp_wmem",
		"net.ipv4.tcp_congestion_control": "/proc/sys/net/ipv4/tcp_congestion_control",
		"net.ipv4.ip_local_port_range":    "/proc/sys/net/ipv4/ip_local_port_range",
		"kernel.io_uring_disabled":        "/proc/sys/kernel/io_uring_disabled",
		"scaling_governor":                "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
		"transparent_hugepage":            "/sys/kernel/mm/transparent_hugepage/enabled",
	} {
		if text := firstLine(path); text != "" {
			m.Limits[name] = strings.Join(strings.Fields(text), " ")
		}
	}
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) == nil {
		m.Limits["RLIMIT_NOFILE"] = strconv.FormatUint(files.Cur, 10)
	}
	return m
}

func cpuInfo() (model, hypervisor string) {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown", ""
	}
	defer f.Close()
	model, hypervisor = "unknown", "none"
	for scan := bufio.NewScanner(f); scan.Scan(); {
		name, value, _ := strings.Cut(scan.Text(), ":")
		switch strings.TrimSpace(name) {
		case "model name":
			model = strings.TrimSpace(value)
		case "flags":
			if strings.Contains(value+" ", " hypervisor ") {
				hypervisor = "unnamed"
				if product := firstLine("/sys/class/dmi/id/product_name"); product != "" {
					hypervisor = product
				}
			}
		}
	}
	return model, hypervisor
}

// pagesOut reports whether the kernel pages out memory that has not been used
// for a while, by a scheme of DAMON
// (Documentation/admin-guide/mm/damon/usage.rst).
func pagesOut() bool {
	states, _ := filepath.Glob("/sys/kernel/mm/damon/admin/kdamonds/*/state")
	for _, state := range states {
		if firstLine(state) != "on" {
			continue
		}
		actions, _ := filepath.Glob(filepath.Dir(state) + "/contexts/*/schemes/*/action")
		for _, action := range actions {
			if firstLine(action) == "pageout" {
				return true
			}
		}
	}
	return false
}

func firstLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

func loadAverage() string {
	words := strings.Fields(firstLine("/proc/loadavg"))
	if len(words) < 3 {
		return "unknown"
	}
	return strings.Join(words[:3], " ")
}

// fileSystem returns the type of the file system that holds a folder, from the
// longest mount point above it.
func fileSystem(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "unknown"
	}
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "unknown"
	}
	kind, longest := "unknown", -1
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		point := strings.TrimSuffix(words[1], "/")
		if (dir == point || strings.HasPrefix(dir, point+"/")) && len(point) >= longest {
			kind, longest = words[2], len(point)
		}
	}
	return kind
}
