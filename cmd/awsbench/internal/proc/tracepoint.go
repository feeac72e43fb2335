package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// tracepoint is the number by which perf_event_open knows a tracepoint: from
// tracefs where that is mounted, and otherwise from a mount of our own.
func tracepoint(name string) (uint64, error) {
	return tracepointIn([]string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}, mountTracefs, name)
}

// tracepointIn looks for a tracepoint below folders, and then in what mount
// returns. If all fail, so does it, with the reason of each.
func tracepointIn(folders []string, mount func() (*os.File, error), name string) (uint64, error) {
	file := path.Join("events", name, "id")
	var failed []error
	for _, folder := range folders {
		text, err := os.ReadFile(path.Join(folder, file))
		if err == nil {
			return parseID(text)
		}
		failed = append(failed, err)
	}
	root, err := mount()
	if err != nil {
		return 0, errors.Join(append(failed, fmt.Errorf("mounting tracefs: %w", err))...)
	}
	defer root.Close() // which unmounts it
	fd, err := unix.Openat(int(root.Fd()), file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, errors.Join(append(failed, &os.PathError{Op: "open", Path: "tracefs/" + file, Err: err})...)
	}
	f := os.NewFile(uintptr(fd), file)
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return 0, errors.Join(append(failed, err)...)
	}
	return parseID(text)
}

func parseID(text []byte) (uint64, error) {
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}

// mountTracefs mounts tracefs where nobody else sees it, fsmount(2). It takes
// CAP_SYS_ADMIN.
func mountTracefs() (*os.File, error) {
	fs, err := unix.Fsopen("tracefs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("fsopen", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return nil, os.NewSyscallError("fsconfig", err)
	}
	root, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fsmount", err)
	}
	return os.NewFile(uintptr(root), "tracefs"), nil
}
