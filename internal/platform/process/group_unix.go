//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// makeGroup lets a program begin a process group, so that what it starts can be ended with it.
func makeGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(command.SysProcAttr)
	command.Cancel = func() error {
		group := -command.Process.Pid
		// The group outlives the program where something in it goes on. Then its number belongs to nobody else.
		time.AfterFunc(Grace, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		return syscall.Kill(group, syscall.SIGTERM)
	}
}

func terminate(process *os.Process) error { return process.Signal(syscall.SIGTERM) }
