package build_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/update"
	"gitlab.com/stemma-ci/stemma/internal/ci/verify"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestBuildDecides(t *testing.T) {
	t.Parallel()
	own, good := "group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs}
	tests := map[string]struct {
		prepare func(*jobtest.Scene)
		want    string
		builds  int
		log     string
	}{
		"builds what does not exist":                      {nil, "Build", 1, "no image has the tag"},
		"reuses what exists with its inputs":              {func(s *jobtest.Scene) { s.Push(own, good) }, "Reuse", 0, "it exists"},
		"does not trust a content tag without its inputs": {func(s *jobtest.Scene) { s.Push(own, nil) }, "Build", 1, "not the one that its tag promises"},
		"reuses a hand-written tag by its name": {func(s *jobtest.Scene) {
			s.Vars[schema.VarDistributionTag], s.Vars[schema.VarInputs] = "v1", ""
			s.Push("group/project/rust:v1", nil)
		}, "Reuse", 0, "it exists"},
		"warns of a hand-written tag with other inputs": {func(s *jobtest.Scene) {
			s.Vars[schema.VarDistributionTag] = "v1"
			s.Push("group/project/rust:v1", map[string]string{schema.LabelInputs: "others"})
		}, "Reuse", 0, "has changed since"},
		"is forced": {func(s *jobtest.Scene) {
			s.Push(own, good)
			s.Vars[schema.VarForceRebuild] = "1"
		}, "Build", 1, schema.VarForceRebuild},
		"is named": {func(s *jobtest.Scene) {
			s.Push(own, good)
			s.Vars[schema.VarRebuild] = "base,rust"
		}, "Build", 1, schema.VarRebuild},
		"is not named": {func(s *jobtest.Scene) {
			s.Push(own, good)
			s.Vars[schema.VarRebuild] = "rusty"
		}, "Reuse", 0, "it exists"},
		"copies what the upstream project has": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.Push("up/stream/rust:"+jobtest.ContentTag, good)
		}, "Copy", 0, "the upstream project has it"},
		"takes the upstream project's where both have it": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.Push(own, good)
			s.Push("up/stream/rust:"+jobtest.ContentTag, good)
		}, "Copy", 0, "the upstream project has it"},
		"does not trust the upstream project's tag": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.Push("up/stream/rust:"+jobtest.ContentTag, nil)
		}, "Build", 1, "is not the one that its tag promises; it is not copied"},
		"asks several upstream projects in their order": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "no/thing Up/Stream third/one"
			s.Push("up/stream/rust:"+jobtest.ContentTag, good)
			s.Push("third/one/rust:"+jobtest.ContentTag, good)
		}, "Copy", 0, "the upstream project has it"},
		"builds where the upstream project may not be asked": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "up/stream"
			s.Registry.Break(ocitest.Fault{Path: "up/stream", Status: 403})
		}, "Build", 1, "the upstream project is left out"},
		"is its own upstream": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "group/project"
			s.Push(own, good)
		}, "Reuse", 0, "it exists"},
		"follows a parent that was built again": {func(s *jobtest.Scene) {
			s.Vars[schema.VarParents] = "base=" + s.Vars[schema.VarBaseImage]
			s.Vars["STEMMA_DIGEST_BASE"] = s.Push("lib/base:1", nil)
			s.Push(own, map[string]string{schema.LabelInputs: jobtest.Inputs, schema.LabelParents: `[{"name":"base","digest":"sha256:old"}]`})
		}, "Build", 1, "its parent base was rebuilt"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			if err := s.Build(); err != nil {
				t.Fatalf("%v\n%s", err, s.Log.String())
			}
			if len(s.Builder.Built) != test.builds || !strings.Contains(s.Log.String(), test.want+" "+s.Registry.Host) || !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("%d builds, log:\n%s", len(s.Builder.Built), s.Log.String())
			}
			reference := "group/project/rust:" + s.Vars[schema.VarDistributionTag]
			if got := s.Dotenv()["STEMMA_DIGEST_RUST"]; got != s.Digest(reference) || got == "" {
				t.Errorf("the dotenv file says %s, the registry has %s", got, s.Digest(reference))
			}
			if len(s.Dotenv()) != 2 {
				t.Errorf("the dotenv file has other variables: %v", s.Dotenv())
			}
			if got := s.Dotenv()["STEMMA_REF_RUST"]; got != s.Registry.Host+"/"+reference {
				t.Errorf("the dotenv file names %s", got)
			}
		})
	}
}

func TestBuildLabels(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	base := s.Push("lib/base:1", map[string]string{"fdo.pipeline_id": "1", "fdo.other": "x", "stemma.reason": "old", "org.opencontainers.image.title": "Base", "org.opencontainers.image.vendor": "Base", "maintainer": "me"})
	s.Builder.Labels = map[string]string{"org.opencontainers.image.url": "own"}
	s.Vars[schema.VarLabels] = `{"org.opencontainers.image.title":"Rust","team":"a"}`
	jobtest.Check(t, s.Build())
	want := map[string]string{
		"fdo.pipeline_id": "7", "fdo.project": "Group/Project", "fdo.commit": "c0ffee",
		"stemma.image": "rust", "stemma.inputs": jobtest.Inputs, "stemma.reason": "no image has the tag " + jobtest.ContentTag, "stemma.wave": "p7",
		"stemma.parents":                       `[{"reference":"` + s.Registry.Host + `/lib/base:1","digest":"` + base + `"}]`,
		"org.opencontainers.image.base.name":   s.Registry.Host + "/lib/base:1",
		"org.opencontainers.image.base.digest": base,
		"org.opencontainers.image.created":     "2026-11-20T00:00:00Z",
		"org.opencontainers.image.revision":    "c0ffee",
		"org.opencontainers.image.version":     jobtest.ContentTag,
		"org.opencontainers.image.title":       "Rust",
		"org.opencontainers.image.url":         "own", "team": "a", "maintainer": "me",
	}
	if diff := cmp.Diff(want, s.Labels("group/project/rust:"+jobtest.ContentTag)); diff != "" {
		t.Error(diff)
	}
}

func TestBuildTakesEnvironmentLiterally(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Builder.Env = []string{"PATH=/bin", "GREETING=hello", "LANG=C"}
	s.Vars[schema.VarEnv] = `{"PRICE":"$$5 ${PATH}","GREETING":"a $b \"c\" \\$d $","EMPTY":""}`
	jobtest.Check(t, s.Build())
	want := []string{"PATH=/bin", "LANG=C", "EMPTY=", `GREETING=a $b "c" \$d $`, "PRICE=$$5 ${PATH}"}
	if diff := cmp.Diff(want, s.Config("group/project/rust:"+jobtest.ContentTag).Config.Env); diff != "" {
		t.Error(diff)
	}
}

func TestBuildAsksTheRegistryLittle(t *testing.T) {
	t.Parallel()
	good := map[string]string{schema.LabelInputs: jobtest.Inputs}
	tests := map[string]struct {
		prepare func(*jobtest.Scene)
		want    int
	}{
		"an image that exists": {nil, 2},
		"with an upstream project": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "up/stream"
			image, err := remote.Image(jobtest.Must(name.ParseReference(s.Registry.Host + "/group/project/rust:" + jobtest.ContentTag)))
			jobtest.Check(s.T, err)
			jobtest.Check(s.T, remote.Write(jobtest.Must(name.ParseReference(s.Registry.Host+"/up/stream/rust:"+jobtest.ContentTag)), image))
			s.Registry.Requests()
		}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Push("group/project/rust:"+jobtest.ContentTag, good)
			if test.prepare != nil {
				test.prepare(s)
			}
			jobtest.Check(t, s.Build())
			if requests := s.Registry.Requests(); len(requests) != test.want {
				t.Errorf("%d requests, want %d: %v", len(requests), test.want, requests)
			}
		})
	}
}

func TestAMergeRequestMovesNoHandWrittenTag(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarDistributionTag], s.Vars[schema.VarForceRebuild] = "v1", "1"
	s.Vars["CI_MERGE_REQUEST_IID"], s.Vars["CI_MERGE_REQUEST_PROJECT_PATH"] = "3", "Group/Project"
	before := s.Push("group/project/rust:v1", nil)
	jobtest.Check(t, s.Build())
	if s.Digest("group/project/rust:v1") != before {
		t.Error("the tag moved")
	}
	built := s.Dotenv()
	if built["STEMMA_DIGEST_RUST"] == before || !strings.HasSuffix(built["STEMMA_REF_RUST"], "@"+built["STEMMA_DIGEST_RUST"]) {
		t.Errorf("later jobs get %v", built)
	}
}

func TestRegistryFaultsPublishNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault ocitest.Fault
		want  string
	}{
		"401 while looking":  {ocitest.Fault{Path: "/manifests/" + jobtest.ContentTag, Status: 401, Header: http.Header{"Www-Authenticate": {`Basic realm="x"`}}}, "refuses the credentials (401): check CI_REGISTRY_USER"},
		"403 while pushing":  {ocitest.Fault{Method: "POST", Path: "/blobs/uploads", Status: 403}, "does not allow it (403)"},
		"404 of the parent":  {ocitest.Fault{Path: "lib/base/manifests", Status: 404}, "find the parent of rust: look up"},
		"429 without end":    {ocitest.Fault{Path: "/manifests/" + jobtest.ContentTag, Status: 429}, "too many requests (429)"},
		"500 without end":    {ocitest.Fault{Method: "PUT", Path: "/manifests/sha256", Status: 500}, "answered 500 after several tries"},
		"half a manifest":    {ocitest.Fault{Method: "GET", Path: "lib/base/manifests", How: networktest.Cut}, "lib/base"},
		"half a layer":       {ocitest.Fault{Method: "GET", Path: "lib/base/blobs", How: networktest.Cut}, "lib/base"},
		"the tag is refused": {ocitest.Fault{Method: "PUT", Path: "/manifests/" + jobtest.ContentTag, Status: 403}, "does not allow it (403)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Registry.Break(test.fault)
			err := s.Build()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error()+s.Log.String(), "s3cret") {
				t.Error("the password is in the error or the log")
			}
			if test.fault.Path != "/manifests/"+jobtest.ContentTag && s.Digest("group/project/rust:"+jobtest.ContentTag) != "" {
				t.Error("the tag names an image")
			}
			if told := s.Dotenv(); len(told) > 0 {
				t.Errorf("later jobs are told of an image: %v", told)
			}
		})
	}
}

func TestPassingFaultsAreWaitedFor(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 500, 502, 503} {
		s := jobtest.New(t)
		s.Registry.Break(ocitest.Fault{Path: "/manifests/", Status: status, Times: 2})
		if err := s.Build(); err != nil {
			t.Errorf("%d twice: %v", status, err)
		}
	}
}

func TestAFailedBuildPublishesNothing(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Builder.Err = errors.New("buildah run: exit status 1")
	if err := s.Build(); err == nil || !strings.Contains(err.Error(), "build rust: buildah run") {
		t.Error(err)
	}
	if s.Digest("group/project/rust:"+jobtest.ContentTag) != "" {
		t.Error("an image was published")
	}
}

func TestWrongVariablesAreAllNamed(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars["CI_REGISTRY_IMAGE"], s.Vars[schema.VarDistributionTag], s.Vars[schema.VarEnv] = "", "a b", "{"
	s.Vars[schema.VarRecipe] = "0000000000000000"
	err := s.Build()
	var usage jobenv.UsageError
	if !errors.As(err, &usage) {
		t.Fatal(err)
	}
	for _, want := range []string{"container registry of this project is switched off", `FDO_DISTRIBUTION_TAG: "a b" is not a tag`, "STEMMA_ENV is not the JSON", "compiled for another version"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if len(s.Registry.Requests()) > 0 {
		t.Error("the registry was asked")
	}
}

func TestIndexIsPublishedOnceAndComplete(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	delete(s.Vars, schema.VarBaseImage)
	s.Vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
	s.Vars["STEMMA_DIGEST_RUST_AMD64"] = s.Push("group/project/rust:a", map[string]string{schema.LabelInputs: jobtest.Inputs})
	if err := s.Build(); err == nil || !strings.Contains(err.Error(), "STEMMA_DIGEST_RUST_ARM64 is not set") {
		t.Error(err)
	}
	if s.Digest("group/project/rust:"+jobtest.ContentTag) != "" {
		t.Error("an incomplete index was published")
	}
	s.Vars["STEMMA_DIGEST_RUST_ARM64"] = s.Push("group/project/rust:b", map[string]string{schema.LabelInputs: jobtest.Inputs})
	jobtest.Check(t, s.Build())
	first := s.Digest("group/project/rust:" + jobtest.ContentTag)
	s.Registry.Requests()
	jobtest.Check(t, s.Build())
	if s.Digest("group/project/rust:"+jobtest.ContentTag) != first || first == "" {
		t.Error("the index changed")
	}
	if requests := s.Registry.Requests(); len(requests) > 5 {
		t.Errorf("%d requests: %v", len(requests), requests)
	}
	// One platform of it asks once more than for a single image.
	s.Vars[schema.VarDistributionPlatform] = "linux/amd64"
	s.Vars[schema.VarBaseImage] = s.Registry.Host + "/lib/base:1"
	s.Registry.Requests()
	jobtest.Check(t, s.Build())
	if requests := s.Registry.Requests(); len(requests) != 3 || len(s.Builder.Built) != 0 {
		t.Errorf("%d requests: %v\n%s", len(requests), requests, s.Log.String())
	}
}

func TestReleaseMovesTagsToWhatWasTested(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	tested := s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs})
	old := s.Push("group/project/rust:latest", nil)
	s.Vars["STEMMA_DIGEST_RUST"] = tested
	s.Vars[schema.VarRelease] = `[{"tags":["latest"]},{"repository":"` + s.Registry.Host + `/mirror/rust","tags":["1","latest"]}]`
	jobtest.Check(t, s.Release())
	for _, reference := range []string{"group/project/rust:latest", "mirror/rust:1", "mirror/rust:latest"} {
		if s.Digest(reference) != tested {
			t.Errorf("%s is %s, want %s", reference, s.Digest(reference), tested)
		}
	}
	outcome, err := record.ReadOutcome(s.Dir)
	jobtest.Check(t, err)
	want := record.Outcome{Pipeline: "7", Repository: s.Registry.Host + "/group/project/rust", Release: outcome.Release, Moves: []record.Move{
		{Reference: s.Registry.Host + "/group/project/rust:latest", Before: old, After: tested},
		{Reference: s.Registry.Host + "/mirror/rust:1", After: tested},
		{Reference: s.Registry.Host + "/mirror/rust:latest", After: tested},
	}}
	if diff := cmp.Diff(want, outcome); diff != "" {
		t.Error(diff)
	}

	// A second release writes nothing.
	s.Registry.Requests()
	jobtest.Check(t, s.Release())
	if requests := s.Registry.Requests(); slices.ContainsFunc(requests, func(r string) bool { return strings.HasPrefix(r, "PUT") || strings.HasPrefix(r, "PATCH") }) {
		t.Errorf("it wrote: %v", requests)
	}
}

func TestReleaseRefusesWhatItCannotVouchFor(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: "other"})
	s.Vars[schema.VarRelease] = `[{"tags":["latest"]}]`
	if err := s.Release(); err == nil || !strings.Contains(err.Error(), "not made of the inputs that this job was compiled for") {
		t.Error(err)
	}
	s.Vars[schema.VarRelease] = `[{"repository":"docker.io/a/b","tags":["latest"],"username":"HUB_USER","password":"HUB_PASSWORD"}]`
	if err := s.Release(); err == nil || !strings.Contains(err.Error(), "HUB_USER is not set") {
		t.Error(err)
	}
	if s.Digest("group/project/rust:latest") != "" {
		t.Error("a tag moved")
	}
}

func TestAReleaseThatFailsHalfwayCanRunAgain(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars["STEMMA_DIGEST_RUST"] = s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs})
	s.Vars[schema.VarRelease] = `[{"tags":["one","two"]}]`
	s.Registry.Break(ocitest.Fault{Method: "PUT", Path: "/manifests/two", Status: 403, Times: 1})
	if err := s.Release(); err == nil || !strings.Contains(err.Error(), "(403)") {
		t.Error(err)
	}
	jobtest.Check(t, s.Release())
	if s.Digest("group/project/rust:two") != s.Vars["STEMMA_DIGEST_RUST"] {
		t.Error("the second tag is missing")
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for name, guard := range map[string]ocitest.Guard{
		"a password": {Username: "me", Password: "s3cret"},
		"a token":    {Username: "me", Password: "s3cret", Tokens: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Registry.Protect(guard)
			jobtest.Check(t, s.Build())
			s.Registry.Requests()
			jobtest.Check(t, s.Build())
			if requests := s.Registry.Requests(); len(s.Builder.Built) != 1 || jobtest.CountOf(requests, "/v2/group") > 3 {
				t.Errorf("%d builds, then %v", len(s.Builder.Built), requests)
			}
			s.Vars["CI_REGISTRY_PASSWORD"] = "wr0ng"
			err := s.Build()
			if err == nil || strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), "CI_REGISTRY_PASSWORD") {
				t.Errorf("a wrong password: %v", err)
			}
			s.Vars["CI_REGISTRY_USER"] = ""
			s.Vars["DOCKER_AUTH_CONFIG"] = `{"auths":{"` + s.Registry.Host + `":{"auth":"bWU6czNjcmV0"}}}`
			jobtest.Check(t, s.Build())
			s.Vars["DOCKER_AUTH_CONFIG"] = "s3cret{"
			if _, err := oci.NewClient(jobenv.Registries(func(name string) string { return s.Vars[name] })); err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a wrong configuration: %v", err)
			}
		})
	}
}

func TestJobsWrittenByHand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		vars  map[string]string
		image string
		want  func(buildah.Image) bool
	}{
		"a suffix of its own": {nil, "rust", func(i buildah.Image) bool { return i.Workdir == "/app" && i.Format == "docker" }},
		"the default path":    {map[string]string{schema.VarRepoSuffix: "", schema.VarDistributionVersion: "43"}, "fedora/43", nil},
		"a default version":   {map[string]string{schema.VarRepoSuffix: "", schema.VarDistributionName: "arch"}, "arch/rolling", nil},
		"packages on lines and in quotes": {
			map[string]string{schema.VarDistributionPackages: "curl\n  'pkgconfig(egl)'  git"},
			"rust",
			func(i buildah.Image) bool { return slices.Equal(i.Packages, []string{"curl", "pkgconfig(egl)", "git"}) },
		},
		"an entrypoint with arguments": {map[string]string{schema.VarDistributionEntrypoint: `["/bin/sh","-c"]`}, "rust", func(i buildah.Image) bool { return len(i.Entrypoint.List) == 2 }},
		"an entrypoint":                {map[string]string{schema.VarDistributionEntrypoint: "/init", schema.VarDistributionWorkingDir: "/w"}, "rust", func(i buildah.Image) bool { return i.Entrypoint.Path == "/init" && i.Workdir == "/w" }},
		"packages that may be missing": {map[string]string{schema.VarIgnoreMissing: "1", schema.VarRetries: "3"}, "rust", func(i buildah.Image) bool { return i.IgnoreMissing && i.Retries == 3 }},
		"zstd":                         {map[string]string{schema.VarCompressionFormat: "zstd", schema.VarCompressionLevel: "3"}, "rust", func(i buildah.Image) bool { return i.Format == "oci" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewByHand(t)
			for name, value := range test.vars {
				s.Vars[name] = value
			}
			jobtest.Check(t, s.Build())
			if s.Digest("group/project/"+test.image+":2026-11-20.0") == "" {
				t.Errorf("the image is not at %s:\n%s", test.image, s.Log.String())
			}
			if test.want != nil && !test.want(s.Builder.Built[0]) {
				t.Errorf("%+v was built", s.Builder.Built[0])
			}
		})
	}
}

// The version is a part of an image's path, unless FDO_REPO_SUFFIX says another.
func TestAMissingVersionIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		vars map[string]string
		says string
	}{
		"nothing to build on":    {map[string]string{schema.VarDistributionName: "debian", schema.VarBaseImage: ""}, "FDO_DISTRIBUTION_VERSION is not set: Debian has no default version"},
		"nor a suffix":           {map[string]string{schema.VarDistributionName: "debian", schema.VarBaseImage: "", schema.VarRepoSuffix: ""}, "FDO_DISTRIBUTION_VERSION is not set: Debian has no default version"},
		"a base without a place": {map[string]string{schema.VarDistributionName: "debian", schema.VarRepoSuffix: ""}, "FDO_DISTRIBUTION_VERSION is not set: Debian has no default version"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewByHand(t)
			for name, value := range test.vars {
				s.Vars[name] = value
			}
			err := s.Build()
			var usage jobenv.UsageError
			if !errors.As(err, &usage) || strings.Count(err.Error(), test.says) != 1 {
				t.Errorf("%v", err)
			}
			if len(s.Registry.Requests()) > 0 {
				t.Error("the registry was asked")
			}
		})
	}
}

// A tag that stays while the job's variables change is a trap; an image that was built elsewhere says nothing about it.
func TestJobsWrittenByHandWarnOfAForgottenTag(t *testing.T) {
	t.Parallel()
	s := jobtest.NewByHand(t)
	s.Push("group/project/other:2026-11-20.0", nil)
	s.Vars[schema.VarRepoSuffix] = "other"
	jobtest.Check(t, s.Build())
	s.Vars[schema.VarRepoSuffix] = "rust"
	s.Vars[schema.VarDistributionPackages] = "curl"
	jobtest.Check(t, s.Build())
	jobtest.Check(t, s.Build())
	if strings.Contains(s.Log.String(), "Warning") {
		t.Errorf("nothing has changed:\n%s", s.Log.String())
	}
	for variable, value := range map[string]string{schema.VarDistributionPackages: "curl git", schema.VarUsers: `{"app":1000}`} {
		before := s.Vars[variable]
		s.Vars[variable] = value
		s.Log.Reset()
		jobtest.Check(t, s.Build())
		if !strings.Contains(s.Log.String(), "has changed since") || len(s.Builder.Built) != 1 {
			t.Errorf("nobody is warned of %s:\n%s", variable, s.Log.String())
		}
		s.Vars[variable] = before
	}
}

func TestABaseWithoutARegistryIsTheProjectsOwn(t *testing.T) {
	t.Parallel()
	s := jobtest.NewByHand(t)
	want := s.Push("group/project/fedora/43:base", nil)
	s.Vars[schema.VarBaseImage] = "fedora/43:base"
	jobtest.Check(t, s.Build())
	labels := s.Labels("group/project/rust:2026-11-20.0")
	if labels[schema.LabelBaseDigest] != want || labels[schema.LabelBaseName] != s.Registry.Host+"/group/project/fedora/43:base" {
		t.Errorf("%v", labels)
	}
}

func TestPostExecGetsTheImageOnceItIsPublished(t *testing.T) {
	t.Parallel()
	s := jobtest.NewByHand(t)
	s.Vars[schema.VarDistributionPostExec] = "notify"
	var got []string
	env := s.Env()
	env.PostExec = func(_ context.Context, snippet, image, folder string) error {
		got = append(got, snippet, image, s.Digest("group/project/rust:2026-11-20.0"), folder)
		return nil
	}
	jobtest.Check(t, build.Run(t.Context(), env.Build()))
	jobtest.Check(t, build.Run(t.Context(), env.Build()))
	want := []string{"notify", s.Registry.Host + "/group/project/rust:2026-11-20.0", s.Digest("group/project/rust:2026-11-20.0"), s.Dir}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// With these strategies the runner leaves whatever the last job left in the project's folder, or nothing.
func TestPostExecOfAJobWithoutACheckoutRunsInAClone(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"none", "empty"} {
		s := jobtest.NewByHand(t)
		s.Vars[schema.VarDistributionPostExec], s.Vars["GIT_STRATEGY"] = "bash ci/export.sh", strategy
		env := s.Env()
		env.Clone = func(_ context.Context, _, commit, folder string) error {
			jobtest.Check(t, os.MkdirAll(folder, 0o755))
			return os.WriteFile(filepath.Join(folder, "commit"), []byte(commit), 0o600)
		}
		env.PostExec = func(_ context.Context, _, _, folder string) error {
			commit, err := os.ReadFile(filepath.Join(folder, "commit"))
			if string(commit) != "c0ffee" {
				t.Errorf("%s: %s holds the commit %q", strategy, folder, commit)
			}
			return err
		}
		jobtest.Check(t, build.Run(t.Context(), env.Build()))
	}
}

// As in the images of ci-templates, https://gitlab.freedesktop.org/gstreamer/gstreamer/-/issues/2433.
func TestOnlyImagesOfJobsWrittenByHandHaveTheJobsHome(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		s    *jobtest.Scene
		vars map[string]string
		want string
	}{
		"by hand":         {jobtest.NewByHand(t), nil, "/root"},
		"compiled":        {jobtest.New(t), nil, ""},
		"a Containerfile": {jobtest.NewByHand(t), map[string]string{schema.VarContainerfile: "Containerfile"}, ""},
		"one of its own":  {jobtest.NewByHand(t), map[string]string{schema.VarEnv: `{"HOME":"/home/rust"}`}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, value := range test.vars {
				test.s.Vars[name] = value
			}
			env := test.s.Env()
			env.Environ = []string{"HOME=/root"}
			jobtest.Check(t, build.Run(t.Context(), env.Build()))
			if got := test.s.Builder.Built[0].Home; got != test.want {
				t.Errorf("HOME is %q", got)
			}
		})
	}
}

func TestParentsComeFromMirrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ mirror, place, says string }{
		"one that has it":          {"hub", "hub/lib/base", "Take "},
		"one that does not":        {"empty", "lib/base", "is passed over"},
		"one that does not answer": {"127.0.0.1:1/hub", "lib/base", "is passed over"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewByHand(t)
			s.Push("hub/lib/base:1", nil)
			mirror := test.mirror
			if !strings.Contains(mirror, ":") {
				mirror = s.Registry.Host + "/" + mirror
			}
			s.Vars[schema.VarRegistryMirrors] = s.Registry.Host + "=" + mirror
			jobtest.Check(t, s.Build())
			if got := s.Builder.Built[0].Base; !strings.HasPrefix(got, s.Registry.Host+"/"+test.place+"@") || !strings.Contains(s.Log.String(), test.says) {
				t.Errorf("built on %s:\n%s", got, s.Log.String())
			}
			labels := s.Labels("group/project/rust:2026-11-20.0")
			if labels[schema.LabelBaseName] != s.Registry.Host+"/lib/base:1" {
				t.Errorf("the label names %s", labels[schema.LabelBaseName])
			}
		})
	}
}

func TestImagesOfTheUpstreamProjectStayThereWhereAskedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		upstream, local bool
		registryImage   string
		project, says   string
	}{
		"upstream has it":             {true, false, "up/stream", "up/stream", "Use the upstream project's"},
		"upstream has another":        {true, true, "up/stream", "up/stream", "Use the upstream project's"},
		"nobody has it":               {false, false, "up/stream", "group/project", "Build"},
		"only the fork has it":        {false, true, "up/stream", "group/project", "Reuse"},
		"images are looked for here":  {true, false, "Group/Project", "group/project", "Copy"},
		"nothing says where they are": {true, false, "", "group/project", "Copy"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewByHand(t)
			s.Vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.Vars[schema.VarFoundRegistryImage] = s.Registry.Host + "/Up/Stream"
			if test.registryImage != "" {
				s.Vars[schema.VarRegistryImage] = s.Registry.Host + "/" + test.registryImage
			}
			for project, has := range map[string]bool{"up/stream": test.upstream, "group/project": test.local} {
				if has {
					s.Push(project+"/rust:2026-11-20.0", map[string]string{"of": project})
				}
			}
			jobtest.Check(t, s.Build())
			want := s.Registry.Host + "/" + test.project
			got := s.Dotenv()
			if got[schema.VarFoundRegistryImage] != want || got["STEMMA_REF_RUST"] != want+"/rust:2026-11-20.0" || !strings.Contains(s.Log.String(), test.says) {
				t.Errorf("%v\n%s", got, s.Log.String())
			}
			if got["STEMMA_DIGEST_RUST"] != s.Digest(test.project+"/rust:2026-11-20.0") {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestATrialRebuildBuildsAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	was := s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs})
	s.Vars[schema.VarTrialRebuild], s.Vars[schema.VarRelease] = "1", `[{"tags":["latest"]}]`
	s.Vars[schema.VarDistributionPostExec] = "exit 1"
	jobtest.Check(t, s.Build())
	if len(s.Builder.Built) != 1 || s.Digest("group/project/rust:"+jobtest.ContentTag) != was {
		t.Errorf("%d builds, and the tag moved from %s:\n%s", len(s.Builder.Built), was, s.Log.String())
	}
	digest := s.Dotenv()["STEMMA_DIGEST_RUST"]
	if digest == was || !strings.HasSuffix(s.Dotenv()["STEMMA_REF_RUST"], "@"+digest) {
		t.Errorf("later jobs are not told what to test: %v", s.Dotenv())
	}
	s.Vars["STEMMA_DIGEST_RUST"] = digest
	jobtest.Check(t, s.Release())
	jobtest.Check(t, s.Poke())
	jobtest.Check(t, update.Run(s.Context(), s.Env().Update()))
	for _, request := range s.Registry.Requests() {
		if strings.HasPrefix(request, "PUT ") && strings.Contains(request, "/manifests/") && !strings.Contains(request, "/manifests/sha256:") && !strings.Contains(request, jobtest.ContentTag) {
			t.Errorf("a tag was set: %s", request)
		}
	}
}

func TestTheOldNameOfTrialRebuildsWorksAndWarns(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs})
	s.Vars[schema.VarCanary] = "1"
	jobtest.Check(t, s.Build())
	want := "STEMMA_CANARY is an old name, which the next version does not read; set STEMMA_TRIAL_REBUILD instead."
	if log := s.Log.String(); len(s.Builder.Built) != 1 || !strings.Contains(log, want) {
		t.Errorf("got %d builds and the log:\n%s\nwant one build, and %q", len(s.Builder.Built), log, want)
	}
}

func TestTestsMayRunOutsideTheImage(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	digest := s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs})
	s.Vars[schema.VarTests] = `[{"name":"sees the image","run":"test \"$STEMMA_IMAGE_REFERENCE\" = \"$WANT\"","outside":true},{"name":"fails","run":"echo why; exit 3","outside":true}]`
	env := s.Env()
	env.RunOutside = func(ctx context.Context, snippet, image string) (int, string, error) {
		environ := append(os.Environ(), "WANT="+s.Registry.Host+"/group/project/rust@"+digest)
		return buildah.RunOutside(ctx, "", environ, &s.Log, snippet, image)
	}
	err := verify.Run(t.Context(), env.Verify())
	if !errors.Is(err, imagetest.ErrFailed) || !strings.Contains(s.Log.String(), "ok   sees the image") || !strings.Contains(s.Log.String(), "FAIL fails: it ended with status 3") {
		t.Errorf("%v\n%s", err, s.Log.String())
	}
}
