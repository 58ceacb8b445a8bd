package tested_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The record of the test decides what is released, and no variable.
func TestReleaseRequiresTests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// prepare returns the digest that the variable names; it may be empty.
		prepare  func(*jobtest.Scene) string
		required string
		want     string
	}{
		"tested before it was pushed": {func(s *jobtest.Scene) string { return s.Push(jobtest.Own+":a", jobtest.Made("in out")) }, "in", ""},
		"tested since": {func(s *jobtest.Scene) string {
			digest := s.Push(jobtest.Own+":a", jobtest.Made(""))
			s.Push(jobtest.Own+":"+jobtest.RecordOf("in", digest), nil)
			return digest
		}, "in", ""},
		"some tests before and some since": {func(s *jobtest.Scene) string {
			digest := s.Push(jobtest.Own+":a", jobtest.Made("in"))
			s.Push(jobtest.Own+":"+jobtest.RecordOf("out", digest), nil)
			return digest
		}, "in out", ""},
		"other tests than the present ones": {func(s *jobtest.Scene) string { return s.Push(jobtest.Own+":a", jobtest.Made("old")) }, "in", "has not passed its present tests"},
		"only a part of the tests":          {func(s *jobtest.Scene) string { return s.Push(jobtest.Own+":a", jobtest.Made("in")) }, "in out", "does not list out"},
		"the record of another image": {func(s *jobtest.Scene) string {
			s.Push(jobtest.Own+":"+jobtest.RecordOf("in", s.Push(jobtest.Own+":b", jobtest.Made(""))), nil)
			return s.Push(jobtest.Own+":a", jobtest.Made(""))
		}, "in", "run build:rust again, and verify:rust if the pipeline has it"},
		"a key that only begins like one in the label": {func(s *jobtest.Scene) string { return s.Push(jobtest.Own+":a", jobtest.Made("inside")) }, "in", "has not passed"},
		"found by its tag": {func(s *jobtest.Scene) string {
			s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("in"))
			return ""
		}, "in", ""},
		"found by its tag, untested": {func(s *jobtest.Scene) string { s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("")); return "" }, "in", "has not passed"},
		"nothing is required":        {func(s *jobtest.Scene) string { return s.Push(jobtest.Own+":a", jobtest.Made("")) }, "", ""},
		"an image of other inputs": {func(s *jobtest.Scene) string {
			return s.Push(jobtest.Own+":a", map[string]string{schema.LabelTested: "in"})
		}, "in", "is not made of the inputs"},
		"an image of other inputs without tests": {func(s *jobtest.Scene) string { return s.Push(jobtest.Own+":a", nil) }, "", "is not made of the inputs"},
		"an image of other inputs under its own tag written by hand": {func(s *jobtest.Scene) string {
			s.Vars[schema.VarDistributionTag] = "v1"
			return s.Push(jobtest.Own+":v1", nil)
		}, "", ""},
		"an image of other inputs beside a tag written by hand": {func(s *jobtest.Scene) string {
			s.Vars[schema.VarDistributionTag] = "v1"
			s.Push(jobtest.Own+":v1", nil)
			return s.Push(jobtest.Own+":a", nil)
		}, "", "is not made of the inputs"},
		"an index of tested images": {func(s *jobtest.Scene) string {
			since := s.Push(jobtest.Own+":b", jobtest.Made(""))
			s.Push(jobtest.Own+":"+jobtest.RecordOf("in", since), nil)
			return s.PushParts(map[string]string{"linux/amd64": s.Push(jobtest.Own+":a", jobtest.Made("in")), "linux/arm64": since})
		}, "in", ""},
		"an index with one untested image": {func(s *jobtest.Scene) string {
			return s.PushParts(map[string]string{"linux/amd64": s.Push(jobtest.Own+":a", jobtest.Made("in")), "linux/arm64": s.Push(jobtest.Own+":b", jobtest.Made(""))})
		}, "in", "has not passed"},
		"an index with an image of other inputs": {func(s *jobtest.Scene) string {
			return s.PushParts(map[string]string{"linux/amd64": s.Push(jobtest.Own+":a", jobtest.Made("in")), "linux/arm64": s.Push(jobtest.Own+":b", map[string]string{schema.LabelTested: "in"})})
		}, "in", "is not made of the inputs"},
		"an empty index": {func(s *jobtest.Scene) string { return s.PushParts(nil) }, "in", "an index without images"},
		"a registry that cannot say": {func(s *jobtest.Scene) string {
			digest := s.Push(jobtest.Own+":a", jobtest.Made(""))
			s.Registry.Break(ocitest.Fault{Path: schema.PrefixTested, Status: http.StatusForbidden})
			return digest
		}, "in", "does not allow it (403)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars["STEMMA_DIGEST_RUST"] = test.prepare(s)
			s.Vars[schema.VarRequiredTests], s.Vars[schema.VarRelease] = test.required, `[{"tags":["latest"]}]`
			err := s.Release()
			if test.want == "" {
				jobtest.Check(t, err)
			} else if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if isReleased := s.Digest(jobtest.Own+":latest") != ""; isReleased != (test.want == "") {
				t.Errorf("released: %t", isReleased)
			}
		})
	}
}

// A record is one request, and a label none besides those that read it.
func TestRequiredTestsAskTheRegistryLittle(t *testing.T) {
	t.Parallel()
	ask := func(labels map[string]string) int {
		s := jobtest.New(t)
		digest := s.Push(jobtest.Own+":a", labels)
		s.Push(jobtest.Own+":"+jobtest.RecordOf("in", digest), nil)
		s.Vars["STEMMA_DIGEST_RUST"], s.Vars[schema.VarRequiredTests], s.Vars[schema.VarRelease] = digest, "in", `[{"tags":["latest"]}]`
		jobtest.Check(t, s.Release())
		return jobtest.CountOf(s.Registry.Requests(), "")
	}
	if label, record := ask(jobtest.Made("in")), ask(jobtest.Made("")); record != label+1 {
		t.Errorf("%d requests with a label, %d with a record", label, record)
	}
}

// Jobs of a component have the test itself, and no key of it.
func TestReleaseRequiresTheTestThatItHas(t *testing.T) {
	t.Parallel()
	for name, snippet := range map[string]string{"the same test": "true", "another test": "false"} {
		s := jobtest.New(t)
		s.Vars[schema.VarTest], s.Vars[schema.VarRelease] = "true", `[{"tags":["latest"]}]`
		jobtest.Check(t, s.Build())
		s.Vars["STEMMA_DIGEST_RUST"], s.Vars[schema.VarTest] = s.Dotenv()["STEMMA_DIGEST_RUST"], snippet
		if err := s.Release(); (err == nil) != (snippet == "true") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Others are told of tested images alone.
func TestPokeRequiresTests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tested  string
		isPoked bool
	}{"tested": {"in", true}, "untested": {"", false}} {
		s := jobtest.NewPoke(t)
		labels := jobtest.Here()
		maps.Copy(labels, jobtest.Made(test.tested))
		s.Push(jobtest.Own+":"+jobtest.ContentTag, labels)
		s.Vars[schema.VarRequiredTests] = "in"
		if err := s.Poke(); (err == nil) != test.isPoked || err != nil && !strings.Contains(err.Error(), "nobody is poked: ") {
			t.Errorf("%s: %v", name, err)
		}
		if isPoked := len(s.Started()) > 0; isPoked != test.isPoked {
			t.Errorf("%s: poked: %t", name, isPoked)
		}
	}
}
