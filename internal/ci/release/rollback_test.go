package release_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// rollback moves the tags of the scene back, as a person on a machine.
func (s *orderScene) rollback(to string) error {
	id := s.Vars["CI_PIPELINE_ID"]
	defer func() { s.Vars["CI_PIPELINE_ID"] = id }()
	s.Vars["CI_PIPELINE_ID"] = ""
	return release.Rollback{To: to, Reason: "new ones crash on arm64.", By: "ann"}.Run(s.Context(), s.Env().Release())
}

func (s *orderScene) resume() {
	s.Helper()
	jobtest.Check(s.T, release.Resume(s.Context(), s.Env().Release()))
}

func TestARollbackHolds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// after is what happens after new was rolled back to old.
		after             func(*orderScene)
		named, waves, log string
	}{
		"nothing else": {func(*orderScene) {}, "old", "p7 p8", "until `stemma rollback --resume rust`"},
		"a pipeline without a change": {
			func(s *orderScene) { s.releases("9", "new"); s.releases("10", "new") }, "old", "p7 p8 t20261120-000000",
			"a rollback holds it at OLD, by ann, since 2026-11-20T00:00:00Z: new ones crash on arm64: no tag moves",
		},
		"a forced rebuild": {func(s *orderScene) {
			s.images["forced"] = s.Push("group/project/rust:forced", map[string]string{schema.LabelImage: "rust", schema.LabelInputs: "new"})
			s.pipeline("9", "forced")
			s.Vars[schema.VarInputs] = "new"
			jobtest.Check(s.T, s.releaseJob())
			jobtest.Check(s.T, s.pokeJob())
		}, "old", "p7 p8 t20261120-000000", "no tag moves"},
		"a commit that changes the image":     {func(s *orderScene) { s.releases("9", "newer"); s.releases("10", "newer") }, "newer", "p7 p8 p9", ""},
		"a commit after a pipeline":           {func(s *orderScene) { s.releases("9", "new"); s.releases("10", "newer") }, "newer", "p7 p8 t20261120-000000 p10", ""},
		"a revert of the commit":              {func(s *orderScene) { s.releases("9", "old"); s.releases("10", "old") }, "old", "p7 p8 t20261120-000000", ""},
		"a revert, and the same commit again": {func(s *orderScene) { s.releases("9", "old"); s.releases("10", "new") }, "new", "p7 p8 t20261120-000000 p10", ""},
		"the release job again":               {func(s *orderScene) { s.releases("8", "new") }, "old", "p7 p8 t20261120-000000", "a rollback holds it"},
		"an older pipeline":                   {func(s *orderScene) { s.releases("7", "old") }, "old", "p7 p8", "a rollback released OLD since"},
		"an older one behind one that was held": {
			func(s *orderScene) { s.releases("10", "new"); s.releases("9", "newer") }, "old", "p7 p8 t20261120-000000", "a rollback released OLD since",
		},
		"somebody publishes":            {func(s *orderScene) { s.pipeline("", "new"); jobtest.Check(s.T, s.releaseJob()) }, "old", "p7 p8", "a rollback holds it"},
		"it is resumed":                 {func(s *orderScene) { s.resume() }, "old", "p7 p8", "To release it now, run the job release:rust of the newest pipeline again"},
		"resumed, and the job again":    {func(s *orderScene) { s.resume(); s.releases("8", "new") }, "new", "p7 p8", ""},
		"resumed, and a later pipeline": {func(s *orderScene) { s.releases("9", "new"); s.resume(); s.releases("10", "new") }, "new", "p7 p8 t20261120-000000 p10", ""},
		"resumed twice":                 {func(s *orderScene) { s.resume(); s.resume() }, "old", "p7 p8", "No rollback holds rust"},
		"rolled back again": {func(s *orderScene) {
			jobtest.Check(s.T, s.rollback(s.images["new"]))
			s.releases("9", "new")
		}, "new", "p7 p8 t20261120-000000", "a rollback holds it at NEW"},
	}
	for name, test := range sample.Of(tests, 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newOrderScene(t)
			s.releases("7", "old")
			s.releases("8", "new")
			jobtest.Check(t, s.rollback(s.images["old"]))
			if s.named() != "old" {
				t.Fatalf("the tags name %s\n%s", s.named(), s.Log.String())
			}
			test.after(s)
			if named, waves := s.named(), s.waves(); named != test.named || waves != test.waves {
				t.Errorf("the tags name %s, want %s; the pokes are %q, want %q\n%s", named, test.named, waves, test.waves, s.Log.String())
			}
			want := strings.NewReplacer("OLD", s.images["old"], "NEW", s.images["new"]).Replace(test.log)
			if !strings.Contains(s.Log.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, s.Log.String())
			}
		})
	}
}

// A digest may be written in several ways. What is not a build of the image moves nothing.
func TestARollbackFindsTheImage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		to    func(*orderScene) string
		error string
	}{
		"a digest":              {func(s *orderScene) string { return s.images["old"] }, ""},
		"the beginning of one":  {func(s *orderScene) string { return s.images["old"][:14] }, ""},
		"without the algorithm": {func(s *orderScene) string { return s.images["old"][7:20] }, ""},
		"a tag":                 {func(*orderScene) string { return "old" }, ""},
		"too short":             {func(s *orderScene) string { return s.images["old"][7:13] }, "is no digest, no tag of"},
		"an unknown beginning":  {func(*orderScene) string { return "0000000" }, "`stemma rollback rust` lists these"},
		"a digest that is gone": {func(*orderScene) string { return "sha256:" + strings.Repeat("a", 64) }, "the registry has no such image: it was deleted, or was never there"},
		"another image": {func(s *orderScene) string {
			return s.Push("group/project/rust:go", map[string]string{schema.LabelImage: "go"})
		}, `is no build of rust: its label stemma.image is "go"`},
		"the record":               {func(*orderScene) string { return "stemma-release" }, "is no digest, no tag of"},
		"no tag that anything has": {func(*orderScene) string { return "a b" }, "is no digest, no tag of"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newOrderScene(t)
			s.releases("7", "old")
			s.releases("8", "new")
			err := s.rollback(test.to(s))
			if test.error == "" {
				jobtest.Check(t, err)
				if s.named() != "old" {
					t.Errorf("the tags name %s", s.named())
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.error) || s.named() != "new" {
				t.Errorf("got %v, want %q; the tags name %s", err, test.error, s.named())
			}
		})
	}
}

// A dry run says what would move.
func TestADryRunOfARollbackWritesNothing(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.releases("8", "new")
	s.Registry.Requests()
	s.other.Requests()
	jobtest.Check(t, release.Rollback{To: "old", DryRun: true}.Run(s.Context(), s.Env().Release()))
	for _, request := range append(s.Registry.Requests(), s.other.Requests()...) {
		if !strings.HasPrefix(request, "GET ") && !strings.HasPrefix(request, "HEAD ") {
			t.Errorf("it sent %s", request)
		}
	}
	if want := "rust:stable would move: " + s.images["new"] + " → " + s.images["old"]; !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, s.Log.String())
	}
	jobtest.Check(t, release.Rollback{To: "new", DryRun: true}.Run(s.Context(), s.Env().Release()))
	if want := "rust:stable is already " + s.images["new"]; !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, s.Log.String())
	}
}

// Projects that depend on the image need to hear of each tag that moves, and of nothing else.
func TestARollbackSaysWhoHearsOfIt(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.Vars[schema.VarRelease] = `[{"tags":["latest"]}]`
	s.releases("7", "old")
	s.releases("8", "new")
	const told = "the next pipeline of the default branch tells them"
	for image, want := range map[string]int{"new": 0, "old": 1} {
		before := strings.Count(s.Log.String(), told)
		jobtest.Check(t, s.rollback(image))
		if got := strings.Count(s.Log.String(), told) - before; got != want {
			t.Errorf("after the rollback to the image %s: got %d lines with %q, want %d\n%s", image, got, told, want, s.Log.String())
		}
		jobtest.Check(t, s.rollback("new"))
	}
}

// A registry that fails is not a tag that does not exist.
func TestARollbackReportsARegistryThatFails(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.releases("8", "new")
	s.Registry.Break(ocitest.Fault{Path: "/rust/manifests/mine", Status: http.StatusForbidden})
	if err := s.rollback("mine"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %v, want the answer of the registry", err)
	}
}

// Without a record, the hold is about what a released tag names.
func TestARollbackNeedsNoRecord(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	s.Push("group/project/rust:latest", map[string]string{schema.LabelImage: "rust", schema.LabelInputs: "new"})
	s.Vars[schema.VarInputs] = "something else"
	jobtest.Check(t, s.rollback("old"))
	s.releases("8", "new")
	if s.named() != "old" {
		t.Errorf("the tags name %s\n%s", s.named(), s.Log.String())
	}
}

// Ten releases are known, each once, and those whose images are gone.
func TestReleasesAreListed(t *testing.T) {
	t.Parallel()
	s := newOrderScene(t)
	if releases, hold, err := release.List(s.Context(), s.Env().Release()); err != nil || len(releases) > 0 || hold != "" {
		t.Errorf("got %v, %q, %v", releases, hold, err)
	}
	s.releases("7", "old")
	s.releases("8", "new")
	if releases, _, err := release.List(s.Context(), s.Env().Release()); err != nil || len(releases) != 2 || releases[0].Pipeline != 8 || releases[1].Pipeline != 7 {
		t.Errorf("got %v and the error %v, want those of the pipelines 8 and 7", releases, err)
	}
	s.releases("9", "old")
	jobtest.Check(t, s.rollback("new"))
	s.releases("10", "old")
	jobtest.Check(t, s.rollback("new"))
	s.Vars[schema.VarInputs] = "old"
	s.pipeline("11", "old")
	jobtest.Check(t, s.releaseJob()) // which only sees the hold
	releases, hold, err := release.List(s.Context(), s.Env().Release())
	jobtest.Check(t, err)
	var got []string
	for _, one := range releases {
		got = append(got, one.Digest.String())
	}
	if !slices.Equal(got, []string{s.images["new"], s.images["old"]}) || releases[0].Pipeline != 0 || releases[1].Pipeline != 9 || !strings.Contains(hold, "new ones crash") {
		t.Errorf("got %v, %q", releases, hold)
	}
}

// A rollback that is killed, or that meets a release, is finished when it is run again.
func TestAKilledRollbackIsFinished(t *testing.T) {
	t.Parallel()
	for after := 0; ; after += sample.Step(15) {
		s := newShortScene(t)
		s.releases("7", "old")
		s.releases("8", "new")
		s.kill(after, false)
		err := s.rollback("old")
		s.Wire = nil
		s.notGoneBack()
		jobtest.Check(t, s.rollback("old"))
		s.releases("9", "new")
		s.releases("10", "new")
		if s.named() != "old" || s.waves() != "p7 p8 t20261120-000000" {
			t.Errorf("killed after %d requests: the tags name %s, pokes %s\n%s", after, s.named(), s.waves(), s.Log.String())
		}
		if err == nil {
			return
		}
	}
}
