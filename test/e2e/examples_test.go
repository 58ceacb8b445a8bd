//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// examples are the folders of all examples, from this package.
func examples(t *testing.T) []string {
	t.Helper()
	var folders []string
	for _, pattern := range []string{"../../examples/*/.gitlab-ci.yml", "../../examples/*/*/.gitlab-ci.yml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			folders = append(folders, filepath.Dir(file))
		}
	}
	if len(folders) < 4 {
		t.Fatalf("only %v", folders)
	}
	return folders
}

// copyOf is a project with the files of an example.
func copyOf(t *testing.T, r *registry, path, example string) *project {
	t.Helper()
	p := newProject(t, r, path, nil)
	if err := os.CopyFS(p.dir, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGitLabsSchemaAcceptsEveryExample(t *testing.T) {
	t.Parallel()
	for _, example := range examples(t) {
		t.Run(filepath.Base(example), func(t *testing.T) {
			t.Parallel()
			p := copyOf(t, &registry{}, "examples/example", example)
			p.git(t, "add", "-A")
			p.git(t, "commit", "-q", "-m", "example")
			p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
			command := exec.Command(os.Getenv("GITLAB_CI_LOCAL"), "--list-all", "--no-color", "--variable", "CI_COMMIT_REF_PROTECTED=true")
			command.Dir = p.dir
			out, err := command.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "json schema validated") || !strings.Contains(string(out), "\nbuild:") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestShellcheckAcceptsEveryScriptLine(t *testing.T) {
	t.Parallel()
	for _, example := range examples(t) {
		checked := 0
		source, err := os.ReadFile(filepath.Join(example, ".gitlab/stemma.gitlab-ci.yml"))
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(source), "\n---\n")
		var jobs map[string]struct{ Script []string }
		if err := yaml.Unmarshal([]byte(body), &jobs); err != nil {
			t.Fatal(err)
		}
		for name, job := range jobs {
			for _, line := range job.Script {
				checked++
				command := exec.Command("shellcheck", "--shell=sh", "-")
				command.Stdin = strings.NewReader(line + "\n")
				if out, err := command.CombinedOutput(); err != nil {
					t.Errorf("%s: %s: %v\n%s", example, name, err, out)
				}
			}
		}
		if checked < 2 {
			t.Errorf("only %d lines were found in %s", checked, example)
		}
	}
}
