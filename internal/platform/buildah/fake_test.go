package buildah

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeBuildah replaces buildah and records its arguments.
type fakeBuildah struct {
	*testing.T
	*Builder
	folder string
}

// cannot is a failure that lasts.
var cannot = strings.Repeat("buildah cannot do it\n", 20)

// newFakeBuildah puts a program called buildah into PATH, so tests with it cannot be parallel. A command prints the file answer-COMMAND of the
// folder where there is one, and fails with its text where there is a file fail-COMMAND, each line of which is for one failure.
func newFakeBuildah(t *testing.T) *fakeBuildah {
	t.Helper()
	f := &fakeBuildah{T: t, folder: t.TempDir()}
	const script = `#!/bin/sh
printf '%s\n' "$@" >>"$FAKE/arguments"
env >"$FAKE/environment-$1"
if [ -s "$FAKE/fail-$1" ]; then head -n 1 "$FAKE/fail-$1" >&2; sed -i 1d "$FAKE/fail-$1"; exit 125; fi
if [ -e "$FAKE/answer-$1" ]; then exec cat "$FAKE/answer-$1"; fi
for argument; do
	if [ "$before" = --iidfile ]; then echo sha256:built >"$argument"; fi
	before=$argument
done
echo made
`
	f.write("buildah", script)
	if err := os.Chmod(filepath.Join(f.folder, "buildah"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", f.folder+":"+os.Getenv("PATH"))
	f.Builder = &Builder{
		environ: []string{"FAKE=" + f.folder, "PATH=" + os.Getenv("PATH"), "HOME=" + f.folder},
		config:  Config{Log: io.Discard, Backoff: time.Millisecond, Insecure: func(string) bool { return false }},
	}
	return f
}

func (f *fakeBuildah) write(name, content string) {
	f.Helper()
	if err := os.WriteFile(filepath.Join(f.folder, name), []byte(content), 0o600); err != nil {
		f.Fatal(err)
	}
}

// arguments are those of all commands.
func (f *fakeBuildah) arguments() []string {
	f.Helper()
	return strings.Split(strings.TrimSpace(f.read("arguments")), "\n")
}

// environment is that of the last command of a name.
func (f *fakeBuildah) environment(command string) []string {
	f.Helper()
	return strings.Split(f.read("environment-"+command), "\n")
}

func (f *fakeBuildah) read(name string) string {
	f.Helper()
	content, err := os.ReadFile(filepath.Join(f.folder, name))
	if err != nil {
		f.Fatal(err)
	}
	return string(content)
}
