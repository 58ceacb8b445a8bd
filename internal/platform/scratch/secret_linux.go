package scratch

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// inMemory returns a path without a name on any disk, by which programs that this process starts can read a secret until it is forgotten
// or the process ends. They do not inherit the file, so that what they start in turn cannot read it as well.
// https://man7.org/linux/man-pages/man2/memfd_create.2.html
func inMemory(name string, content []byte) (path string, forget func(), err error) {
	// An os.File would be closed by the garbage collector where the caller keeps only the path.
	descriptor, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return "", nil, err
	}
	forget = sync.OnceFunc(func() { _ = unix.Close(descriptor) }) // nothing is written any more
	path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), descriptor)
	if err = errors.Join(unix.Fchmod(descriptor, 0o600), os.WriteFile(path, content, 0o600)); err != nil { // the kernel makes it with 0777
		forget()
		return "", nil, err
	}
	return path, forget, nil
}

// canShare reports whether programs that this process starts can read such a file: without root, buildah works in a user namespace of its
// own, from which it cannot. https://man7.org/linux/man-pages/man2/ptrace.2.html has the rules.
func canShare() bool { return os.Geteuid() == 0 }
