//go:build e2e

package e2e_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestPipelinesOfCITemplatesResolve resolves pipelines that are written for freedesktop's ci-templates with ours: each name
// is known, no job loses a key, jobs that build run our command, and the others start in the documented image.
func TestPipelinesOfCITemplatesResolve(t *testing.T) {
	const own, upstream = "registry.example.org/group/project", "registry.example.org/some/upstream"
	const builds, boots = "stemma job build", "boots a virtual machine"
	fixtures := map[string]map[string]string{
		"positions.yml": {
			"prep first": builds, "prep middle": builds, "prep last": builds,
			"use first": own + "/debian/12:2026-01-01.0", "use last": own + "/debian/12:2026-01-01.0", "use with an entrypoint": own + "/debian/12:2026-01-01.0",
		},
		"globals.yml": {
			"prep": builds, "use": own + "/linux-44/x86-64:2026-02-02.1", "use on arm": own + "/linux-44/arm64:2026-02-02.1",
		},
		"defaults.yml": {
			"prep alpine": builds, "prep arch": builds, "prep edge": builds,
			"use alpine": own + "/alpine/latest:2024-01-16", "use arch": own + "/arch/rolling:2024-01-16", "use edge": own + "/alpine/edge:2024-01-16",
		},
		"generations.yml": {
			"old prep": builds, "old use": own + "/fedora/43:1", "freebsd prep": boots, "freebsd use": own + "/freebsd/14.2:1", "boot": boots,
			"check commits": "registry.gitlab.com/stemma-ci/stemma/ci-fairy:" + schema.Version,
		},
		"references.yml": {
			"prep matrix": builds, "prep base": builds, "prep nested": builds,
			"use by reference": own + "/ubuntu/24.04:base-1", "poke": "quay.io/example/tools:1",
		},
		"upstream.yml": {"prep": builds, "use": upstream + "/debian/trixie-slim:1"},
	}
	files, err := filepath.Glob("testdata/fixtures/*.yml")
	if err != nil || len(files) != len(fixtures) {
		t.Fatalf("%d fixtures are there, %d are expected (%v)", len(files), len(fixtures), err)
	}
	for name, jobs := range fixtures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(filepath.Join("testdata", "fixtures", name))
			if err != nil {
				t.Fatal(err)
			}
			written, resolved := decodePipeline(t, string(source)), previewed(t, string(source))
			for job, want := range jobs {
				got := resolved.jobs[job]
				if got == nil {
					t.Errorf("%s is gone", job)
					continue
				}
				for key := range written.jobs[job] {
					if _, ok := got[key]; !ok && key != "extends" && key != "parallel" {
						t.Errorf("%s has lost %s", job, key)
					}
				}
				script, image := asText(got["script"]), resolved.image(job)
				if isImage := want != builds && want != boots; isImage && image != want || !isImage && !strings.Contains(script, want) {
					t.Errorf("%s starts in %s and runs %s; it should have %s", job, image, script, want)
				}
			}
		})
	}
}

// pipeline is a file of GitLab CI, decoded.
type pipeline struct {
	jobs      map[string]map[string]any
	variables map[string]any
}

func decodePipeline(t *testing.T, source string) pipeline {
	t.Helper()
	var all map[string]any
	if err := yaml.Unmarshal([]byte(source), &all); err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	p := pipeline{jobs: map[string]map[string]any{}}
	p.variables, _ = all["variables"].(map[string]any)
	for name, value := range all {
		if job, ok := value.(map[string]any); ok {
			p.jobs[name] = job
		}
	}
	return p
}

// previewed is a pipeline as gitlab-ci-local resolves it with our templates beside it; its jobs can be listed, too.
func previewed(t *testing.T, source string) pipeline {
	t.Helper()
	p := newProject(t, &registry{Host: "registry.example.org"}, "Group/Project", map[string]string{".gitlab-ci.yml": source})
	if err := os.CopyFS(filepath.Join(p.dir, "templates"), os.DirFS("../../templates")); err != nil {
		t.Fatal(err)
	}
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "pipeline")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
	local := func(flag string) []byte {
		command := exec.Command(os.Getenv("GITLAB_CI_LOCAL"), flag)
		command.Dir = p.dir
		out, err := command.Output()
		if err != nil {
			t.Fatalf("gitlab-ci-local %s: %v\n%s", flag, err, out)
		}
		return out
	}
	var listed []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(local("--list-json"), &listed); err != nil || len(listed) == 0 {
		t.Errorf("the jobs cannot be listed: %v", err)
	}
	return decodePipeline(t, string(local("--preview")))
}

// image is where a job starts, its variables resolved as GitLab does: a job's own outrank the pipeline's.
func (p pipeline) image(job string) string {
	variables := map[string]any{"CI_REGISTRY": "registry.example.org", "CI_REGISTRY_IMAGE": "registry.example.org/group/project"}
	maps.Copy(variables, p.variables)
	own, _ := p.jobs[job]["variables"].(map[string]any)
	maps.Copy(variables, own)
	image := p.jobs[job]["image"]
	if long, ok := image.(map[string]any); ok {
		image = long["name"]
	}
	text := asText(image)
	for range 5 {
		text = os.Expand(text, func(name string) string { return asText(variables[name]) })
	}
	return text
}

func asText(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case []any:
		lines := make([]string, len(value))
		for i, line := range value {
			lines[i] = asText(line)
		}
		return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
	default:
		encoded, _ := json.Marshal(value)
		return string(encoded)
	}
}
