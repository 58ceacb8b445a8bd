//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPreCommit uses the hooks from a clone of this repository, as a project does.
func TestPreCommit(t *testing.T) {
	t.Parallel()
	hooks := t.TempDir()
	top := strings.TrimSpace(run(t, ".", "git", "rev-parse", "--show-toplevel"))
	run(t, top, "git", "clone", "-q", top, hooks)
	source, err := os.ReadFile(filepath.Join(top, ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(hooks, ".pre-commit-hooks.yaml"), source, 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, hooks, "git", "add", "-A")
	run(t, hooks, "git", "-c", "user.name=e2e", "-c", "user.email=e2e@example.org", "commit", "-qm", "hooks", "--allow-empty")
	revision := strings.TrimSpace(run(t, hooks, "git", "rev-parse", "HEAD"))

	for _, variant := range []string{"", "-system"} {
		t.Run("stemma-compile"+variant, func(t *testing.T) {
			p := newProject(t, &registry{}, "group/project", map[string]string{
				"stemma.yaml":             "version: 1\nimages: {base: {distribution: fedora, version: '43'}}\n",
				".pre-commit-config.yaml": "repos:\n  - repo: " + hooks + "\n    rev: " + revision + "\n    hooks: [{id: stemma-compile" + variant + "}, {id: stemma-check" + variant + "}]\n",
			})
			p.git(t, "add", "-A")
			if out, err := preCommit(p); err == nil || !strings.Contains(out, "git does not have .gitlab/stemma.gitlab-ci.yml") {
				t.Errorf("the first run should write the output, and ask for it to be added: %v\n%s", err, out)
			}
			p.git(t, "add", "-A")
			if out, err := preCommit(p); err != nil {
				t.Errorf("the second run should find nothing: %v\n%s", err, out)
			}
			p.write(t, map[string]string{"stemma.yaml": "version: 1\nimages: {base: {distribution: fedora, version: '44'}}\n"})
			p.git(t, "add", "-A")
			if out, err := preCommit(p); err == nil || !strings.Contains(out, "files were modified by this hook") {
				t.Errorf("a change should be compiled: %v\n%s", err, out)
			}
			p.write(t, map[string]string{"stemma.yaml": "version: 1\nimages: {base: {distribution: fedoora, version: '43'}}\n"})
			p.git(t, "add", "-A")
			if out, err := preCommit(p); err == nil || !strings.Contains(out, `did you mean "fedora"?`) {
				t.Errorf("a wrong definition should fail: %v\n%s", err, out)
			}
		})
	}
}

func preCommit(p *project) (string, error) {
	command := exec.Command("pre-commit", "run", "--all-files", "--verbose")
	command.Dir = p.dir
	out, err := command.CombinedOutput()
	return string(out), err
}
