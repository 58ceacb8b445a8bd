package buildah

import "syscall"

// free is how many mebibytes a file system has left; -1 where that is not known.
func free(folder string) int64 {
	var stat syscall.Statfs_t
	if syscall.Statfs(folder, &stat) != nil {
		return -1
	}
	return int64(stat.Bavail) * stat.Bsize >> 20 //nolint:gosec // no file system has so many blocks
}
