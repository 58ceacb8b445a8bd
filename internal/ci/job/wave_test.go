package job_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// waveScene is a poked build job: rust is built on lib/base, which was rebuilt in wave w.
type waveScene struct {
	*scene
	own, before, after string
}

func newWaveScene(t *testing.T) *waveScene {
	t.Helper()
	s := &waveScene{scene: newScene(t), own: "group/project/rust:" + contentTag}
	s.before = s.digest("lib/base:1")
	s.vars[schema.VarPokedBy], s.vars[schema.VarWave], s.vars[schema.VarWavePath] = "lib/base", "w", "lib/base"
	s.after = s.push("lib/base:1", about("lib", "base", "w", "group/project other/side"))
	s.existing(s.parent("lib/base:1", s.before))
	return s
}

// about are the labels that an image of a project says of itself.
func about(project, image, wave, dependents string) map[string]string {
	encoded, err := json.Marshal(strings.Fields(dependents))
	if err != nil {
		panic(err)
	}
	return map[string]string{
		schema.LabelProject: project, schema.LabelImage: image, schema.LabelWave: wave, schema.LabelDependents: string(encoded),
		schema.LabelInputs: inputs, schema.LabelCreated: "2026-11-19T23:00:00Z",
	}
}

func (s *waveScene) parent(reference, digest string) string {
	return `{"reference":"` + s.registry.Host + "/" + reference + `","digest":"` + digest + `"}`
}

// pin lets the job and the image that exists name lib/base by a digest.
func (s *waveScene) pin(digest string) {
	place := s.registry.Host + "/lib/base@" + digest
	s.vars[schema.VarBaseImage], s.vars[schema.VarParents] = place, place
	s.existing(`{"reference":"` + place + `","digest":"` + digest + `"}`)
}

// existing pushes the image that the job is about, built on parents.
func (s *waveScene) existing(parents ...string) {
	labels := about("Group/Project", "rust", "p1", "")
	labels[schema.LabelParents] = "[" + strings.Join(parents, ",") + "]"
	s.push(s.own, labels)
}

func TestPokedBuildsFollowTheWave(t *testing.T) {
	t.Parallel()
	// side is another parent, which pokes too.
	side := func(s *waveScene, on string) {
		labels := about("other/side", "side", "p1", "group/project")
		labels[schema.LabelParents] = "[" + s.parent("lib/base:1", on) + "]"
		digest := s.push("other/side:1", labels)
		s.existing(s.parent("lib/base:1", s.before), s.parent("other/side:1", digest))
	}
	tests := map[string]struct {
		prepare func(*waveScene)
		builds  int
		log     string
	}{
		"builds on the parent that moved":               {nil, 1, "parent lib/base moved from"},
		"does nothing when poked a second time":         {func(s *waveScene) { s.existing(s.parent("lib/base:1", s.after)) }, 0, "it exists"},
		"waits for a parent that has yet to be rebuilt": {func(s *waveScene) { side(s, s.before) }, 0, "other/side/side is built on something that moved too"},
		"does not wait for a parent that is rebuilt":    {func(s *waveScene) { side(s, s.after) }, 1, "parent lib/base moved from"},
		"waits although a parent of its own project was built again": {func(s *waveScene) {
			labels := about("other/side", "side", "p1", "group/project")
			labels[schema.LabelParents] = "[" + s.parent("lib/base:1", s.before) + "]"
			digest := s.push("other/side:1", labels)
			before := s.push("group/project/own:1", nil)
			s.existing(`{"name":"own",`+s.parent("group/project/own:1", before)[1:], s.parent("other/side:1", digest))
			s.vars["STEMMA_DIGEST_OWN"] = s.push("group/project/own:1", about("Group/Project", "own", "w", ""))
			s.vars[schema.VarParents] = "own=" + s.registry.Host + "/group/project/own:1"
		}, 0, "other/side/side is built on something that moved too"},
		"does not wait if its tag promises nothing": {func(s *waveScene) {
			side(s, s.before)
			labels := s.labels(s.own)
			labels[schema.LabelInputs] = "other"
			s.push(s.own, labels)
		}, 1, "is not made of these inputs"},
		"stops where the wave comes back": {func(s *waveScene) { s.vars[schema.VarWavePath] = "group/project/rust,lib/base" }, 0, "group/project/rust → lib/base → group/project/rust"},
		"builds nothing for a made-up wave": {func(s *waveScene) {
			s.vars[schema.VarPokedBy], s.vars[schema.VarWave], s.vars[schema.VarWavePath] = "evil/image", "made-up", ""
		}, 0, "it exists"},
		"does not follow from a merge request": {func(s *waveScene) {
			s.vars["CI_MERGE_REQUEST_IID"], s.vars["CI_MERGE_REQUEST_PROJECT_PATH"] = "3", "Group/Project"
		}, 0, "it exists"},
		"says that the parent that poked is pinned": {
			func(s *waveScene) { s.pin(s.before) }, 0,
			"it exists, and its parent lib/base, which poked, is pinned to sha256:",
		},
		"says nothing of a parent that is pinned and did not poke": {func(s *waveScene) {
			s.pin(s.before)
			s.vars[schema.VarPokedBy], s.vars[schema.VarWavePath] = "other/side/side", ""
		}, 0, "it exists.\n"},
		"builds what says nothing of its parents": {func(s *waveScene) { s.existing() }, 1, "it does not say what it was built on"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newWaveScene(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			check(t, s.build())
			if len(s.builder.built) != test.builds || !strings.Contains(s.log.String(), test.log) {
				t.Errorf("%d builds, want %d and a log with %q:\n%s", len(s.builder.built), test.builds, test.log, s.log.String())
			}
		})
	}
}

// A part of an index says on which part of its parent it was built, and the registry has the parent's index under its tag.
func TestPartsOfAnIndexKnowThoseOfTheirParents(t *testing.T) {
	t.Parallel()
	for name, isOld := range map[string]bool{"built on what is there": false, "built on what was there": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newWaveScene(t)
			part := s.pushPart("group/project/own:1", about("Group/Project", "own", "w", ""))
			if isOld {
				s.pushPart("group/project/own:1", about("Group/Project", "own", "w", ""))
			}
			labels := about("Group/Project", "rust", "p1", "")
			labels[schema.LabelParents] = `[{"name":"own",` + s.parent("group/project/own:1", part)[1:] + "]"
			s.pushPart(s.own, labels)
			s.vars[schema.VarParents], s.vars[schema.VarBaseImage] = "own="+s.registry.Host+"/group/project/own:1", ""
			s.vars[schema.VarDistributionVersion] = ""
			s.vars[schema.VarContainerfile] = "Containerfile"
			s.vars[schema.VarPlatforms], s.vars[schema.VarDistributionPlatform] = "linux/amd64", "linux/amd64"
			check(t, s.build())
			if isBuilt := len(s.builder.built) > 0; isBuilt != isOld {
				t.Errorf("built is %t:\n%s", isBuilt, s.log.String())
			}
		})
	}
}

// pushPart puts an index of one image there, and returns the image's digest.
func (s *waveScene) pushPart(reference string, labels map[string]string) string {
	s.Helper()
	image, err := random.Image(64, 1)
	check(s.T, err)
	image, err = mutate.Config(image, v1.Config{Labels: labels})
	check(s.T, err)
	made := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.DockerManifestList), mutate.IndexAddendum{
		Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}},
	})
	check(s.T, remote.WriteIndex(must(name.ParseReference(s.registry.Host+"/"+reference)), made))
	return must(image.Digest()).String()
}

func TestEveryRebuildSaysWhy(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.vars[schema.VarDependents] = "team/app@main"
	check(t, s.build())
	labels := s.labels(s.own)
	want := map[string]string{
		schema.LabelReason:     "parent lib/base moved from " + s.before[:19] + "… to " + s.after[:19] + "… in wave w, poked by lib/base",
		schema.LabelWave:       "w",
		schema.LabelMoved:      `[{"reference":"` + s.registry.Host + `/lib/base:1","before":"` + s.before + `","after":"` + s.after + `"}]`,
		schema.LabelDependents: `["team/app"]`,
	}
	got := map[string]string{}
	for label := range want {
		got[label] = labels[label]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestARebuildByNameSaysWhatMovedToo(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.vars[schema.VarPokedBy], s.vars[schema.VarRebuild] = "", "rust"
	check(t, s.build())
	if got, want := s.labels(s.own)[schema.LabelReason], schema.VarRebuild+" names it; parent "+s.registry.Host+"/lib/base:1 moved from"; !strings.HasPrefix(got, want) {
		t.Errorf("the reason is %q, want %q …", got, want)
	}
}

func TestASecondPokeAsksThreeThings(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.existing(s.parent("lib/base:1", s.after))
	check(t, s.build())
	if requests := s.registry.Requests(); len(requests) != 3 {
		t.Errorf("%d requests, want two for the image and one for its parent: %v", len(requests), requests)
	}
}

func TestPokesOfOutsidersAreReadStrictly(t *testing.T) {
	t.Parallel()
	for variable, value := range map[string]string{
		schema.VarPokedBy: `x" || "1`, schema.VarWave: "$(id)", schema.VarWavePath: "a/b,,c/d",
	} {
		s := newWaveScene(t)
		s.vars[variable] = value
		var usage jobenv.UsageError
		if err := s.build(); !errors.As(err, &usage) || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s=%s: got %v, want wrong usage of it", variable, value, err)
		}
	}
}

func TestFailedRebuildsAreTriedThreeTimes(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.builder.err = errors.New("no compiler today")
	env, built := s.env(), 0
	now := env.Now()
	env.Now = func() time.Time { return now }
	for hour := range 6 {
		now = now.Add(time.Duration(hour) * time.Hour)
		for range 2 { // the second time is too early
			err := job.Build(t.Context(), env)
			if wasTried := len(s.builder.built) > built; wasTried != (err != nil) {
				t.Errorf("tried is %t, and the job ended with %v", wasTried, err)
			}
			built = len(s.builder.built)
		}
	}
	if built != 3 {
		t.Errorf("tried %d times, want 3:\n%s", built, s.log.String())
	}
	if want := "failed 3 times in a row on the same parents"; !strings.Contains(s.log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, s.log.String())
	}
	s.builder.err = nil
	s.vars[schema.VarPokedBy], s.vars[schema.VarRebuild] = "", "rust"
	s.vars["CI_PIPELINE_SOURCE"] = "pipeline"
	check(t, job.Build(t.Context(), env))
	if len(s.builder.built) != built {
		t.Error("an update check lets it be tried again")
	}
	s.vars["CI_PIPELINE_SOURCE"] = "web"
	check(t, job.Build(t.Context(), env))
	s.vars[schema.VarPokedBy], s.vars[schema.VarRebuild] = "lib/base", ""
	s.push("lib/base:1", about("lib", "base", "w", "group/project"))
	check(t, job.Build(t.Context(), env))
	if len(s.builder.built) != built+2 {
		t.Errorf("neither its name nor a parent that changed lets it be tried again:\n%s", s.log.String())
	}
}

// GitLab repeats a job that ends with a failure outside, and the second try has to be one.
func TestFailuresOutsideAreNotRemembered(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.builder.err = outside.Mark(errors.New("no mirror answers"))
	for range 4 {
		if err := s.build(); !outside.Is(err) {
			t.Errorf("the job ended with %v\n%s", err, s.log.String())
		}
	}
	s.builder.err = nil
	check(t, s.build())
	if built := len(s.builder.built); built != 5 {
		t.Errorf("tried %d times, want 5:\n%s", built, s.log.String())
	}
}

func TestFailuresThatCannotBeRememberedAreSaid(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.builder.err = errors.New("no compiler today")
	s.registry.Break(ocitest.Fault{Method: http.MethodPut, Status: http.StatusForbidden})
	if err := s.build(); err == nil || !strings.Contains(err.Error(), "no compiler today") {
		t.Errorf("the job ended with %v, want the build's own error", err)
	}
	if want := "Warning: this failure is not remembered"; !strings.Contains(s.log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, s.log.String())
	}
}
