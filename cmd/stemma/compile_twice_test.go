package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Two commands compile at once when an editor and a hook do, or two people in one folder. Both must succeed, and the output must be that
// of the definition as it is in the end.
func TestTwoCompilesAtOnceLeaveTheNewestOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// The first definition is larger, so that its compile would end last.
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		replaceDefinition(t, dir, 2*round)
		first := startCompile(t, dir)
		time.Sleep(time.Duration(round) * 25 * time.Millisecond)
		replaceDefinition(t, dir, 2*round+1)
		second := startCompile(t, dir)
		first(t)
		second(t)
		if out, err := exec.CommandContext(t.Context(), "stemma", "-C", dir, "compile", "--check").CombinedOutput(); err != nil {
			t.Errorf("round %d: the output is not that of the definition: %v\n%.500s", round, err, out)
		}
	}
	leftovers, err := filepath.Glob(filepath.Join(dir, ".gitlab", ".*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("left over: %s, %v", leftovers, err)
	}
}

// replaceDefinition writes a definition as editors do: nobody sees half of it.
func replaceDefinition(t *testing.T, dir string, edition int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\nbuild: always\nchildren: false\nimages:\n")
	for i := range 800 - 700*(edition%2) {
		fmt.Fprintf(&b, "  image-%d: {distribution: debian, version: trixie, env: {EDITION: \"%d\"}}\n", i, edition)
	}
	file := filepath.Join(dir, "stemma.yaml")
	if err := os.WriteFile(file+".new", []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// startCompile starts a compile in a process of its own, and returns what waits for its success.
func startCompile(t *testing.T, dir string) func(*testing.T) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "stemma", "-C", dir, "compile")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) {
		t.Helper()
		if err := command.Wait(); err != nil {
			t.Errorf("%v\n%s", err, &out)
		}
	}
}
