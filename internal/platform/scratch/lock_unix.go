//go:build unix

package scratch

import (
	"os"
	"syscall"
)

// lock locks a folder, without waiting. The kernel ends the lock with the process.
func lock(path string) (*os.File, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = folder.Close() // nothing was written
		return nil, err
	}
	return folder, nil
}

// isOurs reports whether a path is a folder of this user.
func isOurs(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}
