package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/desk/check"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// scene is a project with the pinned parent lib/debian:13, whose output is current.
func scene(t *testing.T) (dir string, registry *ocitest.Registry) {
	t.Helper()
	dir, registry = t.TempDir(), ocitest.New(t)
	projecttest.Write(t, dir, map[string]string{
		"stemma.yaml":    "version: 1\nimages: {app: {distribution: debian, base: \"" + registry.Host + "/lib/debian:13\"}}\n",
		".gitlab-ci.yml": "include: [{local: .gitlab/stemma.gitlab-ci.yml}]\nworkflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\n",
	})
	push(t, registry)
	if _, err := pin.Lock(t.Context(), projecttest.Open(t, dir), pin.Request{}); err != nil {
		t.Fatal(err)
	}
	p, err := project.OpenToWrite(t.Context(), dir, projecttest.Environ())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Compare(false)
	if _, err := p.Write(); err != nil {
		t.Fatal(err)
	}
	return dir, registry
}

func push(t *testing.T, registry *ocitest.Registry) {
	t.Helper()
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(registry.Host + "/lib/debian:13")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
}

// pins runs a check and returns its findings about pins.
func pins(t *testing.T, dir string, isOnline bool) []diagnostic.Diagnostic {
	t.Helper()
	p := projecttest.Open(t, dir)
	if _, err := check.Run(t.Context(), p, isOnline); err != nil {
		t.Fatal(err)
	}
	var found []diagnostic.Diagnostic
	for _, one := range p.Found {
		if one.Code == diagnostic.Lock {
			found = append(found, one)
		}
	}
	return found
}

func TestOnlyAnOnlineCheckReportsOutdatedPins(t *testing.T) {
	t.Parallel()
	dir, registry := scene(t)
	if found := pins(t, dir, true); len(found) != 0 {
		t.Errorf("got %v for a current pin, want nothing", found)
	}
	push(t, registry)
	registry.Requests() // forgets earlier requests
	if found := pins(t, dir, false); len(found) != 0 || len(registry.Requests()) != 0 {
		t.Errorf("got %v offline, want neither findings nor requests", found)
	}
	found := pins(t, dir, true)
	if len(found) != 1 || found[0].Severity != diagnostic.Warning || !strings.Contains(found[0].Message, "/lib/debian:13 is pinned to sha256:") || found[0].Span.File != "stemma.lock" {
		t.Errorf("got %v, want a warning in stemma.lock", found)
	}
}

func TestAnOnlineCheckAsksGitLab(t *testing.T) {
	t.Parallel()
	server := gitlabtest.New(t)
	server.AddProject(gitlabtest.Project{Path: "team/app", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	token := server.PrivateToken("ann")
	server.OnLint = func(content string) []string {
		if strings.Contains(content, "local: .gitlab/stemma.gitlab-ci.yml") {
			return []string{"jobs:lint config contains unknown keys: skript"}
		}
		return nil
	}
	dir, _ := scene(t)
	tests := map[string]struct {
		environ  []string
		isOnline bool
		skipped  string
		want     string
	}{
		"offline":         {[]string{"CI_PROJECT_PATH=team/app", "GITLAB_TOKEN=" + token}, false, "", ""},
		"without a token": {[]string{"CI_PROJECT_PATH=team/app"}, true, "GITLAB_TOKEN is not set", ""},
		"without a path":  {[]string{"GITLAB_TOKEN=" + token}, true, "the definition has no `project`", ""},
		"with both":       {[]string{"CI_PROJECT_PATH=team/app", "GITLAB_TOKEN=" + token}, true, "", "GitLab says: jobs:lint config contains unknown keys: skript"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := projecttest.Open(t, dir, append(test.environ, "CI_API_V4_URL="+server.API())...)
			unseen, err := check.Run(t.Context(), p, test.isOnline)
			var got []string
			for _, one := range p.Found.Errors() {
				got = append(got, one.Message)
			}
			if err != nil || unseen.Lint != test.skipped || strings.Join(got, ", ") != test.want {
				t.Errorf("got %v, %q and %q, want %q and %q", err, unseen.Lint, got, test.skipped, test.want)
			}
		})
	}
}

// A definition with errors is reported before a registry is asked.
func TestErrorsEndAnOnlineCheck(t *testing.T) {
	t.Parallel()
	dir, registry := scene(t)
	projecttest.Write(t, dir, map[string]string{".gitlab/stemma.gitlab-ci.yml": "outdated\n"})
	registry.Requests() // forgets earlier requests
	p := projecttest.Open(t, dir)
	if _, err := check.Run(t.Context(), p, true); err != nil || !p.Found.HasErrors() || len(registry.Requests()) != 0 {
		t.Errorf("got %v and the findings %v, want an error in them and no requests", err, p.Found)
	}
}
