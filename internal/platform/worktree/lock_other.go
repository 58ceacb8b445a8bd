//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package worktree

import "os"

// tryLock locks nothing: this system has no locks of folders.
func tryLock(*os.File) (lockResult, error) { return unsupported, nil }
