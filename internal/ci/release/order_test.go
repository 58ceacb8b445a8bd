package release_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/poke"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// orderScene is an image that pipelines release to two registries, one after the other, and that a project depends on.
type orderScene struct {
	*jobtest.PokeScene
	other *ocitest.Registry
	// images are the digests that pipelines release, by a name.
	images map[string]string
	// isShort says that one tag is released to each registry, and not two.
	isShort bool
}

func newOrderScene(t *testing.T) *orderScene {
	t.Helper()
	s := &orderScene{PokeScene: jobtest.NewPoke(t), other: ocitest.New(t), images: map[string]string{}}
	for _, name := range []string{"old", "new", "newer"} {
		s.images[name] = s.Push("group/project/rust:"+name, map[string]string{schema.LabelImage: "rust", schema.LabelInputs: name})
	}
	s.Vars[schema.VarRelease] = `[{"tags":["latest","stable"]},{"repository":"` + s.other.Host + `/mirror/rust","tags":["latest","1"]}]`
	return s
}

// newShortScene releases one tag to each registry.
func newShortScene(t *testing.T) *orderScene {
	t.Helper()
	s := newOrderScene(t)
	s.isShort = true
	s.Vars[schema.VarRelease] = `[{"tags":["latest"]},{"repository":"` + s.other.Host + `/mirror/rust","tags":["latest"]}]`
	return s
}

// pipeline lets the jobs be those of a pipeline that has an image.
func (s *orderScene) pipeline(id, image string) {
	s.Vars["CI_PIPELINE_ID"], s.Vars["STEMMA_DIGEST_RUST"], s.Vars[schema.VarInputs] = id, s.images[image], image
}

func (s *orderScene) releaseJob() error { return s.Release() }

func (s *orderScene) pokeJob() error { return s.Poke() }

// releases runs the release and the poke job of a pipeline.
func (s *orderScene) releases(id, image string) {
	s.Helper()
	s.pipeline(id, image)
	jobtest.Check(s.T, s.releaseJob())
	jobtest.Check(s.T, s.pokeJob())
}

// named is which image each released tag names, in one word if it is the same for all.
func (s *orderScene) named() string {
	s.Helper()
	names := map[string]string{}
	for name, digest := range s.images {
		names[digest] = name
	}
	all := []string{names[s.Digest("group/project/rust:latest")], names[s.DigestIn(s.other, "mirror/rust:latest")]}
	if !s.isShort {
		all = []string{all[0], names[s.Digest("group/project/rust:stable")], all[1], names[s.DigestIn(s.other, "mirror/rust:1")]}
	}
	if compact := slices.Compact(slices.Clone(all)); len(compact) == 1 {
		return compact[0]
	}
	return strings.Join(all, " ")
}

// waves are those in which the dependent was poked, in their order.
func (s *orderScene) waves() string {
	var waves []string
	for _, p := range s.Started() {
		waves = append(waves, p.Variables[schema.VarWave])
	}
	return strings.Join(waves, " ")
}

// A pipeline that began earlier may end later, or be retried.
func TestAnOlderPipelineMovesNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		run func(*orderScene)
		// named is what the tags name in the end, and waves are the pokes.
		named, waves, log string
	}{
		"one after the other": {func(s *orderScene) { s.releases("7", "old"); s.releases("8", "new") }, "new", "p7 p8", ""},
		"an older one ends last": {
			func(s *orderScene) { s.releases("8", "new"); s.releases("7", "old") }, "new", "p8",
			"pipeline 8 released IMAGE since: no tag moves. To release what this pipeline built, start a new pipeline for its commit",
		},
		"an older one is retried":       {func(s *orderScene) { s.releases("7", "old"); s.releases("8", "new"); s.releases("7", "old") }, "new", "p7 p8", "pipeline 8 released"},
		"a revert releases an old one":  {func(s *orderScene) { s.releases("7", "old"); s.releases("8", "new"); s.releases("9", "old") }, "old", "p7 p8 p9", ""},
		"behind one that moved nothing": {func(s *orderScene) { s.releases("5", "old"); s.releases("7", "old"); s.releases("6", "new") }, "old", "p5", "pipeline 7 released"},
		"the same again":                {func(s *orderScene) { s.releases("7", "new"); s.releases("7", "new"); s.releases("8", "new") }, "new", "p7", "pipeline 7 told them of"},
		"the build was run again":       {func(s *orderScene) { s.releases("7", "old"); s.releases("7", "new") }, "new", "p7 p7", ""},
		"ids compare as numbers":        {func(s *orderScene) { s.releases("10", "new"); s.releases("9", "old") }, "new", "p10", "pipeline 10 released"},
		"on a GitLab that was replaced": {func(s *orderScene) {
			s.releases("800", "old")
			s.Vars["CI_SERVER_URL"] = "https://gitlab.example.org"
			s.releases("3", "new")
		}, "new", "p800 p3", ""},
		"a person releases": {func(s *orderScene) {
			s.releases("7", "old")
			s.pipeline("", "new")
			jobtest.Check(s.T, s.releaseJob())
		}, "new", "p7", ""},
		"a person, and an older pipeline again": {func(s *orderScene) {
			s.releases("7", "old")
			s.pipeline("", "new")
			jobtest.Check(s.T, s.releaseJob())
			s.releases("7", "old")
		}, "new", "p7", "somebody on a machine released"},
		"a person, and a later pipeline that has it": {func(s *orderScene) {
			s.releases("7", "old")
			s.pipeline("", "new")
			jobtest.Check(s.T, s.releaseJob())
			s.releases("8", "new")
			s.releases("9", "new")
		}, "new", "p7 t20261120-000000", ""},
		"a person, and a later pipeline": {func(s *orderScene) {
			s.pipeline("", "new")
			jobtest.Check(s.T, s.releaseJob())
			s.releases("8", "old")
		}, "old", "p8", ""},
		"a child that is started again": {func(s *orderScene) {
			s.Vars["CI_PIPELINE_SOURCE"], s.Vars[schema.VarParentPipeline] = "parent_pipeline", "7"
			s.releases("17", "old")
			s.Vars[schema.VarParentPipeline] = "8"
			s.releases("18", "new")
			s.Vars[schema.VarParentPipeline] = "7"
			s.releases("19", "old")
		}, "new", "p17 p18", "pipeline 8 released"},
		"a variable that is not a parent's": {func(s *orderScene) {
			s.releases("8", "new")
			s.Vars[schema.VarParentPipeline] = "9"
			s.releases("7", "old")
		}, "new", "p8", "pipeline 8 released"},
		"another branch": {func(s *orderScene) {
			s.Vars["CI_DEFAULT_BRANCH"], s.Vars["CI_COMMIT_BRANCH"] = "main", "stable/1.x"
			s.releases("8", "new")
			s.Vars["CI_COMMIT_BRANCH"] = "main"
			s.releases("7", "old")
		}, "old", "p8 p7", ""},
		"a tag that was moved by hand": {func(s *orderScene) {
			s.releases("7", "new")
			jobtest.Check(s.T, s.Env().Registry.Tag(s.Context(), jobtest.Must(oci.ParseReference(s.Registry.Host+"/group/project/rust:old")), schema.Latest, oci.Credentials{}))
			s.releases("8", "new")
		}, "new", "p7 p8", ""},
		"other targets than before": {func(s *orderScene) {
			all := s.Vars[schema.VarRelease]
			s.Vars[schema.VarRelease] = `[{"tags":["latest","gone"]}]`
			s.releases("7", "new")
			s.Vars[schema.VarRelease] = all
			s.releases("8", "new")
		}, "new", "p7 p8", ""},
	}
	for name, test := range sample.Of(tests, 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newOrderScene(t)
			test.run(s)
			if named, waves := s.named(), s.waves(); named != test.named || waves != test.waves {
				t.Errorf("the tags name %s, want %s; the pokes are %q, want %q\n%s", named, test.named, waves, test.waves, s.Log.String())
			}
			if want := strings.ReplaceAll(test.log, "IMAGE", s.images["new"]); !strings.Contains(s.Log.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, s.Log.String())
			}
		})
	}
}

// Nothing moves anywhere before all places have the image.
func TestAPlaceThatRefusesTheImageMovesNoTag(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.releases("7", "old")
	s.other.Break(ocitest.Fault{Method: http.MethodPatch, Path: "mirror/rust/blobs/uploads", Status: http.StatusForbidden, Times: 1})
	s.pipeline("8", "new")
	if err := s.releaseJob(); err == nil || s.named() != "old" {
		t.Errorf("got %v; the tags name %s", err, s.named())
	}
	s.releases("8", "new")
	if s.named() != "new" || s.waves() != "p7 p8" {
		t.Errorf("the tags name %s, pokes %s", s.named(), s.waves())
	}
}

// A tag may be protected at one place. What moved until then is told by the pipeline that ends the release.
func TestMovesOfAFailedReleaseAreTold(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.releases("7", "old")
	s.other.Break(ocitest.Fault{Method: http.MethodPut, Path: "mirror/rust/manifests/1", Status: http.StatusForbidden, Times: 1})
	s.pipeline("8", "new")
	if err := s.releaseJob(); err == nil || s.named() != "new new new old" {
		t.Errorf("got %v; the tags name %s", err, s.named())
	}
	s.releases("9", "new")
	if s.named() != "new" || s.waves() != "p7 p8" {
		t.Errorf("the tags name %s, pokes %s", s.named(), s.waves())
	}
}

// killed is a way to registries that ends after some requests, as for a process that is killed.
type killed struct {
	http.RoundTripper
	// left is how many requests are sent; the last of them is carried out and its answer lost where isLost is set.
	left   atomic.Int64
	isLost bool
}

var errKilled = errors.New("the process was killed")

func (k *killed) RoundTrip(request *http.Request) (*http.Response, error) {
	left := k.left.Add(-1)
	if left < 0 && (left < -1 || !k.isLost) {
		return nil, errKilled
	}
	response, err := k.RoundTripper.RoundTrip(request)
	if left < 0 && err == nil {
		_ = response.Body.Close()
		return nil, errKilled
	}
	return response, err
}

// kill lets the scene's jobs be killed after some requests to registries.
func (s *orderScene) kill(after int, isLost bool) *killed {
	limits, err := network.ParseLimits("")
	jobtest.Check(s.T, err)
	k := &killed{RoundTripper: network.New(limits), isLost: isLost}
	k.left.Store(int64(after))
	s.Wire = k
	return k
}

// Whenever a release is killed, a retry, another runner or a later pipeline finishes it: no move is lost, no poke is lost, and no tag goes
// back.
func TestAKilledReleaseIsFinished(t *testing.T) {
	t.Parallel()
	ends := map[string]struct {
		run          func(*orderScene)
		named, waves string
	}{
		"by a retry behind an older":  {func(s *orderScene) { s.releases("7", "old"); s.releases("8", "new") }, "new", "p7 p8"},
		"by a later pipeline":         {func(s *orderScene) { s.releases("9", "new") }, "new", "p7 p8|p7 p9"},
		"by a later one and a retry":  {func(s *orderScene) { s.releases("9", "new"); s.releases("8", "new"); s.releases("10", "new") }, "new", "p7 p8|p7 p9"},
		"by a later one with another": {func(s *orderScene) { s.releases("9", "newer"); s.releases("8", "new") }, "newer", "p7 p9"},
		"by a revert":                 {func(s *orderScene) { s.releases("9", "old"); s.releases("8", "new") }, "old", "p7 p9|p7"},
	}
	for name, end := range ends {
		for _, isLost := range []bool{false, true} {
			if isLost && name != "by a later pipeline" {
				continue // the others are like these
			}
			t.Run(fmt.Sprintf("%s, answer lost %t", name, isLost), func(t *testing.T) {
				t.Parallel()
				for after := 0; ; after += sample.Step(15) {
					s := newShortScene(t)
					s.releases("7", "old")
					s.pipeline("8", "new")
					s.kill(after, isLost)
					err := s.releaseJob()
					s.Wire = nil
					if err != nil {
						s.notGoneBack()
						if record, err := record.ReadOutcome(s.Dir); err != nil || len(record.Moves) > 0 || record.Release != nil {
							t.Errorf("after %d requests the poke job would find %v, %v", after, record, err)
						}
					}
					end.run(s)
					if named := s.named(); named != end.named || !slices.Contains(strings.Split(end.waves, "|"), s.waves()) {
						t.Errorf("killed after %d requests: the tags name %s, want %s; the pokes are %s, want %s\n%s", after, named, end.named, s.waves(), end.waves, s.Log.String())
					}
					if err == nil {
						if after < 15 {
							t.Errorf("the release needed %d requests: none was killed late", after)
						}
						return
					}
				}
			})
		}
	}
}

// notGoneBack fails where a tag names anything but the old or the new image.
func (s *orderScene) notGoneBack() {
	s.Helper()
	for _, name := range strings.Fields(s.named()) {
		if name != "old" && name != "new" {
			s.Errorf("a tag names %q", name)
		}
	}
}

// Whenever a poke is killed, dependents hear of the release, in the wave that it had, and only once where it could be recorded.
func TestAKilledPokeIsRepeatedInItsWave(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*orderScene){
		"by a retry":          func(s *orderScene) { jobtest.Check(s.T, s.pokeJob()) },
		"by a later pipeline": func(s *orderScene) { s.releases("9", "new") },
	}
	for name, end := range ends {
		for _, isLost := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, answer lost %t", name, isLost), func(t *testing.T) {
				t.Parallel()
				for after := 0; ; after += sample.Step(15) {
					s := newShortScene(t)
					s.releases("7", "old")
					s.pipeline("8", "new")
					jobtest.Check(t, s.releaseJob())
					k := s.kill(after, isLost)
					err := s.pokeJob()
					s.Wire = nil
					wasKilled := k.left.Load() < 0
					end(s)
					s.releases("10", "new")
					if waves := s.waves(); waves != "p7 p8" && waves != "p7 p8 p8" {
						t.Errorf("killed after %d requests (%v): the pokes are %s\n%s", after, err, waves, s.Log.String())
					}
					if !wasKilled {
						return
					}
				}
			})
		}
	}
}

// A poke job that never ran is made up for.
func TestAPokeThatNeverRanIsMadeUpFor(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.Vars["STEMMA_POKED_BY"], s.Vars["STEMMA_WAVE"], s.Vars["STEMMA_WAVE_PATH"] = "team/a/x", "p3", "team/a/x"
	s.pipeline("8", "new")
	jobtest.Check(t, s.releaseJob())
	for _, name := range []string{"STEMMA_POKED_BY", "STEMMA_WAVE", "STEMMA_WAVE_PATH"} {
		delete(s.Vars, name)
	}
	s.releases("9", "new")
	if s.waves() != "p3" || s.Started()[0].Variables[schema.VarWavePath] != "team/a/x,group/project/rust" {
		t.Errorf("got %v\n%s", s.Started(), s.Log.String())
	}
	// Its own turn comes too late.
	s.pipeline("8", "new")
	jobtest.Check(t, s.releaseJob())
	jobtest.Check(t, s.pokeJob())
	if s.waves() != "p3" {
		t.Errorf("got %s", s.waves())
	}
}

// Dependents that refuse a poke, or cannot be reached, are poked by the next pipeline, and the others are not poked again.
func TestOnlyDependentsThatWereNotReachedArePokedAgain(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.GitLab.AddProject(gitlabtest.Project{Path: "third/one", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	s.Vars[schema.VarDependents] = "third/one@main\nother/app@main"
	s.pipeline("8", "new")
	jobtest.Check(t, s.releaseJob())
	if err := s.pokeJob(); !errors.Is(err, poke.ErrFailed) {
		t.Fatal(err)
	}
	s.GitLab.AddProject(gitlabtest.Project{Path: "third/one", Allowlist: []string{"group/project"}, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	s.releases("9", "new")
	s.releases("10", "new")
	third := s.GitLab.Pipelines("third/one")
	if s.waves() != "p8" || len(third) != 1 || third[0].Variables[schema.VarWave] != "p8" {
		t.Errorf("got %s and %v\n%s", s.waves(), third, s.Log.String())
	}
	if want := "1 of 2 dependents were not reached before"; !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log does not say %q", want)
	}
}

// Whoever may push can put anything in the place of a record. It moves no tag that is not a target, and stops nothing for ever.
func TestRecordsOfOthersAreReadStrictly(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("a", 64)
	tests := map[string]struct {
		label, value, log string
	}{
		"no JSON":             {schema.LabelRelease, "{", "is not a record that can be read"},
		"no label":            {"other", "x", "is not a record that can be read"},
		"another form":        {schema.LabelRelease, `{"pipeline":"many"}`, "is not a record that can be read"},
		"no digest":           {schema.LabelRelease, `{"pipeline":1,"digest":"latest"}`, `"latest" is not a digest`},
		"a wave made up":      {schema.LabelRelease, `{"pipeline":1,"digest":"` + digest + `","wave":"$(id)"}`, "is not the id of a wave"},
		"a path made up":      {schema.LabelRelease, `{"pipeline":1,"digest":"` + digest + `","path":"$(id)"}`, "is not an image of a project"},
		"a long text":         {schema.LabelRelease, `{"pipeline":1,"digest":"` + digest + `","inputs":"` + strings.Repeat("x", 1001) + `"}`, "1001 bytes"},
		"a long record":       {schema.LabelRelease, strings.Repeat(" ", 1<<20) + "{}", "is not a record that can be read"},
		"many releases":       {schema.LabelRelease, `{"pipeline":1,"digest":"` + digest + `","earlier":[` + strings.Repeat(`{},`, 10) + `{}]}`, "11 earlier releases"},
		"a tag of others":     {schema.LabelRelease, `{"pipeline":1,"digest":"` + digest + `","tags":[{"reference":"evil.example.org/a/b:c"}],"done":false}`, ""},
		"a digest not a tag":  {schema.LabelRelease, `{"pipeline":1,"digest":"` + digest + `","tags":[{"reference":"r.io/a/b@` + digest + `"}]}`, "want a tag, got a digest"},
		"a negative pipeline": {schema.LabelRelease, `{"pipeline":-1,"digest":"` + digest + `"}`, "is not a record that can be read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newOrderScene(t)
			s.Push("group/project/rust:stemma-release", map[string]string{test.label: test.value})
			s.Push("group/project/rust:stemma-poked", map[string]string{schema.LabelPoked: "{"})
			s.releases("8", "new")
			if s.named() != "new" || s.waves() != "p8" || !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("the tags name %s, pokes %s, want %q in\n%s", s.named(), s.waves(), test.log, s.Log.String())
			}
			s.releases("7", "old")
			if s.named() != "new" {
				t.Error("the record was not replaced")
			}
		})
	}
}

// The log says how to get rid of a record that makes every pipeline an older one.
func TestARecordThatNobodyCanPassSaysHowToRemoveIt(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.Push("group/project/rust:stemma-release", map[string]string{schema.LabelRelease: `{"server":"` + s.Vars["CI_SERVER_URL"] + `","pipeline":18446744073709551615,"digest":"` + s.images["old"] + `","done":true}`})
	s.releases("8", "new")
	if want := "if the record is wrong, delete the tag " + s.Registry.Host + "/group/project/rust:stemma-release"; !strings.Contains(s.Log.String(), want) || s.waves() != "" {
		t.Errorf("the log does not say %q:\n%s", want, s.Log.String())
	}
}

// A release may not set the tags of records.
func TestRecordsAreNoReleaseTags(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"stemma-release", "stemma-poked-v1"} {
		s := newOrderScene(t)
		s.Vars[schema.VarRelease] = `[{"tags":["` + tag + `"]}]`
		s.pipeline("8", "new")
		var usage jobenv.UsageError
		if err := s.releaseJob(); !errors.As(err, &usage) || !strings.Contains(err.Error(), "records of releases") {
			t.Errorf("got %v", err)
		}
	}
}

// A retry of a release that moves nothing writes nothing, and a later pipeline only that it was there.
func TestAReleaseThatMovesNothingWritesLittle(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.releases("8", "new")
	s.Registry.Requests()
	s.other.Requests()
	jobtest.Check(t, s.releaseJob())
	if requests := s.Registry.Requests(); jobtest.CountOf(requests, "manifests/stemma-release") != 1 || jobtest.CountOf(requests, "PUT ") != 0 || len(s.other.Requests()) != 2 {
		t.Errorf("a retry: %v", requests)
	}
	s.pipeline("9", "new")
	jobtest.Check(t, s.releaseJob())
	if requests := s.Registry.Requests(); jobtest.CountOf(requests, "GET /v2/group/project/rust/manifests/stemma-release") != 1 || jobtest.CountOf(requests, "PUT /v2/group/project/rust/manifests/") != 1 {
		t.Errorf("a later pipeline: %v", requests)
	}
}
