//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gitlab.com/stemma-ci/stemma/schema"
)

// hand is a project with build jobs that are written by hand; they run without GitLab's runner around them.
type hand struct {
	*testing.T
	registry  *registry
	path, dir string
	head      string
}

func newHand(t *testing.T, r *registry, path string) *hand {
	t.Helper()
	p := newProject(t, r, path, map[string]string{"ci/prepare.sh": "echo prepared > /prepared\n"})
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "files")
	return &hand{T: t, registry: r, path: path, dir: p.dir, head: strings.TrimSpace(run(t, p.dir, "git", "rev-parse", "HEAD"))}
}

// job is a build job of the image "image:1" on lib/tiny:1, unless variables "NAME=value" say otherwise.
func (h *hand) job(variables ...string) *exec.Cmd {
	command := exec.Command("stemma", "job", "build")
	command.Dir = h.TempDir()
	host := h.registry.Host
	command.Env = append(os.Environ(),
		"CI_REGISTRY="+host, "CI_REGISTRY_IMAGE="+host+"/"+h.path, "CI_PROJECT_PATH="+h.path, "CI_PIPELINE_ID=4711",
		"CI_REPOSITORY_URL=file://"+h.dir, "CI_COMMIT_SHA="+h.head,
		schema.VarBaseImage+"="+host+"/lib/tiny:1", schema.VarRepoSuffix+"=image", schema.VarDistributionTag+"=1")
	command.Env = append(command.Env, variables...)
	return command
}

// build runs a job, which must pass, and returns its log.
func (h *hand) build(variables ...string) string {
	h.Helper()
	out, err := h.job(variables...).CombinedOutput()
	if err != nil {
		h.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// fail runs a job, which must fail, and returns the end of its log: the cause, and the next step.
func (h *hand) fail(variables ...string) string {
	h.Helper()
	out, err := h.job(variables...).CombinedOutput()
	if err == nil {
		h.Fatalf("the job succeeded:\n%s", out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-2):], "\n")
}

// config is the configuration of the job's image.
func (h *hand) config() v1.Config {
	h.Helper()
	file, err := h.registry.image(h.T, h.path+"/image:1").ConfigFile()
	if err != nil {
		h.Fatal(err)
	}
	return file.Config
}
