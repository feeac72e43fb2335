// Unix sockets: who may connect is settled before anybody can.

package backend

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ErrNotOwner says that this process may not give a socket to an owner or group.
var ErrNotOwner = errors.New("this user may not give it away")

func (a *ListenAddress) listenUnix(loops int) (*Listener, error) {
	if a.path[0] != '@' {
		if err := removeDeadSocket(a.path); err != nil {
			return nil, err
		}
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	l := &Listener{FDs: []int{fd}, Addr: a.String()}
	if a.mode != 0 {
		// bind(2) takes these and clears the umask's bits: never more than is asked for.
		_ = unix.Fchmod(fd, uint32(a.mode))
	}
	if err = unix.Bind(fd, &unix.SockaddrUnix{Name: a.path}); err == nil {
		if a.path[0] != '@' {
			l.unixPath = a.path
		}
		// Until listen(2) the kernel refuses all connections, so nobody gets in
		// with the permissions of before.
		err = a.settleOwner()
	}
	if err == nil {
		err = unix.Listen(fd, Backlog)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	for len(l.FDs) < loops {
		l.FDs = append(l.FDs, fd)
	}
	return l, nil
}

// settleOwner gives a socket that has been bound its owner, group and permissions. It
// follows no link: the path may lead elsewhere by now.
func (a *ListenAddress) settleOwner() error {
	if a.uid < 0 && a.gid < 0 && a.mode == 0 {
		return nil
	}
	fd, err := unix.Open(a.path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if a.uid >= 0 || a.gid >= 0 {
		if err := a.give(fd); err != nil {
			return err
		}
	}
	if a.mode == 0 {
		return nil
	}
	// fchmod(2) takes no descriptor of a path, its link in proc(5) does.
	return os.NewSyscallError("chmod", unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), uint32(a.mode)))
}

// tryUnix is Try for a unix socket.
func (a *ListenAddress) tryUnix() error {
	if a.path[0] == '@' {
		return nil
	}
	info, err := os.Lstat(a.path)
	switch {
	case err == nil && info.Mode()&os.ModeSocket == 0:
		err = unix.EEXIST
	default:
		err = unix.Faccessat(unix.AT_FDCWD, filepath.Dir(a.path), unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	}
	if err == nil && (a.uid >= 0 || a.gid >= 0) {
		err = a.tryOwner()
	}
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a, err)
	}
	return nil
}

// tryOwner says whether this process may give a socket its owner and group. It gives them
// to a file in memory instead: the kernel's rules are the same (setattr_prepare, fs/attr.c).
func (a *ListenAddress) tryOwner() error {
	fd, err := unix.MemfdCreate("aws", unix.MFD_CLOEXEC)
	if err != nil {
		return nil // the start finds out
	}
	defer unix.Close(fd)
	return a.give(fd)
}

// give gives a file its owner and group.
func (a *ListenAddress) give(fd int) error {
	err := unix.Fchownat(fd, "", a.uid, a.gid, unix.AT_EMPTY_PATH)
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("owner %q, group %q: %w", a.owner, a.group, ErrNotOwner)
	}
	return os.NewSyscallError("chown", err)
}

// removeDeadSocket removes the socket of a server that was killed. It leaves a
// socket that still answers, and anything that is not a socket.
func removeDeadSocket(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // if anything is wrong, bind says it better
	}
	if info.Mode()&os.ModeSocket == 0 {
		return unix.EEXIST
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		_ = c.Close()
		return unix.EADDRINUSE
	case errors.Is(err, unix.ECONNREFUSED):
		return os.Remove(path)
	case errors.Is(err, unix.ENOENT): // gone by now
		return nil
	}
	return unix.EADDRINUSE // it is busy, or not for us: somebody's all the same
}
