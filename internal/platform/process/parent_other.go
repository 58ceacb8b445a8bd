//go:build unix && !linux

package process

import "syscall"

// endWithParent does nothing: no other system has that.
func endWithParent(*syscall.SysProcAttr) {}
