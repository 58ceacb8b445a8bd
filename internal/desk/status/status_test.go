package status_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/internal/desk/status"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

const definition = `version: 1
project: group/project
images:
  base: {distribution: alpine, version: "3.22"}
  app: {base: base, tests: [{name: works, run: "true"}]}
  tool: {distribution: alpine, version: "3.22", tag: v1, release: []}
`

// built is when the images of a scene were built, four days before the present of its project.
const built, now = "2026-11-20T00:00:00Z", "1795478400"

// scene is a project with a registry.
type scene struct {
	testing.TB
	registry *ocitest.Registry
	client   *oci.Client
	project  *project.Project
}

func newScene(t testing.TB, definition string, environ ...string) *scene {
	t.Helper()
	s := &scene{TB: t, registry: ocitest.New(t)}
	var err error
	if s.client, err = oci.NewClient(oci.Config{}); err != nil {
		t.Fatal(err)
	}
	s.project = projecttest.New(t, definition, slices.Concat([]string{"SOURCE_DATE_EPOCH=" + now, "STEMMA_REGISTRY=" + s.registry.Host}, environ)...)
	return s
}

func (s *scene) image(name string) *lineage.Image {
	return s.project.Graph.Images[s.project.IndexOf(name)]
}

func (s *scene) at(image, tag string) oci.Reference {
	s.Helper()
	return s.must(oci.ParseReference(s.registry.Host + "/group/project/" + image + ":" + tag))
}

func (s *scene) must(ref oci.Reference, err error) oci.Reference {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	return ref
}

// put pushes an image, or a record, under a tag.
func (s *scene) put(at oci.Reference, labels map[string]string) oci.Digest {
	s.Helper()
	if err := s.client.Note(s.Context(), at, labels); err != nil {
		s.Fatal(err)
	}
	digest, err := s.client.Resolve(s.Context(), at)
	if err != nil {
		s.Fatal(err)
	}
	return digest
}

// labels are those that a build job sets, with others.
func (s *scene) labels(image string, more map[string]string) map[string]string {
	labels := map[string]string{schema.LabelInputs: s.image(image).Inputs, schema.LabelCreated: built, schema.LabelReason: "no image has the tag"}
	maps.Copy(labels, more)
	return labels
}

func (s *scene) build(image string, more map[string]string) oci.Digest {
	s.Helper()
	return s.put(s.at(image, s.image(image).Tag.String()), s.labels(image, more))
}

func (s *scene) release(image string, releases record.Releases) {
	s.Helper()
	if err := record.Write(s.Context(), s.client, s.at(image, "x").Repository(), record.Line{}, releases); err != nil {
		s.Fatal(err)
	}
}

// untested is where the record of an untested app is, or of one platform of it.
func (s *scene) untested(platform string) oci.Reference {
	return record.Untested(jobenv.Target{Repository: s.at("app", "x").Repository(), Tag: s.image("app").Tag}, platform)
}

func (s *scene) ask(images ...string) status.Report {
	s.Helper()
	s.registry.Requests()
	report, err := status.Ask(s.Context(), s.project, status.Question{Images: images})
	if err != nil {
		s.Fatal(err)
	}
	return report
}

func TestStates(t *testing.T) {
	t.Parallel()
	key, _ := schema.TestKeys([]schema.Test{{Name: "works", Run: "true"}}, schema.Checks{})
	passed := map[string]string{schema.LabelTested: key}
	tests := map[string]struct {
		image   string
		prepare func(*scene)
		want    status.State
		note    string
		// requests is how many the registry gets.
		requests int
	}{
		"nothing is there": {"base", func(*scene) {}, status.Missing, "", 3},
		"another one is released, and it is missing": {"base", func(s *scene) {
			s.release("base", record.Releases{Digest: other(), IsDone: true})
		}, status.Missing, "aaaaaaaaaaaa is released", 4},
		"it is built":        {"base", func(s *scene) { s.build("base", nil) }, status.Tested, "", 4},
		"it is not released": {"tool", func(s *scene) { s.build("tool", nil) }, status.Tested, "", 3},
		"it is released": {"base", func(s *scene) {
			s.release("base", record.Releases{Digest: s.build("base", nil), IsDone: true})
		}, status.Released, "", 5},
		"its release did not end": {"base", func(s *scene) { s.release("base", record.Releases{Digest: s.build("base", nil)}) }, status.Tested, "its release began, and did not end", 5},
		"another one is released": {"base", func(s *scene) {
			s.release("base", record.Releases{Digest: other(), IsDone: true})
			s.build("base", nil)
		}, status.Tested, "aaaaaaaaaaaa is released", 5},
		"a rollback holds it": {"base", func(s *scene) {
			s.release("base", record.Releases{Digest: other(), IsDone: true, Hold: &record.Hold{Reason: "it crashes", By: "Ann"}})
			s.build("base", nil)
		}, status.Tested, "a rollback holds it at sha256:" + strings.Repeat("a", 64) + ", by Ann: it crashes", 5},
		"the record is no record": {"base", func(s *scene) {
			s.build("base", nil)
			s.put(s.at("base", schema.TagReleases), map[string]string{schema.LabelRelease: "[]"})
		}, status.Tested, "is not a record that can be read", 5},
		"it passed its tests":    {"app", func(s *scene) { s.build("app", passed) }, status.Tested, "", 4},
		"its tests have not run": {"app", func(s *scene) { s.build("app", nil) }, status.Untested, "it has not passed the tests that it has now", 5},
		"it passed them later": {"app", func(s *scene) {
			pinned := s.at("app", "x").Repository().At(s.build("app", nil))
			s.put(s.at("app", schema.PrefixTested+key+"-"+pinned.Digest().Hex()[:32]), nil)
		}, status.Tested, "", 6},
		"its tests failed": {"app", func(s *scene) {
			failed := s.put(s.at("app", "x"), s.labels("app", nil))
			s.put(s.untested(""), map[string]string{schema.LabelUntested: failed.String(), schema.LabelPipelineID: "7"})
		}, status.Failed, "its tests failed in pipeline 7, or have not ended: no tag names it", 5},
		"what failed is gone": {"app", func(s *scene) {
			s.put(s.untested(""), map[string]string{schema.LabelUntested: other().String()})
		}, status.Missing, "", 5},
		"what failed is another image": {"app", func(s *scene) {
			failed := s.put(s.at("app", "x"), s.labels("base", nil))
			s.put(s.untested(""), map[string]string{schema.LabelUntested: failed.String()})
		}, status.Missing, "", 6},
		"a rebuild failed since": {"base", func(s *scene) {
			s.build("base", nil)
			s.put(s.at("base", schema.PrefixFailed+s.image("base").Tag.String()), map[string]string{schema.LabelFailed: `{"on":"x","failures":2,"last":"2026-11-21T00:00:00Z"}`})
		}, status.Tested, "its rebuild failed since, the last time at 2026-11-21T00:00:00Z", 5},
		"a rebuild failed before": {"base", func(s *scene) {
			s.build("base", nil)
			s.put(s.at("base", schema.PrefixFailed+s.image("base").Tag.String()), map[string]string{schema.LabelFailed: `{"on":"x","failures":2,"last":"2026-11-19T00:00:00Z"}`})
		}, status.Tested, "", 5},
		"its tag is on another image": {"base", func(s *scene) {
			s.build("base", map[string]string{schema.LabelInputs: "other"})
		}, status.Missing, "the image under its tag has other inputs", 2},
		"its tag is written by hand": {"tool", func(s *scene) {
			s.build("tool", map[string]string{schema.LabelInputs: "other"})
		}, status.Tested, "its inputs have changed since", 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, definition)
			test.prepare(s)
			report := s.ask(test.image)
			got := report.Images[0]
			if got.State != test.want || test.note == "" && got.Note != "" || !strings.Contains(got.Note, test.note) {
				t.Errorf("got %q, %q; want %q, %q", got.State, got.Note, test.want, test.note)
			}
			if requests := s.registry.Requests(); len(requests) != test.requests {
				t.Errorf("got %d requests, want %d:\n%s", len(requests), test.requests, strings.Join(requests, "\n"))
			}
			if err := report.Failure(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Each platform of an image must have passed the tests, and has records of its own.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	const platforms = "version: 1\nproject: group/project\nimages:\n  app: {distribution: alpine, version: \"3.22\", platforms: [linux/amd64, linux/arm64], tests: [{name: works, run: \"true\"}]}\n"
	key, _ := schema.TestKeys([]schema.Test{{Name: "works", Run: "true"}}, schema.Checks{})
	passed := map[string]string{schema.LabelTested: key}
	tests := map[string]struct {
		prepare func(*scene)
		want    status.State
	}{
		"nothing":            {func(*scene) {}, status.Missing},
		"all passed":         {func(s *scene) { s.index("app", passed, passed) }, status.Tested},
		"one has not passed": {func(s *scene) { s.index("app", passed, nil) }, status.Untested},
		"one platform failed": {func(s *scene) {
			failed := s.put(s.at("app", "x"), s.labels("app", nil))
			s.put(s.untested("linux/arm64"), map[string]string{schema.LabelUntested: failed.String()})
		}, status.Failed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, platforms)
			test.prepare(s)
			if got := s.ask("app").Images[0]; got.State != test.want {
				t.Errorf("got %+v, want %s", got, test.want)
			}
		})
	}
}

// index pushes an image for two platforms, which have labels of their own.
func (s *scene) index(image string, amd64, arm64 map[string]string) {
	s.Helper()
	index := v1.ImageIndex(empty.Index)
	for arch, more := range map[string]map[string]string{"amd64": amd64, "arm64": arm64} {
		part, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: arch, Config: v1.Config{Labels: s.labels(image, more)}})
		if err != nil {
			s.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: part, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	at, err := name.ParseReference(s.at(image, s.image(image).Tag.String()).String())
	if err == nil {
		err = remote.WriteIndex(at, index)
	}
	if err != nil {
		s.Fatal(err)
	}
}

// other is the digest of an image that is not there.
func other() oci.Digest {
	digest, err := oci.ParseDigest("sha256:" + strings.Repeat("a", 64))
	if err != nil {
		panic(err)
	}
	return digest
}

func TestTheReport(t *testing.T) {
	t.Parallel()
	s := newScene(t, definition)
	made := s.build("base", nil)
	report := s.ask()
	short := made.Hex()[:12]
	want := fmt.Sprintf(`IMAGE  STATE             TAG               DIGEST        AGE  SIZE    REASON
base   built and tested  %s  %s  4d   0.0 MB  no image has the tag
tool   to be built       v1                -             -    -       -
app    to be built       %s  -             -    -       -
1 built and tested, 2 to be built.
It is not known which jobs failed before their tests: GITLAB_TOKEN is not set.
`, s.image("base").Tag, short, s.image("app").Tag)
	if diff := cmp.Diff(want, report.Text()); diff != "" {
		t.Errorf("the table differs (-want +got):\n%s", diff)
	}
	details := fmt.Sprintf("base: built and tested\n  %s\n  %s, 0.0 MB\n  built 2026-11-20T00:00:00Z, 4d ago\n  no image has the tag\n", s.at("base", s.image("base").Tag.String()), made)
	if !strings.HasPrefix(report.Details(), details) {
		t.Errorf("got the details\n%s\nwant\n%s", report.Details(), details)
	}
	encoded, err := json.Marshal(report.Images[0])
	wantJSON := fmt.Sprintf(`{"image":"base","state":"tested","reference":%q,"tag":%q,"digest":%q,"built":"2026-11-20T00:00:00Z","age":345600,"reason":"no image has the tag"}`,
		s.at("base", s.image("base").Tag.String()), s.image("base").Tag, made)
	if diff := cmp.Diff(wantJSON, string(encoded)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Anyone who may push to the repository writes the labels.
func TestLabelsCannotControlTheTerminal(t *testing.T) {
	t.Parallel()
	s := newScene(t, definition)
	s.build("base", map[string]string{schema.LabelReason: "\x1b[2Jgone\nforged  released" + strings.Repeat("é", 1<<20), schema.LabelCreated: "\x1b]0;title\a"})
	for _, text := range []string{s.ask("base").Text(), s.ask("base").Details()} {
		if strings.ContainsAny(text, "\x1b\a") || strings.Contains(text, "\nforged") || len(text) > 2000 {
			t.Errorf("got %.500q", text)
		}
	}
}

func TestRegistryFaults(t *testing.T) {
	t.Parallel()
	t.Run("one image is refused", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, definition)
		s.registry.Break(ocitest.Fault{Path: "/group/project/app/", Status: http.StatusForbidden})
		s.build("base", nil)
		report := s.ask()
		if got := report.Images[2]; got.State != status.Unknown || !strings.Contains(got.Note, "does not allow it (403)") {
			t.Errorf("got %+v", got)
		}
		if report.Images[0].State != status.Tested || report.Images[1].State != status.Missing {
			t.Errorf("got %+v", report.Images)
		}
		if err := report.Failure(); err == nil || !strings.Contains(err.Error(), "the state of 1 of 3 images is not known: look up") {
			t.Errorf("got %v", err)
		}
		if bad := report.Bad().Images; len(bad) != 1 || bad[0].Name != "app" {
			t.Errorf("got %+v", bad)
		}
	})
	t.Run("no credentials", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, definition)
		s.registry.Protect(ocitest.Guard{Username: "me", Password: "secret"})
		if got := s.ask("base").Images[0]; got.State != status.Unknown || !strings.Contains(got.Note, "give it an entry in DOCKER_AUTH_CONFIG") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("an outage ends the requests", func(t *testing.T) {
		t.Parallel()
		var images strings.Builder
		images.WriteString("version: 1\nproject: group/project\nimages:\n")
		for i := range 200 {
			fmt.Fprintf(&images, "  i%03d: {distribution: alpine, version: \"3.22\"}\n", i)
		}
		s := newScene(t, images.String(), "STEMMA_TIMEOUTS=connect=1s")
		s.project.Getenv = func(name string) string {
			return map[string]string{"STEMMA_REGISTRY": "127.0.0.1:1/group/project"}[name]
		}
		report := s.ask()
		if last := report.Images[199]; last.Note != "not asked, since the registry failed before" {
			t.Errorf("got %+v", last)
		}
		if err := report.Failure(); err == nil || !strings.Contains(err.Error(), "the state of 200 of 200 images is not known: look up 127.0.0.1:1") {
			t.Errorf("got %v", err)
		}
	})
}

func TestJobsThatFailed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		jobs map[string]string
		want status.State
		note string
	}{
		"it failed":       {map[string]string{"build:base": "failed"}, status.Failed, "build:base failed: "},
		"a test failed":   {map[string]string{"build:base": "success", "verify:base": "failed"}, status.Failed, "verify:base failed: "},
		"one platform":    {map[string]string{"build:base@arm64": "failed"}, status.Failed, "build:base@arm64 failed: "},
		"another image":   {map[string]string{"build:app": "failed", "lint:base": "failed"}, status.Missing, ""},
		"it runs":         {map[string]string{"build:base": "running"}, status.Missing, "build:base is running: "},
		"it waits for us": {map[string]string{"build:base": "manual"}, status.Missing, "build:base waits for its play button: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, gitlab, commit := newCommittedScene(t)
			gitlab.AddPipeline(gitlabtest.Pipeline{Project: "group/project", Ref: "main", SHA: commit, Status: "failed", Jobs: map[string]string{"build:base": "failed"}}, "", time.Now())
			gitlab.AddPipeline(gitlabtest.Pipeline{Project: "group/project", Ref: "main", SHA: commit, Status: "running", Jobs: test.jobs}, "", time.Now())
			report := s.ask("base")
			if got := report.Images[0]; got.State != test.want || test.note == "" && got.Note != "" || !strings.HasPrefix(got.Note, test.note) || report.NotKnown != "" {
				t.Errorf("got %q, %q, %q; want %q, %q", got.State, got.Note, report.NotKnown, test.want, test.note)
			}
		})
	}
}

// The jobs of images may be in child pipelines, which GitLab lists only on request.
func TestJobsOfChildPipelines(t *testing.T) {
	t.Parallel()
	s, gitlab, _ := newCommittedScene(t)
	projecttest.Write(t, s.project.Dir, map[string]string{"stemma.yaml": strings.Replace(definition, "images:", "children: true\nimages:", 1)})
	projecttest.Commit(t, s.project.Dir)
	commit := strings.TrimSpace(projecttest.Git(t, s.project.Dir, "rev-parse", "HEAD"))
	s.project = projecttest.Open(t, s.project.Dir, s.project.Environ...)
	add := func(source string, jobs map[string]string) {
		gitlab.AddPipeline(gitlabtest.Pipeline{Project: "group/project", Ref: "main", SHA: commit, Source: source, Status: "failed", Jobs: jobs}, "", time.Now())
	}
	add("parent_pipeline", map[string]string{"build:app": "failed"}) // of an older pipeline
	add("push", map[string]string{"start:base": "failed"})
	add("parent_pipeline", map[string]string{"build:base": "failed"})
	report := s.ask("base", "app")
	if report.Images[0].State != status.Failed || report.Images[1].State != status.Missing || report.NotKnown != "" {
		t.Errorf("got %+v", report)
	}
}

// newCommittedScene is a project that is committed, with a GitLab and a user's token.
func newCommittedScene(t *testing.T) (s *scene, gitlab *gitlabtest.Server, commit string) {
	t.Helper()
	gitlab = gitlabtest.New(t)
	gitlab.AddProject(gitlabtest.Project{Path: "group/project", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	dir := t.TempDir()
	projecttest.Write(t, dir, map[string]string{"stemma.yaml": definition})
	projecttest.Commit(t, dir)
	s = newScene(t, definition)
	s.project = projecttest.Open(t, dir, "STEMMA_REGISTRY="+s.registry.Host, "CI_API_V4_URL="+gitlab.API(), "GITLAB_TOKEN="+gitlab.PrivateToken("ann"))
	return s, gitlab, strings.TrimSpace(projecttest.Git(t, dir, "rev-parse", "HEAD"))
}

func TestWhatGitLabIsNotAsked(t *testing.T) {
	t.Parallel()
	t.Run("no pipeline", func(t *testing.T) {
		t.Parallel()
		s, _, _ := newCommittedScene(t)
		if got := s.ask("base").NotKnown; !strings.HasSuffix(got, "the commit has no pipeline.") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("changed files", func(t *testing.T) {
		t.Parallel()
		s, _, _ := newCommittedScene(t)
		projecttest.Write(t, s.project.Dir, map[string]string{"stemma.yaml": definition + "# changed\n"})
		if got := s.ask("base").NotKnown; !strings.HasSuffix(got, "there is no commit of exactly these files.") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("GitLab fails", func(t *testing.T) {
		t.Parallel()
		s, gitlab, _ := newCommittedScene(t)
		gitlab.Break(gitlabtest.Fault{Path: "/pipelines", Status: http.StatusForbidden})
		if got := s.ask("base").NotKnown; !strings.Contains(got, "GitLab answered 403") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("nothing is missing", func(t *testing.T) {
		t.Parallel()
		s, gitlab, _ := newCommittedScene(t)
		s.build("base", nil)
		if report := s.ask("base"); report.NotKnown != "" || len(gitlab.Requests()) != 0 {
			t.Errorf("got %q", report.NotKnown)
		}
	})
}
