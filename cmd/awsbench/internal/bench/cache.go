package bench

import (
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// evict drops files from the page cache. It writes them first, because
// posix_fadvise(POSIX_FADV_DONTNEED) leaves dirty pages alone.
func evict(paths []string) error {
	for _, path := range paths {
		if err := withFile(path, func(f *os.File) error {
			if err := f.Sync(); err != nil {
				return err
			}
			return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
		}); err != nil {
			return fmt.Errorf("dropping %s from the page cache: %w", path, err)
		}
	}
	return nil
}

// warm reads those files into the page cache that are not completely there. A
// kernel may page out what has not been used for a minute even if memory is
// plentiful (DAMON), and then a round would measure the disk.
func warm(paths []string) error {
	for _, path := range paths {
		share, err := resident([]string{path})
		if err == nil && share < 1 {
			err = withFile(path, func(f *os.File) error {
				_, err := io.Copy(io.Discard, f)
				return err
			})
		}
		if err != nil {
			return fmt.Errorf("reading %s into the page cache: %w", path, err)
		}
	}
	return nil
}

// resident returns the share of files that is in the page cache, by mincore(2).
func resident(paths []string) (float64, error) {
	var pages, in int
	for _, path := range paths {
		err := withFile(path, func(f *os.File) error {
			info, err := f.Stat()
			if err != nil || info.Size() == 0 {
				return err
			}
			m, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
			if err != nil {
				return err
			}
			defer func() { _ = unix.Munmap(m) }()
			present := make([]byte, (len(m)+os.Getpagesize()-1)/os.Getpagesize())
			_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&m[0])), uintptr(len(m)), uintptr(unsafe.Pointer(&present[0])))
			if errno != 0 {
				return errno
			}
			for _, p := range present {
				in += int(p & 1)
			}
			pages += len(present)
			return nil
		})
		if err != nil {
			return 0, fmt.Errorf("looking for %s in the page cache: %w", path, err)
		}
	}
	return float64(in) / float64(max(pages, 1)), nil
}

func withFile(path string, f func(*os.File) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return f(file)
}
