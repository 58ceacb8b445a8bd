package evaluator

import "syscall"

// limitMemory lets the kernel refuse memory, which also stops what grows faster than anybody can watch.
// https://man7.org/linux/man-pages/man2/setrlimit.2.html has RLIMIT_DATA.
func limitMemory(most uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: most + most/4, Max: most + most/4})
}
