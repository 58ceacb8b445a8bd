//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// project is a git repository whose pipeline gitlab-ci-local runs with its shell executor.
type project struct {
	dir, path string
	registry  *registry
	// pipelines is how many pipelines there were.
	pipelines atomic.Int64
	// changed are the files that changed, where GitLab compares commits. If it is nil, GitLab does not know them.
	changed []string
	// storage is the folder in which each job has an empty storage, as on a new runner. If it is empty, jobs share this machine's.
	storage string
}

// newProject makes a repository with files, by path; those of a folder come with copyFiles.
func newProject(t *testing.T, r *registry, path string, files map[string]string) *project {
	t.Helper()
	p := &project{dir: t.TempDir(), path: path, registry: r}
	p.git(t, "init", "-q", "-b", "main")
	p.git(t, "remote", "add", "origin", "git@gitlab.example.org:"+path+".git")
	p.git(t, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	p.write(t, files)
	return p
}

func (p *project) write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, content := range files {
		name = filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *project) git(t *testing.T, args ...string) {
	t.Helper()
	run(t, p.dir, "git", append([]string{"-c", "user.name=e2e", "-c", "user.email=e2e@example.org"}, args...)...)
}

// compile compiles and commits.
func (p *project) compile(t *testing.T) {
	t.Helper()
	p.git(t, "add", "-A")
	run(t, p.dir, "stemma", "compile")
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "--allow-empty", "-m", "change")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
}

// pipelineVariable matches a variable and its value.
var pipelineVariable = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*=`)

// pipelineInput matches an input and its value.
var pipelineInput = regexp.MustCompile(`^[a-z_]+=`)

// pipeline runs the whole pipeline, with variables "NAME=value" added, and returns its log. All jobs must pass.
func (p *project) pipeline(t *testing.T, variables ...string) string {
	t.Helper()
	out, err := p.try(variables...)
	if err != nil {
		t.Fatalf("the pipeline failed: %v\n%s", err, out)
	}
	return out
}

// try runs the jobs that GitLab would give a pipeline with variables "NAME=value" and inputs "name=value"; other arguments are gitlab-ci-local's own.
func (p *project) try(variables ...string) (string, error) {
	args := []string{"--force-shell-executor", "--shell-isolation", "--no-color"}
	given, inputs := map[string]string{}, &ciyaml.Value{Kind: ciyaml.Map}
	for _, variable := range append([]string{
		"CI_REGISTRY=" + p.registry.Host, "CI_REGISTRY_IMAGE=" + p.registry.Host + "/" + p.path,
		"CI_REPOSITORY_URL=file://" + p.dir, "CI_COMMIT_REF_PROTECTED=true", "CI_PIPELINE_ID=" + p.nextPipeline(),
	}, variables...) {
		if name, value, _ := strings.Cut(variable, "="); pipelineInput.MatchString(variable) {
			inputs.Fields = append(inputs.Fields, ciyaml.Field{Name: name, Value: &ciyaml.Value{Kind: ciyaml.Text, Text: value}})
			continue
		}
		if !pipelineVariable.MatchString(variable) {
			args = append(args, variable)
			continue
		}
		name, value, _ := strings.Cut(variable, "=")
		given[name] = value
		args = append(args, "--variable", variable)
	}
	defer p.forget()
	file, err := p.resolve(given, inputs)
	if err != nil {
		return "", err
	}
	command := exec.Command(os.Getenv("GITLAB_CI_LOCAL"), append(args, "--file", file)...)
	command.Dir = p.dir
	out, err := command.CombinedOutput()
	return string(out), err
}

// nextPipeline is the id of the next pipeline; that of the first is 4711.
func (p *project) nextPipeline() string { return strconv.FormatInt(4710+p.pipelines.Add(1), 10) }

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// tag is the tag that the compiled jobs give an image.
func (p *project) tag(t *testing.T, image string) string {
	t.Helper()
	for line := range strings.Lines(run(t, p.dir, "stemma", "explain", image)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "tag" {
			return fields[1]
		}
	}
	t.Fatalf("%s has no tag", image)
	return ""
}

// pushTiny pushes an image that holds little more than busybox.
func pushTiny(t *testing.T, r *registry, reference string) {
	t.Helper()
	container := strings.TrimSpace(buildah(t, "from", "scratch"))
	defer buildah(t, "rm", container)
	buildah(t, "add", "--quiet", container, "/bin/busybox", "/bin/busybox")
	buildah(t, "run", "--isolation", "chroot", container, "--", "/bin/busybox", "--install", "-s", "/bin")
	buildah(t, "config", "--label", "fdo.pipeline_id=1", "--label", "org.opencontainers.image.title=Tiny", container)
	id := strings.TrimSpace(buildah(t, "commit", "--quiet", container))
	defer buildah(t, "rmi", id)
	buildah(t, "push", "--quiet", "--tls-verify=false", id, "docker://"+r.Host+"/"+reference)
}

// printedIn runs a snippet as root in a container, and returns its standard output. The output is in a file: buildah may lose the end of a
// stream.
func printedIn(t *testing.T, container, snippet string) string {
	t.Helper()
	folder := t.TempDir()
	buildah(t, "run", "--isolation", "chroot", "--user", "0", "--volume", folder+":/printed", container, "--", "/bin/sh", "-e", "-c", "exec >/printed/out; "+snippet)
	printed, err := os.ReadFile(filepath.Join(folder, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return string(printed)
}

func buildah(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("buildah", args...).Output()
	if err != nil {
		t.Fatalf("buildah %v: %v", args, err)
	}
	return string(out)
}
