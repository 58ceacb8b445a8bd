//go:build !linux

package build

func unmount(string) {}
