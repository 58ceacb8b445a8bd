package scratch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// inMemory returns a file without a name on any disk, by which programs that this process starts can read it. It ends with the process.
// They do not inherit it, so that what they start in turn cannot read it as well. https://man7.org/linux/man-pages/man2/memfd_create.2.html
func inMemory(name string, content []byte) (string, *os.File, error) {
	descriptor, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return "", nil, err
	}
	file := os.NewFile(uintptr(descriptor), name)
	if _, err := file.Write(content); err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), descriptor), file, nil
}

// canShare reports whether programs that this process starts can read such a file: without root, buildah works in a user namespace of its
// own, from which it cannot. https://man7.org/linux/man-pages/man2/ptrace.2.html has the rules.
func canShare() bool { return os.Geteuid() == 0 }
