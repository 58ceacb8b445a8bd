package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
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

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// inputs begin with the value of contentTag.
const (
	contentTag = "0123456789abcdef"
	inputs     = contentTag + "0123456789abcdef0123456789abcdef0123456789abcdef"
)

// fakeBuilder writes an image of one layer more than its base has to the folder, as buildah does.
type fakeBuilder struct {
	t *testing.T
	// images are those that it may build on, by digest.
	images map[string]v1.Image
	// labels are those that the Containerfile sets, and begins is the digest of the image that it begins with.
	labels map[string]string
	begins string
	built  []buildah.Image
	err    error
	// step is written to the history of the built image, and env to its configuration.
	step string
	env  []string
	// loaded are the images that tests ran in before they were pushed, by their ids; subjects are those of all tests.
	loaded   []string
	subjects []buildah.Subject
	trials   []buildah.Trial
	// onTry is called before a test runs; it may be nil.
	onTry func()
	// onBuild sees the context of a Containerfile.
	onBuild func(folder string)
}

func (f *fakeBuilder) Build(_ context.Context, image buildah.Image, folder string) error {
	f.built = append(f.built, image)
	if f.err != nil {
		return f.err
	}
	if f.onBuild != nil {
		f.onBuild(image.Containerfile.Context)
	}
	base := empty.Image
	if image.Base != "" {
		_, digest, _ := strings.Cut(image.Base, "@")
		base = f.images[digest]
	} else if f.begins != "" {
		base = f.images[f.begins]
	}
	layer, err := random.Layer(512, "application/vnd.docker.image.rootfs.diff.tar.gzip")
	check(f.t, err)
	made, err := mutate.AppendLayers(base, layer)
	check(f.t, err)
	config, err := made.ConfigFile()
	check(f.t, err)
	config = config.DeepCopy()
	if f.step != "" {
		config.History = append(config.History, v1.History{CreatedBy: f.step})
	}
	config.Config.Env = append(config.Config.Env, f.env...)
	for label, value := range f.labels {
		config.Config.Labels[label] = value
	}
	made, err = mutate.ConfigFile(made, config)
	check(f.t, err)
	writeFolder(f.t, made, folder)
	return nil
}

// Load reads the id of an image in a folder, as buildah does.
func (f *fakeBuilder) Load(_ context.Context, folder string) (buildah.Subject, func(), error) {
	content, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	check(f.t, err)
	manifest, err := v1.ParseManifest(bytes.NewReader(content))
	check(f.t, err)
	config, err := os.ReadFile(filepath.Join(folder, manifest.Config.Digest.Hex))
	check(f.t, err)
	if hash, _, err := v1.SHA256(bytes.NewReader(config)); err != nil || hash != manifest.Config.Digest {
		f.t.Errorf("the configuration is %s and not %s (%v)", hash, manifest.Config.Digest, err)
	}
	for _, layer := range manifest.Layers {
		content, err := os.ReadFile(filepath.Join(folder, layer.Digest.Hex))
		check(f.t, err)
		if hash, _, err := v1.SHA256(bytes.NewReader(content)); err != nil || hash != layer.Digest || int64(len(content)) != layer.Size {
			f.t.Errorf("a layer is %s and not %s (%v)", hash, layer.Digest, err)
		}
	}
	id := manifest.Config.Digest.Hex
	f.loaded = append(f.loaded, id)
	return buildah.Subject{ID: id}, func() { f.loaded = slices.DeleteFunc(f.loaded, func(other string) bool { return other == id }) }, nil
}

// Try runs the snippet of a test on this machine, with no variables.
func (f *fakeBuilder) Try(ctx context.Context, image buildah.Subject, trial buildah.Trial) (status int, output string, err error) {
	if f.onTry != nil {
		f.onTry()
	}
	f.subjects, f.trials = append(f.subjects, image), append(f.trials, trial)
	limited, stop := context.WithTimeoutCause(ctx, trial.Limit, buildah.ErrTooLong)
	defer stop()
	return buildah.RunOutsideIn(limited, trial.Folder, nil, io.Discard, trial.Script, "A", "b")
}

// writeFolder writes an image in the layout of "dir:", uncompressed.
func writeFolder(t *testing.T, image v1.Image, folder string) {
	t.Helper()
	check(t, os.MkdirAll(folder, 0o755))
	write := func(name string, content []byte) { check(t, os.WriteFile(filepath.Join(folder, name), content, 0o644)) }
	config, err := image.RawConfigFile()
	check(t, err)
	hash, err := image.ConfigName()
	check(t, err)
	write(hash.Hex, config)
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: "application/vnd.docker.distribution.manifest.v2+json", Config: v1.Descriptor{Digest: hash, Size: int64(len(config))}}
	layers, err := image.Layers()
	check(t, err)
	for _, layer := range layers {
		id, err := layer.DiffID()
		check(t, err)
		reader, err := layer.Uncompressed()
		check(t, err)
		var content bytes.Buffer
		_, err = content.ReadFrom(reader)
		check(t, err)
		write(id.Hex, content.Bytes())
		manifest.Layers = append(manifest.Layers, v1.Descriptor{Digest: id, Size: int64(content.Len())})
	}
	encoded, err := json.Marshal(manifest)
	check(t, err)
	write("manifest.json", encoded)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scene is a job with a registry around it.
type scene struct {
	*testing.T
	registry *ocitest.Registry
	builder  *fakeBuilder
	vars     map[string]string
	dir      string
	log      bytes.Buffer
	// waited is how long the job waited for GitLab, which takes no time here; onWait is called each time.
	waited time.Duration
	onWait func()
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{T: t, registry: ocitest.New(t), builder: &fakeBuilder{t: t, images: map[string]v1.Image{}}, dir: t.TempDir()}
	s.vars = map[string]string{
		"CI_REGISTRY": s.registry.Host, "CI_REGISTRY_IMAGE": s.registry.Host + "/Group/Project", "CI_PROJECT_PATH": "Group/Project",
		"CI_PIPELINE_ID": "7", "CI_COMMIT_SHA": "c0ffee", "CI_REGISTRY_USER": "me", "CI_REGISTRY_PASSWORD": "s3cret",
		schema.VarImage: "rust", schema.VarRepoSuffix: "rust", schema.VarDistributionTag: contentTag, schema.VarInputs: inputs,
		schema.VarDistributionName: "fedora", schema.VarBaseImage: s.registry.Host + "/lib/base:1",
	}
	s.push("lib/base:1", nil)
	return s
}

func (s *scene) env() job.Env {
	config := jobenv.Registries(func(name string) string { return s.vars[name] })
	config.Backoff = time.Millisecond
	client, err := oci.NewClient(config)
	check(s.T, err)
	return job.Env{
		Getenv: func(name string) string { return s.vars[name] }, Dir: output.Folder(s.dir), Log: output.Log{Writer: &s.log}, Registry: client,
		Now:     func() time.Time { return time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC) },
		Builder: func(context.Context) (job.Builder, error) { return s.builder, nil },
		Clone:   func(_ context.Context, _, _, folder string) error { return os.MkdirAll(folder, 0o755) },
		GitLab: func(token gitlab.Token) (*gitlab.Client, error) {
			transport, err := gitlab.NewTransport("", "answer=1s")
			check(s.T, err)
			return gitlab.NewClient(gitlab.Config{
				API: s.vars["CI_API_V4_URL"], Token: token, Transport: transport, Patience: 1500 * time.Millisecond, Backoff: time.Millisecond,
			})
		},
		Wait: func(_ context.Context, d time.Duration) error {
			s.waited += d
			if s.onWait != nil {
				s.onWait()
			}
			return nil
		},
	}
}

func (s *scene) build() error { return job.Build(s.Context(), s.env()) }

// push puts an image of one layer with labels under a reference below the registry, and returns its digest.
func (s *scene) push(reference string, labels map[string]string) string {
	s.Helper()
	image, err := random.Image(256, 1)
	check(s.T, err)
	image, err = mutate.Config(image, v1.Config{Labels: labels})
	check(s.T, err)
	ref, err := name.ParseReference(s.registry.Host + "/" + reference)
	check(s.T, err)
	check(s.T, remote.Write(ref, image))
	hash, err := image.Digest()
	check(s.T, err)
	s.registry.Requests()
	s.builder.images[hash.String()] = image
	return hash.String()
}

func (s *scene) digest(reference string) string {
	ref, err := name.ParseReference(s.registry.Host + "/" + reference)
	check(s.T, err)
	descriptor, err := remote.Get(ref)
	if err != nil {
		return ""
	}
	return descriptor.Digest.String()
}

func (s *scene) labels(reference string) map[string]string {
	s.Helper()
	return s.config(reference).Config.Labels
}

func (s *scene) config(reference string) *v1.ConfigFile {
	s.Helper()
	ref, err := name.ParseReference(s.registry.Host + "/" + reference)
	check(s.T, err)
	image, err := remote.Image(ref)
	check(s.T, err)
	config, err := image.ConfigFile()
	check(s.T, err)
	return config
}

// configDigest is the digest of an image's configuration without the algorithm, which buildah has as its id.
func (s *scene) configDigest(reference string) string {
	s.Helper()
	image, err := remote.Image(must(name.ParseReference(s.registry.Host + "/" + reference)))
	check(s.T, err)
	hash, err := image.ConfigName()
	check(s.T, err)
	return hash.Hex
}

func (s *scene) dotenv() map[string]string {
	s.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, schema.DotenvFile))
	check(s.T, err)
	out := map[string]string{}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		out[name] = value
	}
	return out
}

func TestBuildDecides(t *testing.T) {
	t.Parallel()
	own, good := "group/project/rust:"+contentTag, map[string]string{schema.LabelInputs: inputs}
	tests := map[string]struct {
		prepare func(*scene)
		want    string
		builds  int
		log     string
	}{
		"builds what does not exist":                      {nil, "Build", 1, "no image has the tag"},
		"reuses what exists with its inputs":              {func(s *scene) { s.push(own, good) }, "Reuse", 0, "it exists"},
		"does not trust a content tag without its inputs": {func(s *scene) { s.push(own, nil) }, "Build", 1, "not the one that its tag promises"},
		"reuses a hand-written tag by its name": {func(s *scene) {
			s.vars[schema.VarDistributionTag], s.vars[schema.VarInputs] = "v1", ""
			s.push("group/project/rust:v1", nil)
		}, "Reuse", 0, "it exists"},
		"warns of a hand-written tag with other inputs": {func(s *scene) {
			s.vars[schema.VarDistributionTag] = "v1"
			s.push("group/project/rust:v1", map[string]string{schema.LabelInputs: "others"})
		}, "Reuse", 0, "has changed since"},
		"is forced": {func(s *scene) {
			s.push(own, good)
			s.vars[schema.VarForceRebuild] = "1"
		}, "Build", 1, schema.VarForceRebuild},
		"is named": {func(s *scene) {
			s.push(own, good)
			s.vars[schema.VarRebuild] = "base,rust"
		}, "Build", 1, schema.VarRebuild},
		"is not named": {func(s *scene) {
			s.push(own, good)
			s.vars[schema.VarRebuild] = "rusty"
		}, "Reuse", 0, "it exists"},
		"copies what the upstream project has": {func(s *scene) {
			s.vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.push("up/stream/rust:"+contentTag, good)
		}, "Copy", 0, "the upstream project has it"},
		"takes the upstream project's where both have it": {func(s *scene) {
			s.vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.push(own, good)
			s.push("up/stream/rust:"+contentTag, good)
		}, "Copy", 0, "the upstream project has it"},
		"does not trust the upstream project's tag": {func(s *scene) {
			s.vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.push("up/stream/rust:"+contentTag, nil)
		}, "Build", 1, "is not the one that its tag promises; it is not copied"},
		"asks several upstream projects in their order": {func(s *scene) {
			s.vars[schema.VarUpstreamRepo] = "no/thing Up/Stream third/one"
			s.push("up/stream/rust:"+contentTag, good)
			s.push("third/one/rust:"+contentTag, good)
		}, "Copy", 0, "the upstream project has it"},
		"builds where the upstream project may not be asked": {func(s *scene) {
			s.vars[schema.VarUpstreamRepo] = "up/stream"
			s.registry.Break(ocitest.Fault{Path: "up/stream", Status: 403})
		}, "Build", 1, "the upstream project is left out"},
		"is its own upstream": {func(s *scene) {
			s.vars[schema.VarUpstreamRepo] = "group/project"
			s.push(own, good)
		}, "Reuse", 0, "it exists"},
		"follows a parent that was built again": {func(s *scene) {
			s.vars[schema.VarParents] = "base=" + s.vars[schema.VarBaseImage]
			s.vars["STEMMA_DIGEST_BASE"] = s.push("lib/base:1", nil)
			s.push(own, map[string]string{schema.LabelInputs: inputs, schema.LabelParents: `[{"name":"base","digest":"sha256:old"}]`})
		}, "Build", 1, "its parent base was built again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			if err := s.build(); err != nil {
				t.Fatalf("%v\n%s", err, s.log.String())
			}
			if len(s.builder.built) != test.builds || !strings.Contains(s.log.String(), test.want+" "+s.registry.Host) || !strings.Contains(s.log.String(), test.log) {
				t.Errorf("%d builds, log:\n%s", len(s.builder.built), s.log.String())
			}
			reference := "group/project/rust:" + s.vars[schema.VarDistributionTag]
			if got := s.dotenv()["STEMMA_DIGEST_RUST"]; got != s.digest(reference) || got == "" {
				t.Errorf("the dotenv file says %s, the registry has %s", got, s.digest(reference))
			}
			if len(s.dotenv()) != 2 {
				t.Errorf("the dotenv file has other variables: %v", s.dotenv())
			}
			if got := s.dotenv()["STEMMA_REF_RUST"]; got != s.registry.Host+"/"+reference {
				t.Errorf("the dotenv file names %s", got)
			}
		})
	}
}

func TestBuildLabels(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	base := s.push("lib/base:1", map[string]string{"fdo.pipeline_id": "1", "fdo.other": "x", "stemma.reason": "old", "org.opencontainers.image.title": "Base", "org.opencontainers.image.vendor": "Base", "maintainer": "me"})
	s.builder.labels = map[string]string{"org.opencontainers.image.url": "own"}
	s.vars[schema.VarLabels] = `{"org.opencontainers.image.title":"Rust","team":"a"}`
	check(t, s.build())
	want := map[string]string{
		"fdo.pipeline_id": "7", "fdo.project": "Group/Project", "fdo.commit": "c0ffee",
		"stemma.image": "rust", "stemma.inputs": inputs, "stemma.reason": "no image has the tag " + contentTag, "stemma.wave": "p7",
		"stemma.parents":                       `[{"reference":"` + s.registry.Host + `/lib/base:1","digest":"` + base + `"}]`,
		"org.opencontainers.image.base.name":   s.registry.Host + "/lib/base:1",
		"org.opencontainers.image.base.digest": base,
		"org.opencontainers.image.created":     "2026-11-20T00:00:00Z",
		"org.opencontainers.image.revision":    "c0ffee",
		"org.opencontainers.image.version":     contentTag,
		"org.opencontainers.image.title":       "Rust",
		"org.opencontainers.image.url":         "own", "team": "a", "maintainer": "me",
	}
	if diff := cmp.Diff(want, s.labels("group/project/rust:"+contentTag)); diff != "" {
		t.Error(diff)
	}
}

func TestBuildTakesEnvironmentLiterally(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.builder.env = []string{"PATH=/bin", "GREETING=hello", "LANG=C"}
	s.vars[schema.VarEnv] = `{"PRICE":"$$5 ${PATH}","GREETING":"a $b \"c\" \\$d $","EMPTY":""}`
	check(t, s.build())
	want := []string{"PATH=/bin", "LANG=C", "EMPTY=", `GREETING=a $b "c" \$d $`, "PRICE=$$5 ${PATH}"}
	if diff := cmp.Diff(want, s.config("group/project/rust:"+contentTag).Config.Env); diff != "" {
		t.Error(diff)
	}
}

func TestBuildAsksTheRegistryLittle(t *testing.T) {
	t.Parallel()
	good := map[string]string{schema.LabelInputs: inputs}
	tests := map[string]struct {
		prepare func(*scene)
		want    int
	}{
		"an image that exists": {nil, 2},
		"with an upstream project": {func(s *scene) {
			s.vars[schema.VarUpstreamRepo] = "up/stream"
			image, err := remote.Image(must(name.ParseReference(s.registry.Host + "/group/project/rust:" + contentTag)))
			check(s.T, err)
			check(s.T, remote.Write(must(name.ParseReference(s.registry.Host+"/up/stream/rust:"+contentTag)), image))
			s.registry.Requests()
		}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.push("group/project/rust:"+contentTag, good)
			if test.prepare != nil {
				test.prepare(s)
			}
			check(t, s.build())
			if requests := s.registry.Requests(); len(requests) != test.want {
				t.Errorf("%d requests, want %d: %v", len(requests), test.want, requests)
			}
		})
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestAMergeRequestMovesNoHandWrittenTag(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarDistributionTag], s.vars[schema.VarForceRebuild] = "v1", "1"
	s.vars["CI_MERGE_REQUEST_IID"], s.vars["CI_MERGE_REQUEST_PROJECT_PATH"] = "3", "Group/Project"
	before := s.push("group/project/rust:v1", nil)
	check(t, s.build())
	if s.digest("group/project/rust:v1") != before {
		t.Error("the tag moved")
	}
	built := s.dotenv()
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
		"401 while looking":  {ocitest.Fault{Path: "/manifests/" + contentTag, Status: 401, Header: http.Header{"Www-Authenticate": {`Basic realm="x"`}}}, "refuses the credentials (401): check CI_REGISTRY_USER"},
		"403 while pushing":  {ocitest.Fault{Method: "POST", Path: "/blobs/uploads", Status: 403}, "does not allow it (403)"},
		"404 of the parent":  {ocitest.Fault{Path: "lib/base/manifests", Status: 404}, "find the parent of rust: look up"},
		"429 without end":    {ocitest.Fault{Path: "/manifests/" + contentTag, Status: 429}, "too many requests (429)"},
		"500 without end":    {ocitest.Fault{Method: "PUT", Path: "/manifests/sha256", Status: 500}, "answered 500 after several tries"},
		"half a manifest":    {ocitest.Fault{Method: "GET", Path: "lib/base/manifests", Cut: true}, "lib/base"},
		"half a layer":       {ocitest.Fault{Method: "GET", Path: "lib/base/blobs", Cut: true}, "lib/base"},
		"the tag is refused": {ocitest.Fault{Method: "PUT", Path: "/manifests/" + contentTag, Status: 403}, "does not allow it (403)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.registry.Break(test.fault)
			err := s.build()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error()+s.log.String(), "s3cret") {
				t.Error("the password is in the error or the log")
			}
			if test.fault.Path != "/manifests/"+contentTag && s.digest("group/project/rust:"+contentTag) != "" {
				t.Error("the tag names an image")
			}
			if told := s.dotenv(); len(told) > 0 {
				t.Errorf("later jobs are told of an image: %v", told)
			}
		})
	}
}

func TestPassingFaultsAreWaitedFor(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 500, 502, 503} {
		s := newScene(t)
		s.registry.Break(ocitest.Fault{Path: "/manifests/", Status: status, Times: 2})
		if err := s.build(); err != nil {
			t.Errorf("%d twice: %v", status, err)
		}
	}
}

func TestAFailedBuildPublishesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.builder.err = errors.New("buildah run: exit status 1")
	if err := s.build(); err == nil || !strings.Contains(err.Error(), "build rust: buildah run") {
		t.Error(err)
	}
	if s.digest("group/project/rust:"+contentTag) != "" {
		t.Error("an image was published")
	}
}

func TestWrongVariablesAreAllNamed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars["CI_REGISTRY_IMAGE"], s.vars[schema.VarDistributionTag], s.vars[schema.VarEnv] = "", "a b", "{"
	s.vars[schema.VarRecipe] = "0000000000000000"
	err := s.build()
	var usage jobenv.UsageError
	if !errors.As(err, &usage) {
		t.Fatal(err)
	}
	for _, want := range []string{"container registry of this project is switched off", `FDO_DISTRIBUTION_TAG is "a b"`, "STEMMA_ENV is not the JSON", "compiled for another version"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if len(s.registry.Requests()) > 0 {
		t.Error("the registry was asked")
	}
}

func TestIndexIsPublishedOnceAndComplete(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	delete(s.vars, schema.VarBaseImage)
	s.vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
	s.vars["STEMMA_DIGEST_RUST_AMD64"] = s.push("group/project/rust:a", map[string]string{schema.LabelInputs: inputs})
	if err := s.build(); err == nil || !strings.Contains(err.Error(), "STEMMA_DIGEST_RUST_ARM64 is not set") {
		t.Error(err)
	}
	if s.digest("group/project/rust:"+contentTag) != "" {
		t.Error("an incomplete index was published")
	}
	s.vars["STEMMA_DIGEST_RUST_ARM64"] = s.push("group/project/rust:b", map[string]string{schema.LabelInputs: inputs})
	check(t, s.build())
	first := s.digest("group/project/rust:" + contentTag)
	s.registry.Requests()
	check(t, s.build())
	if s.digest("group/project/rust:"+contentTag) != first || first == "" {
		t.Error("the index changed")
	}
	if requests := s.registry.Requests(); len(requests) > 5 {
		t.Errorf("%d requests: %v", len(requests), requests)
	}
	// One platform of it asks once more than for a single image.
	s.vars[schema.VarDistributionPlatform] = "linux/amd64"
	s.vars[schema.VarBaseImage] = s.registry.Host + "/lib/base:1"
	s.registry.Requests()
	check(t, s.build())
	if requests := s.registry.Requests(); len(requests) != 3 || len(s.builder.built) != 0 {
		t.Errorf("%d requests: %v\n%s", len(requests), requests, s.log.String())
	}
}

func TestReleaseMovesTagsToWhatWasTested(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	tested := s.push("group/project/rust:"+contentTag, map[string]string{schema.LabelInputs: inputs})
	old := s.push("group/project/rust:latest", nil)
	s.vars["STEMMA_DIGEST_RUST"] = tested
	s.vars[schema.VarRelease] = `[{"tags":["latest"]},{"repository":"` + s.registry.Host + `/mirror/rust","tags":["1","latest"]}]`
	check(t, job.Release(s.Context(), s.env()))
	for _, reference := range []string{"group/project/rust:latest", "mirror/rust:1", "mirror/rust:latest"} {
		if s.digest(reference) != tested {
			t.Errorf("%s is %s, want %s", reference, s.digest(reference), tested)
		}
	}
	outcome, err := record.ReadOutcome(s.dir)
	check(t, err)
	want := record.Outcome{Pipeline: "7", Repository: s.registry.Host + "/group/project/rust", Release: outcome.Release, Moves: []record.Move{
		{Reference: s.registry.Host + "/group/project/rust:latest", Before: old, After: tested},
		{Reference: s.registry.Host + "/mirror/rust:1", After: tested},
		{Reference: s.registry.Host + "/mirror/rust:latest", After: tested},
	}}
	if diff := cmp.Diff(want, outcome); diff != "" {
		t.Error(diff)
	}

	// A second release writes nothing.
	s.registry.Requests()
	check(t, job.Release(s.Context(), s.env()))
	if requests := s.registry.Requests(); slices.ContainsFunc(requests, func(r string) bool { return strings.HasPrefix(r, "PUT") || strings.HasPrefix(r, "PATCH") }) {
		t.Errorf("it wrote: %v", requests)
	}
}

func TestReleaseRefusesWhatItCannotVouchFor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.push("group/project/rust:"+contentTag, map[string]string{schema.LabelInputs: "other"})
	s.vars[schema.VarRelease] = `[{"tags":["latest"]}]`
	if err := job.Release(s.Context(), s.env()); err == nil || !strings.Contains(err.Error(), "not made of the inputs that this job was compiled for") {
		t.Error(err)
	}
	s.vars[schema.VarRelease] = `[{"repository":"docker.io/a/b","tags":["latest"],"username":"HUB_USER","password":"HUB_PASSWORD"}]`
	if err := job.Release(s.Context(), s.env()); err == nil || !strings.Contains(err.Error(), "HUB_USER is not set") {
		t.Error(err)
	}
	if s.digest("group/project/rust:latest") != "" {
		t.Error("a tag moved")
	}
}

func TestAReleaseThatFailsHalfwayCanRunAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars["STEMMA_DIGEST_RUST"] = s.push("group/project/rust:"+contentTag, map[string]string{schema.LabelInputs: inputs})
	s.vars[schema.VarRelease] = `[{"tags":["one","two"]}]`
	s.registry.Break(ocitest.Fault{Method: "PUT", Path: "/manifests/two", Status: 403, Times: 1})
	if err := job.Release(s.Context(), s.env()); err == nil || !strings.Contains(err.Error(), "(403)") {
		t.Error(err)
	}
	check(t, job.Release(s.Context(), s.env()))
	if s.digest("group/project/rust:two") != s.vars["STEMMA_DIGEST_RUST"] {
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
			s := newScene(t)
			s.registry.Protect(guard)
			check(t, s.build())
			s.registry.Requests()
			check(t, s.build())
			if requests := s.registry.Requests(); len(s.builder.built) != 1 || countOf(requests, "/v2/group") > 3 {
				t.Errorf("%d builds, then %v", len(s.builder.built), requests)
			}
			s.vars["CI_REGISTRY_PASSWORD"] = "wr0ng"
			err := s.build()
			if err == nil || strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), "CI_REGISTRY_PASSWORD") {
				t.Errorf("a wrong password: %v", err)
			}
			s.vars["CI_REGISTRY_USER"] = ""
			s.vars["DOCKER_AUTH_CONFIG"] = `{"auths":{"` + s.registry.Host + `":{"auth":"bWU6czNjcmV0"}}}`
			check(t, s.build())
			s.vars["DOCKER_AUTH_CONFIG"] = "s3cret{"
			if _, err := oci.NewClient(jobenv.Registries(func(name string) string { return s.vars[name] })); err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a wrong configuration: %v", err)
			}
		})
	}
}

func countOf(requests []string, part string) int {
	n := 0
	for _, request := range requests {
		if strings.Contains(request, part) {
			n++
		}
	}
	return n
}

// hand is the scene of a job written by hand, with nothing of stemma's own.
func hand(t *testing.T) *scene {
	t.Helper()
	s := newScene(t)
	for name := range s.vars {
		if strings.HasPrefix(name, "STEMMA_") {
			delete(s.vars, name)
		}
	}
	s.vars[schema.VarDistributionTag] = "2026-11-20.0"
	return s
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
		"an entrypoint with arguments": {map[string]string{schema.VarDistributionEntrypoint: `["/bin/sh","-c"]`}, "rust", func(i buildah.Image) bool { return len(i.Entrypoint) == 2 }},
		"an entrypoint":                {map[string]string{schema.VarDistributionEntrypoint: "/init", schema.VarDistributionWorkingDir: "/w"}, "rust", func(i buildah.Image) bool { return i.Entrypoint[0] == "/init" && i.Workdir == "/w" }},
		"packages that may be missing": {map[string]string{schema.VarIgnoreMissing: "1", schema.VarRetries: "3"}, "rust", func(i buildah.Image) bool { return i.IgnoreMissing && i.Retries == 3 }},
		"zstd":                         {map[string]string{schema.VarCompressionFormat: "zstd", schema.VarCompressionLevel: "3"}, "rust", func(i buildah.Image) bool { return i.Format == "oci" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := hand(t)
			for name, value := range test.vars {
				s.vars[name] = value
			}
			check(t, s.build())
			if s.digest("group/project/"+test.image+":2026-11-20.0") == "" {
				t.Errorf("the image is not at %s:\n%s", test.image, s.log.String())
			}
			if test.want != nil && !test.want(s.builder.built[0]) {
				t.Errorf("%+v was built", s.builder.built[0])
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
			s := hand(t)
			for name, value := range test.vars {
				s.vars[name] = value
			}
			err := s.build()
			var usage jobenv.UsageError
			if !errors.As(err, &usage) || strings.Count(err.Error(), test.says) != 1 {
				t.Errorf("%v", err)
			}
			if len(s.registry.Requests()) > 0 {
				t.Error("the registry was asked")
			}
		})
	}
}

// A tag that stays while the job's variables change is a trap; an image that was built elsewhere says nothing about it.
func TestJobsWrittenByHandWarnOfAForgottenTag(t *testing.T) {
	t.Parallel()
	s := hand(t)
	s.push("group/project/other:2026-11-20.0", nil)
	s.vars[schema.VarRepoSuffix] = "other"
	check(t, s.build())
	s.vars[schema.VarRepoSuffix] = "rust"
	s.vars[schema.VarDistributionPackages] = "curl"
	check(t, s.build())
	check(t, s.build())
	if strings.Contains(s.log.String(), "Warning") {
		t.Errorf("nothing has changed:\n%s", s.log.String())
	}
	for variable, value := range map[string]string{schema.VarDistributionPackages: "curl git", schema.VarUsers: `{"app":1000}`} {
		before := s.vars[variable]
		s.vars[variable] = value
		s.log.Reset()
		check(t, s.build())
		if !strings.Contains(s.log.String(), "has changed since") || len(s.builder.built) != 1 {
			t.Errorf("nobody is warned of %s:\n%s", variable, s.log.String())
		}
		s.vars[variable] = before
	}
}

func TestABaseWithoutARegistryIsTheProjectsOwn(t *testing.T) {
	t.Parallel()
	s := hand(t)
	want := s.push("group/project/fedora/43:base", nil)
	s.vars[schema.VarBaseImage] = "fedora/43:base"
	check(t, s.build())
	labels := s.labels("group/project/rust:2026-11-20.0")
	if labels[schema.LabelBaseDigest] != want || labels[schema.LabelBaseName] != s.registry.Host+"/group/project/fedora/43:base" {
		t.Errorf("%v", labels)
	}
}

func TestPostExecGetsTheImageOnceItIsPublished(t *testing.T) {
	t.Parallel()
	s := hand(t)
	s.vars[schema.VarDistributionPostExec] = "notify"
	var got []string
	env := s.env()
	env.PostExec = func(_ context.Context, snippet, image, folder string) error {
		got = append(got, snippet, image, s.digest("group/project/rust:2026-11-20.0"), folder)
		return nil
	}
	check(t, job.Build(t.Context(), env))
	check(t, job.Build(t.Context(), env))
	want := []string{"notify", s.registry.Host + "/group/project/rust:2026-11-20.0", s.digest("group/project/rust:2026-11-20.0"), s.dir}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// With these strategies the runner leaves whatever the last job left in the project's folder, or nothing.
func TestPostExecOfAJobWithoutACheckoutRunsInAClone(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"none", "empty"} {
		s := hand(t)
		s.vars[schema.VarDistributionPostExec], s.vars["GIT_STRATEGY"] = "bash ci/export.sh", strategy
		env := s.env()
		env.Clone = func(_ context.Context, _, commit, folder string) error {
			check(t, os.MkdirAll(folder, 0o755))
			return os.WriteFile(filepath.Join(folder, "commit"), []byte(commit), 0o600)
		}
		env.PostExec = func(_ context.Context, _, _, folder string) error {
			commit, err := os.ReadFile(filepath.Join(folder, "commit"))
			if string(commit) != "c0ffee" {
				t.Errorf("%s: %s holds the commit %q", strategy, folder, commit)
			}
			return err
		}
		check(t, job.Build(t.Context(), env))
	}
}

// As in the images of ci-templates, https://gitlab.freedesktop.org/gstreamer/gstreamer/-/issues/2433.
func TestOnlyImagesOfJobsWrittenByHandHaveTheJobsHome(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		s    *scene
		vars map[string]string
		want string
	}{
		"by hand":         {hand(t), nil, "/root"},
		"compiled":        {newScene(t), nil, ""},
		"a Containerfile": {hand(t), map[string]string{schema.VarContainerfile: "Containerfile"}, ""},
		"one of its own":  {hand(t), map[string]string{schema.VarEnv: `{"HOME":"/home/rust"}`}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, value := range test.vars {
				test.s.vars[name] = value
			}
			env := test.s.env()
			env.Environ = []string{"HOME=/root"}
			check(t, job.Build(t.Context(), env))
			if got := test.s.builder.built[0].Home; got != test.want {
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
			s := hand(t)
			s.push("hub/lib/base:1", nil)
			mirror := test.mirror
			if !strings.Contains(mirror, ":") {
				mirror = s.registry.Host + "/" + mirror
			}
			s.vars[schema.VarRegistryMirrors] = s.registry.Host + "=" + mirror
			check(t, s.build())
			if got := s.builder.built[0].Base; !strings.HasPrefix(got, s.registry.Host+"/"+test.place+"@") || !strings.Contains(s.log.String(), test.says) {
				t.Errorf("built on %s:\n%s", got, s.log.String())
			}
			labels := s.labels("group/project/rust:2026-11-20.0")
			if labels[schema.LabelBaseName] != s.registry.Host+"/lib/base:1" {
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
			s := hand(t)
			s.vars[schema.VarUpstreamRepo] = "Up/Stream"
			s.vars[schema.VarFoundRegistryImage] = s.registry.Host + "/Up/Stream"
			if test.registryImage != "" {
				s.vars[schema.VarRegistryImage] = s.registry.Host + "/" + test.registryImage
			}
			for project, has := range map[string]bool{"up/stream": test.upstream, "group/project": test.local} {
				if has {
					s.push(project+"/rust:2026-11-20.0", map[string]string{"of": project})
				}
			}
			check(t, s.build())
			want := s.registry.Host + "/" + test.project
			got := s.dotenv()
			if got[schema.VarFoundRegistryImage] != want || got["STEMMA_REF_RUST"] != want+"/rust:2026-11-20.0" || !strings.Contains(s.log.String(), test.says) {
				t.Errorf("%v\n%s", got, s.log.String())
			}
			if got["STEMMA_DIGEST_RUST"] != s.digest(test.project+"/rust:2026-11-20.0") {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestTheCanaryBuildsAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	was := s.push("group/project/rust:"+contentTag, map[string]string{schema.LabelInputs: inputs})
	s.vars[schema.VarCanary], s.vars[schema.VarRelease] = "1", `[{"tags":["latest"]}]`
	s.vars[schema.VarDistributionPostExec] = "exit 1"
	check(t, s.build())
	if len(s.builder.built) != 1 || s.digest("group/project/rust:"+contentTag) != was {
		t.Errorf("%d builds, and the tag moved from %s:\n%s", len(s.builder.built), was, s.log.String())
	}
	digest := s.dotenv()["STEMMA_DIGEST_RUST"]
	if digest == was || !strings.HasSuffix(s.dotenv()["STEMMA_REF_RUST"], "@"+digest) {
		t.Errorf("later jobs are not told what to test: %v", s.dotenv())
	}
	s.vars["STEMMA_DIGEST_RUST"] = digest
	check(t, job.Release(s.Context(), s.env()))
	check(t, job.Poke(s.Context(), s.env()))
	check(t, job.UpdateCheck(s.Context(), s.env(), nil))
	for _, request := range s.registry.Requests() {
		if strings.HasPrefix(request, "PUT ") && strings.Contains(request, "/manifests/") && !strings.Contains(request, "/manifests/sha256:") && !strings.Contains(request, contentTag) {
			t.Errorf("a tag was set: %s", request)
		}
	}
}

func TestTestsMayRunOutsideTheImage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	digest := s.push("group/project/rust:"+contentTag, map[string]string{schema.LabelInputs: inputs})
	s.vars[schema.VarTests] = `[{"name":"sees the image","run":"test \"$STEMMA_IMAGE_REFERENCE\" = \"$WANT\"","outside":true},{"name":"fails","run":"echo why; exit 3","outside":true}]`
	env := s.env()
	env.RunOutside = func(ctx context.Context, snippet, image string) (int, string, error) {
		environ := append(os.Environ(), "WANT="+s.registry.Host+"/group/project/rust@"+digest)
		return buildah.RunOutside(ctx, environ, &s.log, snippet, schema.VarImageReference, image)
	}
	err := job.Verify(t.Context(), env, func(context.Context) (job.Runner, error) { return nil, nil })
	if !errors.Is(err, job.ErrTestsFailed) || !strings.Contains(s.log.String(), "ok   sees the image") || !strings.Contains(s.log.String(), "FAIL fails: it ended with status 3") {
		t.Errorf("%v\n%s", err, s.log.String())
	}
}
