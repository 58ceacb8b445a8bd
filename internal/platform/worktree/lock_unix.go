//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package worktree

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks a folder if nobody else has locked it. The kernel ends the lock with the process. Some file systems, such as NFS, have no
// locks of folders.
func tryLock(folder *os.File) (lockResult, error) {
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return locked, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return busy, nil
		case errors.Is(err, syscall.EBADF), errors.Is(err, syscall.ENOLCK), errors.Is(err, errors.ErrUnsupported):
			return unsupported, nil
		default:
			return unsupported, err
		}
	}
}
