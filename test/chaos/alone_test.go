//go:build chaos

package chaos_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// ownFolders are those where programs leave things. The last one covers what covers the others.
var ownFolders = []string{"/var/tmp", "/var/lib/containers", "/run/containers", "/dev/shm", "/tmp"}

// varOwn names the folder whose subfolders cover ownFolders.
const varOwn = "CHAOS_OWN"

// runAlone runs a test in a process of its own, in which ownFolders are empty folders that no other process of the machine has.
func runAlone(t *testing.T) {
	command := exec.Command("/proc/self/exe", append(os.Args[1:], "-alone", "-test.run", "^"+t.Name()+"$")...)
	command.Env = append(os.Environ(), varOwn+"="+t.TempDir())
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if err := command.Run(); err != nil {
		t.Error(err)
	}
}

// coverFolders gives this process and what it starts the folders. Its mounts end with it: it has a mount namespace of its own.
func coverFolders() {
	for _, folder := range ownFolders {
		own := filepath.Join(os.Getenv(varOwn), folder)
		if err := os.MkdirAll(own, 0o777); err != nil {
			panic(err) // it would otherwise touch what belongs to others
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			panic(err)
		}
		if err := syscall.Mount(own, folder, "", syscall.MS_BIND, ""); err != nil {
			panic(err)
		}
	}
}
