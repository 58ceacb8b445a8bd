package buildah

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os/exec"
	"slices"
)

// inside is a program to run in a container. It reads nothing.
type inside struct {
	container string
	// flags are those of `buildah run`.
	flags []string
	// exports is shell code that sets the program's environment. A command line would show it to every process of the machine, and a file
	// would stay on the disk if the job were killed.
	exports []byte
	program []string
	// stderr may be nil. Then stdout gets both streams, in the order in which the program writes them.
	stdout, stderr io.Writer
}

// shellScript is the program that runs a script, and stops at the first command that fails.
func shellScript(script string, arguments ...string) []string {
	return append([]string{"/bin/sh", "-e", "-c", script, "/bin/sh"}, arguments...)
}

// asRoot are the flags of a program that runs as root, with more variables.
func asRoot(variables map[string]string) []string {
	flags := []string{"--user", "0"}
	for _, name := range sortedKeys(variables) {
		flags = append(flags, "--env", name+"="+variables[name])
	}
	return flags
}

// These scripts run the program, mark the end of both streams, and wait for an answer. With chroot isolation, buildah exits when the program
// does and does not wait for the output that it has yet to pass on: https://github.com/containers/buildah/blob/main/chroot/run_common.go.
// The scripts set no variable that the program sees.
const (
	apart    = readExports + `( shift; exec "$@" ) </dev/null` + waitForAnswer
	together = readExports + `( shift; exec "$@" ) </dev/null 2>&1` + waitForAnswer

	readExports   = `eval "$(while IFS= read -r line && [ "$line" != "$1" ]; do printf '%s\n' "$line"; done)"; `
	waitForAnswer = `; code=$?; echo "$1"; echo "$1" >&2; read -r line; exit "$code"`
)

// runInside runs a program in a container, and returns when all of its output has arrived.
func (b *Builder) runInside(ctx context.Context, p inside) error {
	script, stderr := apart, p.stderr
	if stderr == nil {
		script, stderr = together, p.stdout
	}
	end := newEnd("stemma-end-" + rand.Text() + "\n")
	command := b.command(ctx, slices.Concat([]string{"run"}, p.flags, []string{p.container, "--", "/bin/sh", "-c", script, "stemma", end.name()}, p.program)...)
	out, messages := end.of(p.stdout), end.of(stderr)
	command.Stdout, command.Stderr = out, messages
	err := converse(command, append(p.exports, end.mark...), end.reached)
	return cmp.Or(err, out.flush(), messages.flush())
}

// converse runs a command, sends it a text, and answers with a line as soon as it may go on.
func converse(command *exec.Cmd, text []byte, mayGoOn <-chan struct{}) error {
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		defer stdin.Close()
		_, _ = stdin.Write(text) // a command that has ended reads nothing
		select {
		case <-mayGoOn:
			_, _ = fmt.Fprintln(stdin)
		case <-ended:
		}
	}()
	return command.Wait()
}
