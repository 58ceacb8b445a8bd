package process

import "syscall"

// LimitMemory lets the kernel refuse this process more memory, in bytes, which also stops what grows faster than anybody can watch.
// https://man7.org/linux/man-pages/man2/setrlimit.2.html has RLIMIT_DATA.
func LimitMemory(most uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: most + most/4, Max: most + most/4})
}
