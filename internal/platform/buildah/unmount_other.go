//go:build !linux

package buildah

func unmount(string) {}
