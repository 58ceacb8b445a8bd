package process

import "syscall"

// endWithParent lets the kernel kill a program when this process is killed, which cannot end it then.
// https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
