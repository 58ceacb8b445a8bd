//go:build unix

package process_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

// TestProgramsEndWithTheirContext starts shells that do not want to end, with children that hold their output open.
func TestProgramsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	start := map[string]func(context.Context, string, ...string) *exec.Cmd{"with all that it starts": process.Command, "alone": process.WithTerminal}
	scripts := map[string]string{
		"it waits":               `sleep 60`,
		"its child waits":        `sleep 60; true`,
		"it ignores the request": `trap "" TERM INT; sleep 60; sleep 60`,
		"its child holds on":     `(trap "" TERM INT; sleep 60) & wait`,
	}
	for kind, command := range start {
		for name, script := range scripts {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				shell := command(ctx, "/bin/sh", "-c", script)
				var out bytes.Buffer
				shell.Stdout, shell.Stderr = &out, &out
				time.AfterFunc(200*time.Millisecond, cancel)
				begun := time.Now()
				if err := shell.Run(); err == nil {
					t.Error("it ended well")
				}
				if took := time.Since(begun); took > 200*time.Millisecond+2*process.Grace {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// Nothing that a program started goes on.
func TestChildrenEndToo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	shell := process.Command(ctx, "/bin/sh", "-c", `(trap "" TERM INT; echo $$ > "$0.shell"; sh -c 'echo $PPID > "$0"; exec sleep 60' "$0"; true) & wait`, file)
	var out bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &out
	time.AfterFunc(300*time.Millisecond, cancel)
	if err := shell.Run(); err == nil {
		t.Error("it ended well")
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * process.Grace); isRunning(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the child %d goes on", child)
		}
	}
}

// isRunning reports whether a process is there and no zombie, which somebody else has to bury.
func isRunning(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err != nil || !strings.Contains(string(status), ") Z ")
}
