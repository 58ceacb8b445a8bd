package buildah

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// tail keeps the end of its input.
type tail struct{ text []byte }

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.text = terminal.KeepEnd(t.text, b)
	return len(b), nil
}

// ownFailure is the exit code if buildah itself failed, and not a program in a container:
// https://github.com/containers/buildah/blob/main/cmd/buildah/main.go.
const ownFailure = 125

// blame marks the error of buildah if it could not reach a registry, as its last line says. A program in a container may print the same words
// and end with the same code; then the line ends with that code.
func (t *tail) blame(err error) error {
	line := lastLine(string(t.text))
	var exited *exec.ExitError
	if !errors.As(err, &exited) || exited.ExitCode() != ownFailure || strings.HasSuffix(line, fmt.Sprintf("exit status %d", ownFailure)) {
		return err
	}
	return outside.MarkOutput(err, line)
}

// cause is the cause of a failure of buildah that its exit status does not tell; empty where none is known. A disk
// that is full shows as a broken pipe within buildah, which has removed what did not fit by then.
func (b *Builder) cause(end *tail) string {
	for _, folder := range []string{os.TempDir(), b.folders().graph} {
		if free(folder) == 0 {
			return ": the disk is full: nothing is left in " + folder
		}
	}
	text := string(end.text)
	if strings.Contains(text, "no space left on device") || strings.Contains(text, "read/write on closed pipe") {
		return fmt.Sprintf(": the disk is full: the image does not fit into %s, which has %d MB left; TMPDIR names another folder", os.TempDir(), free(os.TempDir()))
	}
	return ""
}
