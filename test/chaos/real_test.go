//go:build chaos

package chaos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// storageVariables let buildah keep everything below the folder of the run, where it has no machine for itself.
func (w *world) storageVariables() []string {
	if *isAlone {
		return nil
	}
	file := filepath.Join(w.dir, "storage.conf")
	if _, err := os.Stat(file); err != nil {
		content := fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = %q\nrunroot = %q\n", filepath.Join(w.dir, "store"), filepath.Join(w.dir, "runtime"))
		w.must(os.WriteFile(file, []byte(content), 0o644))
	}
	return []string{"CONTAINERS_STORAGE_CONF=" + file, "STORAGE_DRIVER=vfs"}
}

// pushOuter gives the tag that the project builds on a new image: for the real buildah one with a shell.
func (w *world) pushOuter() {
	if !w.isReal {
		w.must(pushOuter(w.name + "/outer"))
		return
	}
	container := strings.TrimSpace(w.buildah("from", "scratch"))
	defer w.buildah("rm", container)
	w.buildah("add", "--quiet", container, "/bin/busybox", "/bin/busybox")
	w.buildah("run", "--isolation", "chroot", container, "--", "/bin/busybox", "--install", "-s", "/bin")
	w.buildah("config", "--label", fmt.Sprintf("number=%d", w.rng.Uint64()), container)
	id := strings.TrimSpace(w.buildah("commit", "--quiet", container))
	defer w.buildah("rmi", id)
	w.buildah("push", "--quiet", "--tls-verify=false", id, "docker://"+*backend+"/"+w.name+"/outer:1")
}

func (w *world) buildah(args ...string) string {
	return w.command(".", "env", append(append(w.storageVariables(), "buildah"), args...)...)
}

// cleanStorage unmounts what killed builds leave below the folder of the run.
func (w *world) cleanStorage() {
	mounts, _ := os.ReadFile("/proc/self/mounts")
	lines := strings.Split(string(mounts), "\n")
	for i := len(lines) - 1; i >= 0; i-- { // the newest first
		if fields := strings.Fields(lines[i]); len(fields) > 1 && strings.HasPrefix(fields[1], w.dir) {
			_ = syscall.Unmount(fields[1], syscall.MNT_DETACH)
		}
	}
}
