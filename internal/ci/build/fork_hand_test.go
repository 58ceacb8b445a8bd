package build_test

import (
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// forkScene is a fork whose base is another than the upstream project's, with a child that has a tag written by hand.
type forkScene struct {
	*jobtest.Scene
	base string
}

func newForkScene(t *testing.T) *forkScene {
	t.Helper()
	s := &forkScene{Scene: jobtest.New(t)}
	s.Vars[schema.VarUpstreamRepo], s.Vars[schema.VarDistributionTag] = "Up/Stream", "v1"
	upstreamBase := s.Push("up/stream/base:1", nil)
	s.upstream(`[{"name":"base","digest":"` + upstreamBase + `"}]`)
	s.base = s.Push("group/project/base:2", nil)
	s.Vars[schema.VarBaseImage] = s.Registry.Host + "/group/project/base:2"
	s.Vars[schema.VarParents] = "base=" + s.Vars[schema.VarBaseImage]
	s.Vars["STEMMA_DIGEST_BASE"] = s.base
	return s
}

// upstream pushes an image of other inputs to the upstream project, under the same tag.
func (s *forkScene) upstream(parents string) {
	s.Helper()
	s.Push("up/stream/rust:v1", map[string]string{schema.LabelInputs: "others", schema.LabelParents: parents})
}

// pipelines runs the build job in several pipelines, and returns what each did.
func (s *forkScene) pipelines(count int) string {
	s.Helper()
	var did []string
	for range count {
		s.Log.Reset()
		jobtest.Check(s.T, s.Build())
		for line := range strings.Lines(s.Log.String()) {
			action, _, _ := strings.Cut(line, " "+s.Registry.Host)
			if slices.Contains([]string{"Build", "Copy", "Reuse", "Use the upstream project's"}, action) {
				did = append(did, action)
			}
		}
	}
	return strings.Join(did, ", ")
}

func TestAForkBuildsAChildOnItsOwnBaseOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*forkScene)
		want    string
	}{
		"from the start":                            {func(*forkScene) {}, "Build, Reuse, Reuse, Reuse"},
		"after it copied the upstream project's":    {func(s *forkScene) { s.copied() }, "Build, Reuse, Reuse, Reuse"},
		"and uses what is upstream where it is":     {func(s *forkScene) { s.Vars[schema.VarRegistryImage] = s.Registry.Host + "/up/stream" }, "Build, Reuse, Reuse, Reuse"},
		"and for one platform of it":                {func(s *forkScene) { s.Vars[schema.VarDistributionPlatform] = "linux/amd64" }, "Build, Reuse, Reuse, Reuse"},
		"but copies where the parent is the same":   {func(s *forkScene) { s.upstream(`[{"name":"base","digest":"` + s.base + `"}]`) }, "Copy, Reuse, Reuse, Reuse"},
		"but copies what does not name its parents": {func(s *forkScene) { s.upstream("") }, "Copy, Reuse, Reuse, Reuse"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newForkScene(t)
			test.prepare(s)
			if got := s.pipelines(4); got != test.want {
				t.Errorf("the pipelines do %s, want %s", got, test.want)
			}
		})
	}
}

// copied lets the fork have the upstream project's image, as it has after a pipeline before its base changed.
func (s *forkScene) copied() {
	s.Helper()
	base := s.Vars["STEMMA_DIGEST_BASE"]
	s.Vars["STEMMA_DIGEST_BASE"] = s.Digest("up/stream/base:1")
	if got := s.pipelines(1); got != "Copy" {
		s.Fatalf("it does %s", got)
	}
	s.Vars["STEMMA_DIGEST_BASE"] = base
}

// What the fork built stays until the upstream project has it too, made of the same.
func TestAForkKeepsItsOwnImage(t *testing.T) {
	t.Parallel()
	s := newForkScene(t)
	if got := s.pipelines(1); got != "Build" {
		t.Fatalf("it does %s", got)
	}
	s.upstream("")
	if got := s.pipelines(1); got != "Reuse" {
		t.Errorf("the upstream project has an image of other inputs, and it does %s", got)
	}
	s.Push("up/stream/rust:v1", map[string]string{schema.LabelInputs: jobtest.Inputs})
	if got := s.pipelines(2); got != "Copy, Reuse" {
		t.Errorf("the upstream project has an image of the same inputs, and it does %s", got)
	}
}

// Jobs written for ci-templates take what the upstream project has.
func TestAForkWithJobsOfCITemplatesCopies(t *testing.T) {
	t.Parallel()
	s := newForkScene(t)
	s.Vars[schema.VarImage], s.Vars[schema.VarParents] = "", ""
	s.Push("group/project/rust:v1", map[string]string{schema.LabelInputs: jobtest.Inputs})
	if got := s.pipelines(2); got != "Copy, Reuse" {
		t.Errorf("it does %s", got)
	}
}
