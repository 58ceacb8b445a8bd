package prune_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/prune"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// pruneScene has images of several ages; the jobs' clock shows 2026-11-20.
type pruneScene struct{ *jobtest.Scene }

func newPruneScene(t *testing.T) pruneScene {
	t.Helper()
	s := pruneScene{jobtest.New(t)}
	s.Vars[schema.VarPrune], s.Vars[schema.VarKeep] = "rust, base", "24h"
	return s
}

// built puts an image under its content tag, 16 times the letter, that was built some time ago on others; it returns its digest. What
// follows the letter and a dash is the end of a snapshot's tag.
func (s pruneScene) built(image, letter string, age time.Duration, on ...string) string {
	s.Helper()
	letter, end, _ := strings.Cut(letter, "-")
	tag := strings.Repeat(letter, schema.ContentTagLength)
	if end != "" {
		tag += "-" + end
	}
	parents := make([]string, len(on))
	for i, digest := range on {
		parents[i] = fmt.Sprintf(`{"name":"base","reference":"x/base:1","digest":%q}`, digest)
	}
	return s.Push("group/project/"+image+":"+tag, map[string]string{
		schema.LabelImage: image, schema.LabelInputs: strings.Repeat(letter, 64), schema.LabelParents: "[" + strings.Join(parents, ",") + "]",
		schema.LabelCreated: s.Env().Now().Add(-age).Format(time.RFC3339),
	})
}

// name lets another tag name an image that is there.
func (s pruneScene) name(image, digest, tag string) {
	s.Helper()
	from, err := name.ParseReference(s.Registry.Host + "/group/project/" + image + "@" + digest)
	jobtest.Check(s.T, err)
	descriptor, err := remote.Get(from)
	jobtest.Check(s.T, err)
	jobtest.Check(s.T, remote.Tag(from.Context().Tag(tag), descriptor))
	s.Registry.Requests()
}

// tags are those of an image, content tags by their letter.
func (s pruneScene) tags(image string) string {
	s.Helper()
	repository, err := name.NewRepository(s.Registry.Host + "/group/project/" + image)
	jobtest.Check(s.T, err)
	tags, err := remote.List(repository)
	jobtest.Check(s.T, err)
	for i, tag := range tags {
		if rest, ok := strings.CutPrefix(tag, strings.Repeat(tag[:1], schema.ContentTagLength)); ok {
			tags[i] = tag[:1] + rest
		}
		if at := s.Digest("group/project/" + image + ":" + strings.Repeat("a", schema.ContentTagLength)); at != "" && strings.HasPrefix(tag, "stemma-tested-") {
			tags[i] = strings.Replace(tags[i], at[len("sha256:"):][:32], "A", 1)
		}
	}
	slices.Sort(tags)
	return strings.Join(tags, " ")
}

func (s pruneScene) prune() error { return prune.Run(s.Context(), s.Env().Prune()) }

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

func TestPruneDeletesOldContentTags(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(pruneScene)
		want    string
	}{
		"by their age": {func(s pruneScene) {
			s.built("rust", "a", 23*hour)
			s.built("rust", "b", 25*hour)
			s.built("rust", "c", 3*day)
			s.built("rust", "d", 46*day)
		}, "a"},
		"by their age, thirty days unless said otherwise": {func(s pruneScene) {
			s.Vars[schema.VarKeep] = ""
			s.built("rust", "a", 23*hour)
			s.built("rust", "b", 25*hour)
			s.built("rust", "c", 3*day)
			s.built("rust", "d", 46*day)
		}, "a b c"},
		"never the newest": {func(s pruneScene) {
			s.built("rust", "a", 46*day)
			s.built("rust", "b", 47*day)
		}, "a"},
		"snapshots, but the newest": {func(s pruneScene) {
			s.built("rust", "a", 46*day)
			s.built("rust", "a-20260901", 60*day)
			s.built("rust", "a-20260902", 59*day)
			s.built("rust", "b-20261119-010203", 2*hour)
			s.built("rust", "c-20260902-010203", 59*day)
			s.built("rust", "c-2026", 59*day)
		}, "a b-20261119-010203 c-2026"},
		"never what a release names": {func(s pruneScene) {
			s.built("rust", "a", hour)
			s.name("rust", s.built("rust", "b", 46*day), "latest")
		}, "a b latest"},
		"never a tag of another kind": {func(s pruneScene) {
			s.built("rust", "a", hour)
			s.Push("group/project/rust:v1", map[string]string{schema.LabelImage: "rust", schema.LabelCreated: "2020-01-01T00:00:00Z"})
			s.Push("group/project/rust:stemma-failed-x", nil)
			s.Push("group/project/rust:DDDDDDDDDDDDDDDD", nil)
		}, "D a stemma-failed-x v1"},
		"what is remembered of failures, by the age of the last": {func(s pruneScene) {
			failed := func(tag string, age time.Duration) {
				last := s.Env().Now().Add(-age).Format(time.RFC3339)
				s.Push("group/project/rust:stemma-failed-"+tag, map[string]string{schema.LabelFailed: `{"on":"x","failures":3,"last":"` + last + `"}`})
			}
			s.built("rust", "a", hour)
			failed("a", 23*hour)
			failed("b-amd64", 3*day)
			s.Push("group/project/rust:stemma-failed-odd", map[string]string{schema.LabelFailed: "{"})
			s.Push("group/project/rust:v1", map[string]string{schema.LabelFailed: `{"last":"2020-01-01T00:00:00Z"}`})
		}, "a stemma-failed-a stemma-failed-odd v1"},
		"never what stemma did not build": {func(s pruneScene) {
			s.built("rust", "a", hour)
			s.Push("group/project/rust:"+strings.Repeat("b", 16), map[string]string{schema.LabelCreated: "2020-01-01T00:00:00Z"})
			s.Push("group/project/rust:"+strings.Repeat("c", 16), map[string]string{schema.LabelImage: "rust", schema.LabelInputs: "other", schema.LabelCreated: "2020-01-01T00:00:00Z"})
			s.Push("group/project/rust:"+strings.Repeat("d", 16), map[string]string{schema.LabelImage: "rust", schema.LabelInputs: strings.Repeat("d", 64)})
		}, "a b c d"},
		"never what other projects may use": {func(s pruneScene) {
			s.built("rust", "a", hour)
			s.built("rust", "b", 46*day)
			s.built("rust", "c", 46*day)
			s.Push("group/project/rust:stemma-released-"+strings.Repeat("b", 16), nil)
		}, "a b stemma-released-bbbbbbbbbbbbbbbb"},
		"records of tests, with their image": {func(s pruneScene) {
			tested := func(digest string) {
				s.Push("group/project/rust:stemma-tested-0123456789abcdef-"+digest[len("sha256:"):][:32], map[string]string{schema.LabelTested: "0123456789abcdef"})
			}
			tested(s.built("rust", "a", hour))
			tested(s.built("rust", "b", 46*day))
			s.Push("group/project/rust:stemma-tested-odd", nil)
			s.Push("group/project/rust:stemma-tested-0123456789abcdef-"+strings.Repeat("f", 32), map[string]string{
				schema.LabelCreated: s.Env().Now().Add(-hour).Format(time.RFC3339),
			})
		}, "a stemma-tested-0123456789abcdef-A stemma-tested-0123456789abcdef-" + strings.Repeat("f", 32) + " stemma-tested-odd"},
		"what is remembered of images without a tag, by its age": {func(s pruneScene) {
			s.built("rust", "a", hour)
			for tag, created := range map[string]time.Duration{"b-amd64": 46 * day, "c": hour} {
				s.Push("group/project/rust:stemma-untested-"+tag, map[string]string{schema.LabelCreated: s.Env().Now().Add(-created).Format(time.RFC3339)})
			}
			s.Push("group/project/rust:stemma-untested-odd", nil)
		}, "a stemma-untested-c stemma-untested-odd"},
		"never what is remembered of releases and pokes": {func(s pruneScene) {
			s.built("rust", "a", hour)
			for _, tag := range []string{"stemma-release", "stemma-release-v1", "stemma-poked"} {
				s.Push("group/project/rust:"+tag, map[string]string{schema.LabelCreated: "2020-01-01T00:00:00Z"})
			}
		}, "a stemma-poked stemma-release stemma-release-v1"},
		"nothing where there is nothing": {func(pruneScene) {}, ""},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newPruneScene(t)
			test.prepare(s)
			jobtest.Check(t, s.prune())
			requests := s.Registry.Requests()
			for _, request := range requests {
				if strings.HasPrefix(request, "DELETE") && strings.Contains(request, "sha256:") {
					t.Errorf("deleted by digest: %s", request)
				}
			}
			if test.want == "" {
				return
			}
			if diff := cmp.Diff(test.want, s.tags("rust")); diff != "" {
				t.Errorf("%s\n%s", diff, s.Log.String())
			}
		})
	}
}

// TestPruneKeepsWhatOthersAreBuiltOn keeps the old base of a young image, and the base of that.
func TestPruneKeepsWhatOthersAreBuiltOn(t *testing.T) {
	t.Parallel()
	s := newPruneScene(t)
	s.built("base", "a", hour)
	s.built("base", "b", 40*day)
	first := s.built("base", "c", 46*day)
	second := s.built("base", "d", 45*day, first)
	s.built("rust", "a", 2*hour, second)
	third := s.built("base", "e", 47*day)
	s.Push("group/project/rust:v1", map[string]string{schema.LabelParents: `[{"name":"base","digest":"` + third + `"}]`})
	jobtest.Check(t, s.prune())
	if diff := cmp.Diff("a c d e", s.tags("base")); diff != "" {
		t.Errorf("%s\n%s", diff, s.Log.String())
	}
}

func TestPruneOnlySays(t *testing.T) {
	t.Parallel()
	s := newPruneScene(t)
	s.Vars[schema.VarDryRun] = "1"
	s.built("rust", "a", hour)
	s.built("rust", "b", 46*day)
	jobtest.Check(t, s.prune())
	if got := s.tags("rust"); got != "a b" || !strings.Contains(s.Log.String(), "Would delete rust:bbbbbbbbbbbbbbbb") {
		t.Errorf("%s\n%s", got, s.Log.String())
	}
}

// TestPruneDeletesNothingInTheDark breaks a lookup: what cannot be seen may be in use.
func TestPruneDeletesNothingInTheDark(t *testing.T) {
	t.Parallel()
	for what, fault := range map[string]ocitest.Fault{
		"a list":         {Path: "/base/tags/list", Status: http.StatusForbidden},
		"a manifest":     {Path: "/base/manifests/", Status: http.StatusInternalServerError},
		"a released tag": {Path: "/rust/manifests/latest", Status: http.StatusTooManyRequests},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newPruneScene(t)
			s.name("rust", s.built("rust", "a", hour), "latest")
			s.built("rust", "b", 46*day)
			s.built("base", "a", hour)
			s.Registry.Break(fault)
			if err := s.prune(); err == nil || !strings.Contains(err.Error(), "nothing is deleted") {
				t.Errorf("got %v", err)
			}
			if got := s.tags("rust"); got != "a b latest" {
				t.Errorf("the tags are %s", got)
			}
		})
	}
}

func TestPruneGoesPastWhatIsRefused(t *testing.T) {
	t.Parallel()
	s := newPruneScene(t)
	s.built("rust", "a", hour)
	s.built("rust", "b", 46*day)
	s.built("rust", "c", 46*day)
	s.Registry.Break(ocitest.Fault{Method: "DELETE", Path: "/bbbb", Status: http.StatusForbidden})
	if err := s.prune(); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %v", err)
	}
	if got := s.tags("rust"); got != "a b" {
		t.Errorf("the tags are %s", got)
	}
}

// TestPruneAsksGitLab deletes through GitLab's interface what the registry deletes by digest alone.
func TestPruneAsksGitLab(t *testing.T) {
	t.Parallel()
	s, server := newPruneScene(t), gitlabtest.New(t)
	s.built("rust", "a", hour)
	s.built("rust", "b", 46*day)
	tags := map[string]string{strings.Repeat("a", 16): "x", strings.Repeat("b", 16): "y"}
	server.AddProject(gitlabtest.Project{
		Path: "Group/Project", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Maintainer},
		Repositories: map[string]map[string]string{"rust": tags},
	})
	s.Registry.Break(ocitest.Fault{Method: "DELETE", Status: http.StatusMethodNotAllowed})
	if err := s.prune(); err == nil || !strings.Contains(err.Error(), "deletes no tags by their names") {
		t.Errorf("got %v", err)
	}
	s.Vars["CI_API_V4_URL"], s.Vars[schema.VarAccessToken] = server.API(), server.PrivateToken("ann")
	jobtest.Check(t, s.prune())
	if _, ok := tags[strings.Repeat("b", 16)]; ok || len(tags) != 1 {
		t.Errorf("GitLab has %v", tags)
	}
}

func TestPruneReadsItsVariables(t *testing.T) {
	t.Parallel()
	for variable, values := range map[string][]string{
		schema.VarPrune: {""}, schema.VarKeep: {"x", "1", "-1d", "1y", "d", "30 d"}, "CI_REGISTRY_IMAGE": {""},
	} {
		for _, value := range values {
			s := newPruneScene(t)
			s.Vars[variable] = value
			var usage jobenv.UsageError
			if err := s.prune(); !errors.As(err, &usage) || !strings.Contains(err.Error(), variable) {
				t.Errorf("%s=%q: %v", variable, value, err)
			}
		}
	}
}
