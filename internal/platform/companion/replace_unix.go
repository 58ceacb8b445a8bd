//go:build unix

package companion

import "syscall"

// replace lets this process run another executable.
func replace(file string, args, environ []string) error { return syscall.Exec(file, args, environ) }
