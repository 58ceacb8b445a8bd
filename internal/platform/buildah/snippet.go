package buildah

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Snippet is a project's own shell that runs inside an image being built, in a clone of the project.
type Snippet struct {
	Script string
	// Clone is the folder of the clone, which appears as /tmp/clone.
	Clone string
	// Environ is the environment that the snippet sees; see Forwarded.
	Environ []string
	// Cache is a folder of the host that appears as /cache; it may be empty.
	Cache string
}

// Where the clone and the cache appear, as in freedesktop's ci-templates.
const (
	cloneInside = "/tmp/clone"
	cacheInside = "/cache"
	// scriptFile holds the snippet: a shell shows the lines that it reads only of a file.
	scriptFile = ".git/stemma-exec"
)

// snippet runs a snippet; nothing of the clone, the cache or the environment stays in the image.
func (b *Builder) snippet(ctx context.Context, container string, s *Snippet) error {
	if err := s.write(); err != nil {
		return fmt.Errorf("prepare the clone: %w", err)
	}
	flags := []string{"--user", "0", "--workingdir", cloneInside, "--volume", s.Clone + ":" + cloneInside}
	if s.Cache != "" {
		flags = append(flags, "--volume", s.Cache+":"+cacheInside)
	}
	seen := newProgress(b.config.Log, s.Script)
	err := b.runInside(ctx, inside{
		container: container, flags: flags, exports: exports(s.Environ), program: []string{"/bin/sh", "-v", "-e", cloneInside + "/" + scriptFile},
		stdout: b.config.Log, stderr: seen,
	})
	if err := process.Cause(ctx, err); err != nil {
		return s.failure(err, seen)
	}
	return b.removeMountPoints(ctx, container)
}

// write writes the file that the container reads.
func (s *Snippet) write() error {
	if err := os.MkdirAll(filepath.Join(s.Clone, filepath.Dir(scriptFile)), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.Clone, scriptFile), []byte(s.Script+"\n"), 0o600)
}

// failure says where the snippet failed: at the line that it had come to, which ends the command that failed.
func (s *Snippet) failure(err error, seen *progress) error {
	var exited *exec.ExitError
	if !errors.As(err, &exited) || exited.ExitCode() < 0 {
		return fmt.Errorf("run the exec snippet: %w", err)
	}
	number, line := seen.last()
	if number == 0 {
		return fmt.Errorf("the exec snippet failed with exit code %d", exited.ExitCode())
	}
	return fmt.Errorf("the exec snippet failed with exit code %d in its line %d: %s", exited.ExitCode(), number, line)
}

// removeMountPoints removes the empty folders that the mounts leave.
func (b *Builder) removeMountPoints(ctx context.Context, container string) error {
	if os.Geteuid() != 0 {
		// An unprivileged user sees the files only in buildah's own user namespace. The names are ours.
		script := `m=$(buildah mount "$1") && cd "$m" && rmdir tmp/clone; rmdir cache 2>/dev/null; buildah umount "$1" >/dev/null`
		return b.run(ctx, "unshare", "--", "/bin/sh", "-c", script, "stemma", container)
	}
	folder, err := b.output(ctx, "mount", container)
	if err != nil {
		return err
	}
	defer b.cleanup(ctx, "umount", container)
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("remove the clone's folder: %w", err)
	}
	defer root.Close()
	for _, name := range []string{cloneInside[1:], cacheInside[1:]} {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) { // a folder with files is the image's own
			return fmt.Errorf("remove the clone's folder: %w", err)
		}
	}
	return nil
}

// exports is a shell script that sets an environment.
func exports(environ []string) []byte {
	var out []byte
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		out = fmt.Appendf(out, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	return out
}

var variableName = pattern.Lazy(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Forwarded returns the entries of the job's environment that a snippet sees: all but those that are about the machine
// that builds. HOME is that of the image.
func Forwarded(environ []string) []string {
	own := []string{"PATH", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "_", "TMPDIR", "SHELL", "USER", "LOGNAME", "STORAGE_DRIVER", "STORAGE_OPTS", "REGISTRY_AUTH_FILE", "IFS", "ENV", "BASH_ENV"}
	prefixes := []string{"LD_", "XDG_", "BUILDAH_", "CONTAINERS_", "GIT_CONFIG_", "_CONTAINERS_"}
	kept := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !variableName().MatchString(name) || name == "HOME" || slices.Contains(own, name) ||
			slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
	return append(kept, "HOME="+Home(environ))
}
