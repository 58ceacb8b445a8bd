package build_test

import (
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

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// waveScene is a poked build job: rust is built on lib/base, which was rebuilt in wave w.
type waveScene struct {
	*jobtest.Scene
	own, before, after string
}

func newWaveScene(t *testing.T) *waveScene {
	t.Helper()
	s := &waveScene{Scene: jobtest.New(t), own: "group/project/rust:" + jobtest.ContentTag}
	s.before = s.Digest("lib/base:1")
	s.Vars[schema.VarPokedBy], s.Vars[schema.VarWave], s.Vars[schema.VarWavePath] = "lib/base", "w", "lib/base"
	s.after = s.Push("lib/base:1", jobtest.About("lib", "base", "w", "group/project other/side"))
	s.existing(s.parent("lib/base:1", s.before))
	return s
}

func (s *waveScene) parent(reference, digest string) string {
	return `{"reference":"` + s.Registry.Host + "/" + reference + `","digest":"` + digest + `"}`
}

// pin lets the job and the image that exists name lib/base by a digest.
func (s *waveScene) pin(digest string) {
	place := s.Registry.Host + "/lib/base@" + digest
	s.Vars[schema.VarBaseImage], s.Vars[schema.VarParents] = place, place
	s.existing(`{"reference":"` + place + `","digest":"` + digest + `"}`)
}

// existing pushes the image that the job is about, built on parents.
func (s *waveScene) existing(parents ...string) {
	labels := jobtest.About("Group/Project", "rust", "p1", "")
	labels[schema.LabelParents] = "[" + strings.Join(parents, ",") + "]"
	s.Push(s.own, labels)
}

func TestPokedBuildsFollowTheWave(t *testing.T) {
	t.Parallel()
	// side is another parent, which pokes too.
	side := func(s *waveScene, on string) {
		labels := jobtest.About("other/side", "side", "p1", "group/project")
		labels[schema.LabelParents] = "[" + s.parent("lib/base:1", on) + "]"
		digest := s.Push("other/side:1", labels)
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
			labels := jobtest.About("other/side", "side", "p1", "group/project")
			labels[schema.LabelParents] = "[" + s.parent("lib/base:1", s.before) + "]"
			digest := s.Push("other/side:1", labels)
			before := s.Push("group/project/own:1", nil)
			s.existing(`{"name":"own",`+s.parent("group/project/own:1", before)[1:], s.parent("other/side:1", digest))
			s.Vars["STEMMA_DIGEST_OWN"] = s.Push("group/project/own:1", jobtest.About("Group/Project", "own", "w", ""))
			s.Vars[schema.VarParents] = "own=" + s.Registry.Host + "/group/project/own:1"
		}, 0, "other/side/side is built on something that moved too"},
		"does not wait if its tag promises nothing": {func(s *waveScene) {
			side(s, s.before)
			labels := s.Labels(s.own)
			labels[schema.LabelInputs] = "other"
			s.Push(s.own, labels)
		}, 1, "is not made of these inputs"},
		"stops where the wave comes back": {func(s *waveScene) { s.Vars[schema.VarWavePath] = "group/project/rust,lib/base" }, 0, "group/project/rust → lib/base → group/project/rust"},
		"builds nothing for a made-up wave": {func(s *waveScene) {
			s.Vars[schema.VarPokedBy], s.Vars[schema.VarWave], s.Vars[schema.VarWavePath] = "evil/image", "made-up", ""
		}, 0, "it exists"},
		"does not follow from a merge request": {func(s *waveScene) {
			s.Vars["CI_MERGE_REQUEST_IID"], s.Vars["CI_MERGE_REQUEST_PROJECT_PATH"] = "3", "Group/Project"
		}, 0, "it exists"},
		"says that the parent that poked is pinned": {
			func(s *waveScene) { s.pin(s.before) }, 0,
			"it exists, and its parent lib/base, which poked, is pinned to sha256:",
		},
		"says nothing of a parent that is pinned and did not poke": {func(s *waveScene) {
			s.pin(s.before)
			s.Vars[schema.VarPokedBy], s.Vars[schema.VarWavePath] = "other/side/side", ""
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
			jobtest.Check(t, s.Build())
			if len(s.Builder.Built) != test.builds || !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("%d builds, want %d and a log with %q:\n%s", len(s.Builder.Built), test.builds, test.log, s.Log.String())
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
			part := s.pushPart("group/project/own:1", jobtest.About("Group/Project", "own", "w", ""))
			if isOld {
				s.pushPart("group/project/own:1", jobtest.About("Group/Project", "own", "w", ""))
			}
			labels := jobtest.About("Group/Project", "rust", "p1", "")
			labels[schema.LabelParents] = `[{"name":"own",` + s.parent("group/project/own:1", part)[1:] + "]"
			s.pushPart(s.own, labels)
			s.Vars[schema.VarParents], s.Vars[schema.VarBaseImage] = "own="+s.Registry.Host+"/group/project/own:1", ""
			s.Vars[schema.VarDistributionVersion] = ""
			s.Vars[schema.VarContainerfile] = "Containerfile"
			s.Vars[schema.VarPlatforms], s.Vars[schema.VarDistributionPlatform] = "linux/amd64", "linux/amd64"
			jobtest.Check(t, s.Build())
			if isBuilt := len(s.Builder.Built) > 0; isBuilt != isOld {
				t.Errorf("built is %t:\n%s", isBuilt, s.Log.String())
			}
		})
	}
}

// pushPart puts an index of one image there, and returns the image's digest.
func (s *waveScene) pushPart(reference string, labels map[string]string) string {
	s.Helper()
	image, err := random.Image(64, 1)
	jobtest.Check(s.T, err)
	image, err = mutate.Config(image, v1.Config{Labels: labels})
	jobtest.Check(s.T, err)
	made := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.DockerManifestList), mutate.IndexAddendum{
		Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}},
	})
	jobtest.Check(s.T, remote.WriteIndex(jobtest.Must(name.ParseReference(s.Registry.Host+"/"+reference)), made))
	return jobtest.Must(image.Digest()).String()
}

func TestEveryRebuildSaysWhy(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.Vars[schema.VarDependents] = "team/app@main"
	jobtest.Check(t, s.Build())
	labels := s.Labels(s.own)
	want := map[string]string{
		schema.LabelReason:     "parent lib/base moved from " + s.before[:19] + "… to " + s.after[:19] + "… in wave w, poked by lib/base",
		schema.LabelWave:       "w",
		schema.LabelMoved:      `[{"reference":"` + s.Registry.Host + `/lib/base:1","before":"` + s.before + `","after":"` + s.after + `"}]`,
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
	s.Vars[schema.VarPokedBy], s.Vars[schema.VarRebuild] = "", "rust"
	jobtest.Check(t, s.Build())
	if got, want := s.Labels(s.own)[schema.LabelReason], schema.VarRebuild+" names it; parent "+s.Registry.Host+"/lib/base:1 moved from"; !strings.HasPrefix(got, want) {
		t.Errorf("the reason is %q, want %q …", got, want)
	}
}

func TestASecondPokeAsksThreeThings(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.existing(s.parent("lib/base:1", s.after))
	jobtest.Check(t, s.Build())
	if requests := s.Registry.Requests(); len(requests) != 3 {
		t.Errorf("%d requests, want two for the image and one for its parent: %v", len(requests), requests)
	}
}

func TestPokesOfOutsidersAreReadStrictly(t *testing.T) {
	t.Parallel()
	for variable, value := range map[string]string{
		schema.VarPokedBy: `x" || "1`, schema.VarWave: "$(id)", schema.VarWavePath: "a/b,,c/d",
	} {
		s := newWaveScene(t)
		s.Vars[variable] = value
		var usage jobenv.UsageError
		if err := s.Build(); !errors.As(err, &usage) || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s=%s: got %v, want wrong usage of it", variable, value, err)
		}
	}
}

func TestFailedRebuildsAreTriedThreeTimes(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.Builder.Err = errors.New("no compiler today")
	env, built := s.Env(), 0
	now := env.Now()
	env.Now = func() time.Time { return now }
	for hour := range 6 {
		now = now.Add(time.Duration(hour) * time.Hour)
		for range 2 { // the second time is too early
			err := build.Run(t.Context(), env.Build())
			if wasTried := len(s.Builder.Built) > built; wasTried != (err != nil) {
				t.Errorf("tried is %t, and the job ended with %v", wasTried, err)
			}
			built = len(s.Builder.Built)
		}
	}
	if built != 3 {
		t.Errorf("tried %d times, want 3:\n%s", built, s.Log.String())
	}
	if want := "failed 3 times in a row on the same parents"; !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, s.Log.String())
	}
	s.Builder.Err = nil
	s.Vars[schema.VarPokedBy], s.Vars[schema.VarRebuild] = "", "rust"
	s.Vars["CI_PIPELINE_SOURCE"] = "pipeline"
	jobtest.Check(t, build.Run(t.Context(), env.Build()))
	if len(s.Builder.Built) != built {
		t.Error("an update check lets it be tried again")
	}
	s.Vars["CI_PIPELINE_SOURCE"] = "web"
	jobtest.Check(t, build.Run(t.Context(), env.Build()))
	s.Vars[schema.VarPokedBy], s.Vars[schema.VarRebuild] = "lib/base", ""
	s.Push("lib/base:1", jobtest.About("lib", "base", "w", "group/project"))
	jobtest.Check(t, build.Run(t.Context(), env.Build()))
	if len(s.Builder.Built) != built+2 {
		t.Errorf("neither its name nor a parent that changed lets it be tried again:\n%s", s.Log.String())
	}
}

// GitLab repeats a job that ends with a failure outside, and the second try has to be one.
func TestFailuresOutsideAreNotRemembered(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.Builder.Err = outside.Mark(errors.New("no mirror answers"))
	for range 4 {
		if err := s.Build(); !outside.Is(err) {
			t.Errorf("the job ended with %v\n%s", err, s.Log.String())
		}
	}
	s.Builder.Err = nil
	jobtest.Check(t, s.Build())
	if built := len(s.Builder.Built); built != 5 {
		t.Errorf("tried %d times, want 5:\n%s", built, s.Log.String())
	}
}

func TestFailuresThatCannotBeRememberedAreSaid(t *testing.T) {
	t.Parallel()
	s := newWaveScene(t)
	s.Builder.Err = errors.New("no compiler today")
	s.Registry.Break(ocitest.Fault{Method: http.MethodPut, Status: http.StatusForbidden})
	if err := s.Build(); err == nil || !strings.Contains(err.Error(), "no compiler today") {
		t.Errorf("the job ended with %v, want the build's own error", err)
	}
	if want := "Warning: this failure is not remembered"; !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, s.Log.String())
	}
}
