package job_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// own is the repository of the scene's image.
const own = "group/project/rust"

// made are the labels of an image that is made of the scene's inputs, and passed tests before it was pushed.
func made(tested string) map[string]string {
	return map[string]string{schema.LabelInputs: inputs, schema.LabelTested: tested}
}

// recordOf is the tag of the record that an image has passed tests since it was pushed.
func recordOf(key, digest string) string {
	return schema.PrefixTested + key + "-" + strings.TrimPrefix(digest, "sha256:")[:32]
}

// pushParts pushes an index of images of the repository, by platform, and returns its digest.
func (s *scene) pushParts(digests map[string]string) string {
	s.Helper()
	var index v1.ImageIndex = empty.Index
	for platform, digest := range digests {
		parsed, err := v1.ParsePlatform(platform)
		check(s.T, err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: s.builder.images[digest], Descriptor: v1.Descriptor{Platform: parsed}})
	}
	ref, err := name.ParseReference(s.registry.Host + "/" + own + ":index")
	check(s.T, err)
	check(s.T, remote.WriteIndex(ref, index))
	hash, err := index.Digest()
	check(s.T, err)
	s.registry.Requests()
	return hash.String()
}

// The record of the test decides what is released, and no variable.
func TestReleaseRequiresTests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// prepare returns the digest that the variable names; it may be empty.
		prepare  func(*scene) string
		required string
		want     string
	}{
		"tested before it was pushed": {func(s *scene) string { return s.push(own+":a", made("in out")) }, "in", ""},
		"tested since": {func(s *scene) string {
			digest := s.push(own+":a", made(""))
			s.push(own+":"+recordOf("in", digest), nil)
			return digest
		}, "in", ""},
		"some tests before and some since": {func(s *scene) string {
			digest := s.push(own+":a", made("in"))
			s.push(own+":"+recordOf("out", digest), nil)
			return digest
		}, "in out", ""},
		"other tests than the present ones": {func(s *scene) string { return s.push(own+":a", made("old")) }, "in", "has not passed its present tests"},
		"only a part of the tests":          {func(s *scene) string { return s.push(own+":a", made("in")) }, "in out", "does not list out"},
		"the record of another image": {func(s *scene) string {
			s.push(own+":"+recordOf("in", s.push(own+":b", made(""))), nil)
			return s.push(own+":a", made(""))
		}, "in", "run build:rust again, and verify:rust if the pipeline has it"},
		"a key that only begins like one in the label": {func(s *scene) string { return s.push(own+":a", made("inside")) }, "in", "has not passed"},
		"found by its tag":                       {func(s *scene) string { s.push(own+":"+contentTag, made("in")); return "" }, "in", ""},
		"found by its tag, untested":             {func(s *scene) string { s.push(own+":"+contentTag, made("")); return "" }, "in", "has not passed"},
		"nothing is required":                    {func(s *scene) string { return s.push(own+":a", made("")) }, "", ""},
		"an image of other inputs":               {func(s *scene) string { return s.push(own+":a", map[string]string{schema.LabelTested: "in"}) }, "in", "is not made of the inputs"},
		"an image of other inputs without tests": {func(s *scene) string { return s.push(own+":a", nil) }, "", "is not made of the inputs"},
		"an image of other inputs under its own tag written by hand": {func(s *scene) string {
			s.vars[schema.VarDistributionTag] = "v1"
			return s.push(own+":v1", nil)
		}, "", ""},
		"an image of other inputs beside a tag written by hand": {func(s *scene) string {
			s.vars[schema.VarDistributionTag] = "v1"
			s.push(own+":v1", nil)
			return s.push(own+":a", nil)
		}, "", "is not made of the inputs"},
		"an index of tested images": {func(s *scene) string {
			since := s.push(own+":b", made(""))
			s.push(own+":"+recordOf("in", since), nil)
			return s.pushParts(map[string]string{"linux/amd64": s.push(own+":a", made("in")), "linux/arm64": since})
		}, "in", ""},
		"an index with one untested image": {func(s *scene) string {
			return s.pushParts(map[string]string{"linux/amd64": s.push(own+":a", made("in")), "linux/arm64": s.push(own+":b", made(""))})
		}, "in", "has not passed"},
		"an index with an image of other inputs": {func(s *scene) string {
			return s.pushParts(map[string]string{"linux/amd64": s.push(own+":a", made("in")), "linux/arm64": s.push(own+":b", map[string]string{schema.LabelTested: "in"})})
		}, "in", "is not made of the inputs"},
		"an empty index": {func(s *scene) string { return s.pushParts(nil) }, "in", "an index without images"},
		"a registry that cannot say": {func(s *scene) string {
			digest := s.push(own+":a", made(""))
			s.registry.Break(ocitest.Fault{Path: schema.PrefixTested, Status: http.StatusForbidden})
			return digest
		}, "in", "does not allow it (403)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.vars["STEMMA_DIGEST_RUST"] = test.prepare(s)
			s.vars[schema.VarRequiredTests], s.vars[schema.VarRelease] = test.required, `[{"tags":["latest"]}]`
			err := job.Release(s.Context(), s.env())
			if test.want == "" {
				check(t, err)
			} else if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if isReleased := s.digest(own+":latest") != ""; isReleased != (test.want == "") {
				t.Errorf("released: %t", isReleased)
			}
		})
	}
}

// A record is one request, and a label none besides those that read it.
func TestRequiredTestsAskTheRegistryLittle(t *testing.T) {
	t.Parallel()
	ask := func(labels map[string]string) int {
		s := newScene(t)
		digest := s.push(own+":a", labels)
		s.push(own+":"+recordOf("in", digest), nil)
		s.vars["STEMMA_DIGEST_RUST"], s.vars[schema.VarRequiredTests], s.vars[schema.VarRelease] = digest, "in", `[{"tags":["latest"]}]`
		check(t, job.Release(s.Context(), s.env()))
		return countOf(s.registry.Requests(), "")
	}
	if label, record := ask(made("in")), ask(made("")); record != label+1 {
		t.Errorf("%d requests with a label, %d with a record", label, record)
	}
}

// Jobs of a component have the test itself, and no key of it.
func TestReleaseRequiresTheTestThatItHas(t *testing.T) {
	t.Parallel()
	for name, snippet := range map[string]string{"the same test": "true", "another test": "false"} {
		s := newScene(t)
		s.vars[schema.VarTest], s.vars[schema.VarRelease] = "true", `[{"tags":["latest"]}]`
		check(t, s.build())
		s.vars["STEMMA_DIGEST_RUST"], s.vars[schema.VarTest] = s.dotenv()["STEMMA_DIGEST_RUST"], snippet
		if err := job.Release(s.Context(), s.env()); (err == nil) != (snippet == "true") {
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
		s := newPokeScene(t)
		labels := here()
		maps.Copy(labels, made(test.tested))
		s.push(own+":"+contentTag, labels)
		s.vars[schema.VarRequiredTests] = "in"
		if err := s.poke(); (err == nil) != test.isPoked || err != nil && !strings.Contains(err.Error(), "nobody is poked: ") {
			t.Errorf("%s: %v", name, err)
		}
		if isPoked := len(s.started()) > 0; isPoked != test.isPoked {
			t.Errorf("%s: poked: %t", name, isPoked)
		}
	}
}
