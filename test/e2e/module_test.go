//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestTheSchemaIsAModule publishes the schema to a registry as a release does, and uses it with CUE's own commands and with stemma.
func TestTheSchemaIsAModule(t *testing.T) {
	t.Setenv("CUE_REGISTRY", startRegistry(t).Host+"+insecure")
	t.Setenv("CUE_CACHE_DIR", filepath.Join(t.TempDir(), "cache"))
	t.Cleanup(func() { run(t, ".", "chmod", "-R", "u+w", os.Getenv("CUE_CACHE_DIR")) })
	t.Setenv("CI_COMMIT_TAG", schema.Version)
	t.Setenv("CI_REGISTRY", "")
	top := strings.TrimSpace(run(t, ".", "git", "rev-parse", "--show-toplevel"))
	clone := t.TempDir()
	run(t, top, "git", "clone", "-q", top, clone)
	run(t, clone, ".ci/publish-schema")

	dir := t.TempDir()
	definition := "package images\n\nimport \"" + schema.Module + "\"\n\nschema.#Definition\n\nversion: 1\nimages: base: {distribution: \"debian\", version: \"trixie\"}\n"
	write := func(content string) {
		if err := os.WriteFile(filepath.Join(dir, "stemma.cue"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(definition)
	run(t, dir, "cue", "mod", "init", "corp.example/images@v0")
	run(t, dir, "cue", "mod", "get", schema.Module+"@v"+schema.Version)
	run(t, dir, "cue", "vet", "-c")
	run(t, dir, "stemma", "compile")
	run(t, dir, "stemma", "check")

	write(strings.Replace(definition, "distribution", "distrbution", 1))
	for program, want := range map[string]string{"cue vet -c": "unknown key distrbution", "stemma check": `did you mean "distribution"?`} {
		args := strings.Fields(program)
		command := exec.Command(args[0], args[1:]...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want %q:\n%s", program, err, want, out)
		}
	}
}
