// File systems: whether one answers by itself, or asks somebody who may be slow,
// or gone.

package files

import (
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

// nature is how a file system answers.
type nature uint8

const (
	// local: it waits for nothing but a disk, and for locks of files.
	local nature = iota
	// remote: it asks a server or another process, which may never answer.
	remote
	// direct: it is local, and reading what the page cache holds waits for nothing
	// at all, not even while somebody writes to the file. Of an XFS file, a writer
	// holds the lock that readers take (xfs_file_splice_read, fs/xfs/xfs_file.c).
	direct
)

// natures are those of the known file systems, by their magic numbers
// (linux/magic.h, and the file systems' own headers). Any other counts as remote:
// that costs time, a wrong local would cost the loop.
var natures = map[int64]nature{
	unix.EXT4_SUPER_MAGIC:     direct, // ext2 and ext3, too
	unix.BTRFS_SUPER_MAGIC:    direct,
	unix.F2FS_SUPER_MAGIC:     direct,
	unix.TMPFS_MAGIC:          direct,
	unix.RAMFS_MAGIC:          direct,
	unix.SQUASHFS_MAGIC:       direct,
	unix.EROFS_SUPER_MAGIC_V1: direct,

	unix.XFS_SUPER_MAGIC:       local,
	unix.OVERLAYFS_SUPER_MAGIC: local, // of container engines, over local ones
	unix.MSDOS_SUPER_MAGIC:     local,
	unix.EXFAT_SUPER_MAGIC:     local,
	unix.ISOFS_SUPER_MAGIC:     local,
	unix.UDF_SUPER_MAGIC:       local,
	unix.CRAMFS_MAGIC:          local,
	unix.MINIX_SUPER_MAGIC:     local,
	unix.NILFS_SUPER_MAGIC:     local,
	unix.HUGETLBFS_MAGIC:       local,
	0x2fc12fc1:                 local, // ZFS
	0xca451a4e:                 local, // bcachefs
	0x7366746e:                 local, // NTFS3
	0x3153464a:                 local, // JFS
}

// pseudo are the file systems whose files exist only while they are read: the kernel
// makes their content then. Their sizes say nothing, and reading may wait. They count as
// remote.
var pseudo = map[int64]bool{
	unix.PROC_SUPER_MAGIC:     true,
	unix.SYSFS_MAGIC:          true,
	unix.CGROUP_SUPER_MAGIC:   true,
	unix.CGROUP2_SUPER_MAGIC:  true,
	unix.DEBUGFS_MAGIC:        true,
	unix.TRACEFS_MAGIC:        true,
	unix.SECURITYFS_MAGIC:     true,
	unix.EFIVARFS_MAGIC:       true,
	unix.RDTGROUP_SUPER_MAGIC: true,
	0x62656570:                true, // configfs
}

// isPseudo says that an open file's content is made when it is read.
func isPseudo(fd int) bool {
	var s unix.Statfs_t
	for {
		if err := kernel.Statfs(fd, &s); err != unix.EINTR {
			return err == nil && pseudo[int64(s.Type)]
		}
	}
}

// natureOf asks an open file's or folder's file system for its nature (statfs(2)).
// A remote one may never answer.
func natureOf(fd int) nature {
	var s unix.Statfs_t
	for {
		err := kernel.Statfs(fd, &s)
		if n, known := natures[int64(s.Type)]; err == nil && known {
			return n
		}
		if err != unix.EINTR {
			return remote
		}
	}
}

// noFile stands for no descriptor.
const noFile = int(backend.None)
