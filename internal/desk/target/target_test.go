package target_test

import (
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
	"gitlab.com/stemma-ci/stemma/schema"
)

const named = "version: 1\nproject: Group/Project\nimages: {base: {distribution: alpine, version: \"3.22\", tag: v1}}\n"

func TestFind(t *testing.T) {
	t.Parallel()
	const nameless = "version: 1\nimages: {}\n"
	tests := map[string]struct {
		definition, flag string
		environ          []string
		want             target.Target
		wantErr          string
	}{
		"nothing":                 {definition: named, want: target.Target{Prefix: "localhost"}},
		"localhost":               {definition: named, flag: "localhost", environ: []string{"CI_REGISTRY=r.example.org"}, want: target.Target{Prefix: "localhost", Registry: "r.example.org"}},
		"the flag":                {definition: named, flag: "R.example.org/Mine/", environ: []string{"STEMMA_REGISTRY=x.example.org/y"}, want: target.Target{Prefix: "r.example.org/mine", Registry: "r.example.org"}},
		"STEMMA_REGISTRY":         {definition: named, environ: []string{"STEMMA_REGISTRY=r.example.org/a", "CI_REGISTRY_IMAGE=r.example.org/b"}, want: target.Target{Prefix: "r.example.org/a", Registry: "r.example.org"}},
		"a job":                   {definition: named, environ: []string{"CI_REGISTRY_IMAGE=r.example.org/b"}, want: target.Target{Prefix: "r.example.org/b", Registry: "r.example.org"}},
		"a registry":              {definition: named, flag: "r.example.org:5000", want: target.Target{Prefix: "r.example.org:5000/group/project", Registry: "r.example.org:5000"}},
		"a registry, no project":  {definition: nameless, flag: "r.example.org", wantErr: `"r.example.org" is only a registry, and the definition has no`},
		"a path without registry": {definition: named, flag: "Group/Project", wantErr: `"Group/Project" names no registry`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := target.Find(projecttest.New(t, test.definition, test.environ...), test.flag)
			if got != test.want || (err == nil) != (test.wantErr == "") || err != nil && !strings.Contains(err.Error(), test.wantErr) {
				t.Errorf("got %+v, %v; want %+v, %q", got, err, test.want, test.wantErr)
			}
		})
	}
}

func TestImagesHaveTheVariablesOfTheirJobs(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, named, "CI_REGISTRY_IMAGE=r.example.org/group")
	to := target.Target{Prefix: "r.example.org/group", Registry: "r.example.org", TagSuffix: "-nightly"}
	images, err := to.Images(p)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := images[0].Reference.String(), "r.example.org/group/base:v1-nightly"; got != want {
		t.Errorf("got the reference %s, want %s", got, want)
	}
	for name, value := range images[0].Build {
		if strings.Contains(value, "$CI_REGISTRY") {
			t.Errorf("got %s=%s, want GitLab's variables expanded", name, value)
		}
	}
	if _, has := images[0].Build[schema.VarBuildCache]; has {
		t.Errorf("got %s in the variables of a build that pushes nothing, want none", schema.VarBuildCache)
	}
}

func TestImagesNeedTheirParents(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, "version: 1\nimages: {app: {base: base}, base: {distribution: alpine, version: \"3.22\"}, late: {distribution: alpine, version: \"3.22\", after: [app]}}\n")
	images, err := target.Target{Prefix: "localhost"}.Images(p)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]int{"base": nil, "app": {p.IndexOf("base")}, "late": {p.IndexOf("app")}} {
		if got := images[p.IndexOf(name)].Needs; !slices.Equal(got, want) {
			t.Errorf("%s: got the needs %v, want %v", name, got, want)
		}
	}
}

func TestCheckParents(t *testing.T) {
	t.Parallel()
	p := projecttest.New(t, "version: 1\nimages: {app: {distribution: alpine, base: {project: other/project, image: root}}}\n")
	if err := (target.Target{Prefix: "localhost"}).CheckParents(p.Graph.Images); err == nil || !strings.Contains(err.Error(), "set CI_REGISTRY") {
		t.Errorf("got %v without a registry, want an error with a hint", err)
	}
	if err := (target.Target{Prefix: "localhost", Registry: "r.example.org"}).CheckParents(p.Graph.Images); err != nil {
		t.Errorf("got %v with a registry, want nil", err)
	}
	if err := (target.Target{Prefix: "localhost"}).CheckParents(nil); err != nil {
		t.Errorf("got %v without images, want nil", err)
	}
}

// A commit is named only if its files are those that are built.
func TestVariablesNameTheCommitOfACleanCheckout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	projecttest.Write(t, dir, map[string]string{"stemma.yaml": named})
	projecttest.Commit(t, dir)
	projecttest.Git(t, dir, "remote", "add", "origin", "git@gitlab.example.org:group/project.git")
	to := target.Target{Prefix: "r.example.org/group/project", Registry: "r.example.org"}
	v := to.Variables(t.Context(), projecttest.Open(t, dir))
	for name, want := range map[string]string{
		"CI_SERVER_URL": "https://gitlab.example.org", "CI_COMMIT_SHA": strings.TrimSpace(projecttest.Git(t, dir, "rev-parse", "HEAD")),
		"CI_COMMIT_BRANCH": "main", "CI_REGISTRY": "r.example.org", "CI_REGISTRY_IMAGE": "r.example.org/group/project", "CI_PROJECT_PATH": "Group/Project",
	} {
		if v[name] != want {
			t.Errorf("got %s=%q, want %q", name, v[name], want)
		}
	}
	projecttest.Write(t, dir, map[string]string{"stemma.yaml": named + "# changed\n"})
	if got := to.Variables(t.Context(), projecttest.Open(t, dir))["CI_COMMIT_SHA"]; got != "" {
		t.Errorf("got the commit %s for changed files, want none", got)
	}
}

func TestInheritedVariablesHaveNoLogins(t *testing.T) {
	t.Parallel()
	v := target.Target{Prefix: "localhost"}.Inherited(projecttest.New(t, named, "DOCKER_AUTH_CONFIG={}", "CI_REGISTRY_PASSWORD=secret"))
	if _, has := v["DOCKER_AUTH_CONFIG"]; has {
		t.Errorf("got DOCKER_AUTH_CONFIG in %v, want none", v)
	}
}
