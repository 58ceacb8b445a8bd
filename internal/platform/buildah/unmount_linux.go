package buildah

import "syscall"

// unmount ends a mount that a killed program has left; most often there is none.
func unmount(path string) { _ = syscall.Unmount(path, syscall.MNT_DETACH) }
