package update_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/update"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// updateScene is an update check of the image rust, which is built on lib/base:1.
type updateScene struct {
	*jobtest.Scene
	gitlab *gitlabtest.Server
	base   v1.Image
	tasks  *fakeTasks
}

func newUpdateScene(t *testing.T) *updateScene {
	t.Helper()
	s := &updateScene{Scene: jobtest.New(t), gitlab: gitlabtest.New(t), tasks: &fakeTasks{}}
	s.Vars["CI_REGISTRY"] = "registry.example.org"
	s.project(gitlabtest.Project{})
	s.Vars["CI_API_V4_URL"], s.Vars["CI_COMMIT_REF_NAME"] = s.gitlab.API(), "main"
	s.base = s.image(empty.Image, nil)
	s.PushImage("lib/base:1", s.base)
	s.built("rust:1", s.base)
	s.targets(schema.UpdateTarget{Image: "rust", Places: []schema.UpdatePlace{{Reference: "rust:1"}}})
	return s
}

func (s *updateScene) project(p gitlabtest.Project) {
	p.Path, p.Members = "Group/Project", map[string]gitlabtest.Role{"ann": gitlabtest.Developer}
	s.gitlab.AddProject(p)
	s.Vars["CI_JOB_TOKEN"] = s.gitlab.JobToken("ann", "Group/Project")
}

// image is an image of one layer more than another has.
func (s *updateScene) image(on v1.Image, labels map[string]string) v1.Image {
	s.Helper()
	layer, err := random.Layer(64, types.DockerLayer)
	jobtest.Check(s.T, err)
	image, err := mutate.AppendLayers(on, layer)
	jobtest.Check(s.T, err)
	image, err = mutate.Config(image, v1.Config{Labels: labels})
	jobtest.Check(s.T, err)
	return image
}

// built puts an image of the project there, as a build on lib/base:1 leaves it.
func (s *updateScene) built(reference string, on v1.Image) {
	s.Helper()
	s.PushImage("group/project/"+reference, s.image(on, s.on("lib/base:1", on)))
}

// on are the labels of an image that was built on another.
func (s *updateScene) on(reference string, base v1.Image) map[string]string {
	digest, err := base.Digest()
	jobtest.Check(s.T, err)
	place := s.Registry.Host + "/" + reference
	return map[string]string{
		schema.LabelParents:  `[{"reference":"` + place + `","digest":"` + digest.String() + `"}]`,
		schema.LabelBaseName: place, schema.LabelBaseDigest: digest.String(),
		schema.LabelProject: "Group/Project", schema.LabelImage: "rust",
	}
}

// pushIndex puts an index of one image there.
func (s *updateScene) pushIndex(reference string, image v1.Image) {
	s.Helper()
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
	jobtest.Check(s.T, remote.WriteIndex(jobtest.Must(name.ParseReference(s.Registry.Host+"/"+reference)), index))
	s.Registry.Requests()
}

func (s *updateScene) targets(targets ...schema.UpdateTarget) {
	s.Helper()
	encoded, err := json.Marshal(targets)
	jobtest.Check(s.T, err)
	s.Vars[schema.VarUpdates] = string(encoded)
}

// places puts the image in two places, as it was made of some inputs at a time.
func (s *updateScene) places(inputs, created, secondInputs, secondCreated string) {
	s.Helper()
	for reference, made := range map[string][2]string{"group/project/rust:1": {inputs, created}, "released/rust:latest": {secondInputs, secondCreated}} {
		labels := s.on("lib/base:1", s.base)
		labels[schema.LabelInputs], labels[schema.LabelCreated] = made[0], made[1]
		s.PushImage(reference, s.image(s.base, labels))
	}
	s.targets(schema.UpdateTarget{Image: "rust", Places: []schema.UpdatePlace{{Reference: "rust:1"}, {Reference: s.Registry.Host + "/released/rust:latest"}}})
}

func (s *updateScene) check() error {
	env := s.Env()
	env.Tasks = func(context.Context) (update.TaskRunner, error) { return s.tasks, nil }
	return update.Run(s.Context(), env.Update())
}

func (s *updateScene) report() update.Report {
	s.Helper()
	content, err := os.ReadFile(filepath.Join(s.Dir, schema.UpdatesFile))
	jobtest.Check(s.T, err)
	var report update.Report
	jobtest.Check(s.T, json.Unmarshal(content, &report))
	return report
}

func (s *updateScene) asked() []map[string]string {
	var asked []map[string]string
	for _, pipeline := range s.gitlab.Pipelines("Group/Project") {
		for name, value := range pipeline.Inputs {
			pipeline.Variables["input "+name] = value
		}
		asked = append(asked, pipeline.Variables)
	}
	return asked
}

// fakeTasks answers for the inside of images.
type fakeTasks struct {
	output, verdict string
	status          int
	ran, scripts    []string
}

func (f *fakeTasks) RunTask(_ context.Context, reference, _ string, task buildah.Task) (status int, output string, err error) {
	f.ran, f.scripts = append(f.ran, reference), append(f.scripts, task.Script)
	if f.verdict != "" {
		name := filepath.Base(task.Env[schema.VarUpdateResult])
		if err := os.WriteFile(filepath.Join(task.Folder, name), []byte(f.verdict), 0o644); err != nil {
			return 0, "", err
		}
	}
	return f.status, f.output, nil
}

func TestUpdateCheckFindsWhatIsOld(t *testing.T) {
	t.Parallel()
	rust := func(change func(*schema.UpdateTarget)) func(*updateScene) {
		return func(s *updateScene) {
			target := schema.UpdateTarget{Image: "rust", Places: []schema.UpdatePlace{{Reference: "rust:1"}}}
			change(&target)
			s.targets(target)
		}
	}
	debian := rust(func(target *schema.UpdateTarget) { target.Distribution = "debian" })
	command := rust(func(target *schema.UpdateTarget) { target.Command = "./ask" })
	tests := map[string]struct {
		prepare func(*updateScene)
		verdict update.Verdict
		found   []update.Update
	}{
		"nothing":           {nil, update.Current, nil},
		"a base that moved": {func(s *updateScene) { s.Push("lib/base:1", nil) }, update.Stale, []update.Update{{Check: "base", Name: "lib/base:1"}}},
		"no image":          {rust(func(target *schema.UpdateTarget) { target.Places[0].Reference = "rust:2" }), update.Stale, []update.Update{{Check: "missing"}}},
		"a base tag that is gone": {func(s *updateScene) {
			s.Registry.Break(ocitest.Fault{Path: "lib/base", Status: 404})
		}, update.Unknown, nil},
		"layers that are not the base's": {func(s *updateScene) {
			s.PushImage("group/project/rust:1", s.image(empty.Image, s.on("lib/base:1", s.base)))
		}, update.Stale, []update.Update{{Check: "layers", Name: "lib/base:1"}}},
		"layers of an image that says nothing": {func(s *updateScene) {
			s.PushImage("group/project/rust:1", s.image(empty.Image, nil))
			rust(func(target *schema.UpdateTarget) { target.Base = s.Registry.Host + "/lib/base:1" })(s)
		}, update.Stale, []update.Update{{Check: "layers", Name: "lib/base:1"}}},
		"the right layers of an image that says nothing": {func(s *updateScene) {
			s.PushImage("group/project/rust:1", s.image(s.base, nil))
			rust(func(target *schema.UpdateTarget) { target.Base = s.Registry.Host + "/lib/base:1" })(s)
		}, update.Current, nil},
		"an index as base, and an image that says nothing": {func(s *updateScene) {
			s.pushIndex("lib/many:1", s.base)
			s.PushImage("group/project/rust:1", s.image(empty.Image, nil))
			rust(func(target *schema.UpdateTarget) { target.Base = s.Registry.Host + "/lib/many:1" })(s)
		}, update.Stale, []update.Update{{Check: "layers", Name: "lib/many:1"}}},
		"a registry that is down": {rust(func(target *schema.UpdateTarget) { target.Places[0].Reference = "127.0.0.1:1/rust:1" }), update.Unknown, nil},
		"an old copy in another place": {func(s *updateScene) {
			old := s.image(s.base, s.on("lib/base:0", s.base))
			s.PushImage("released/rust:latest", old)
			s.Push("lib/base:0", nil)
			rust(func(target *schema.UpdateTarget) {
				target.Places = append(target.Places, schema.UpdatePlace{Reference: s.Registry.Host + "/released/rust:latest"})
			})(s)
		}, update.Stale, []update.Update{{Check: "base", Name: "lib/base:0"}}},
		"an older definition's image in the second place": {func(s *updateScene) {
			s.places("new", "2026-11-20T00:00:00Z", "old", "2026-11-19T00:00:00Z")
		}, update.Stale, []update.Update{{Check: "definition", Name: "group/project/rust:1", Old: "old", New: "new"}}},
		"an older definition's image in the first place": {func(s *updateScene) {
			s.places("old", "2026-11-19T00:00:00Z", "new", "2026-11-20T00:00:00Z")
		}, update.Stale, []update.Update{{Check: "definition", Name: "released/rust:latest", Old: "old", New: "new"}}},
		"another build of the same definition in the second place": {func(s *updateScene) {
			s.places("new", "2026-11-20T00:00:00Z", "new", "2026-11-19T00:00:00Z")
		}, update.Current, nil},
		"an image without a definition in the second place": {func(s *updateScene) {
			s.places("new", "2026-11-20T00:00:00Z", "", "")
		}, update.Current, nil},
		"packages": {func(s *updateScene) { debian(s); s.tasks.output = "bash 5.1 5.2\n\ncurl 7 8\n" }, update.Stale, []update.Update{
			{Check: "packages", Name: "bash", Old: "5.1", New: "5.2"}, {Check: "packages", Name: "curl", Old: "7", New: "8"},
		}},
		"no packages":                  {debian, update.Current, nil},
		"a package manager that fails": {func(s *updateScene) { debian(s); s.tasks.status = 100 }, update.Unknown, nil},
		"a command that says yes":      {func(s *updateScene) { command(s); s.tasks.verdict = "UPGRADE_NEEDED\n" }, update.Stale, []update.Update{{Check: "command"}}},
		"a command that says what": {func(s *updateScene) { command(s); s.tasks.verdict = "UPGRADE_NEEDED\nhugo 1 2\n" }, update.Stale, []update.Update{
			{Check: "command", Name: "hugo", Old: "1", New: "2"},
		}},
		"a command that says no":      {func(s *updateScene) { command(s); s.tasks.verdict = "NO_UPGRADE_NEEDED" }, update.Current, nil},
		"a command that says nothing": {command, update.Unknown, nil},
		"a command that fails":        {func(s *updateScene) { command(s); s.tasks.verdict = "UPGRADE_NEEDED"; s.tasks.status = 1 }, update.Unknown, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			if err := s.check(); (err != nil) != (test.verdict == update.Unknown) {
				t.Errorf("the job ended with %v", err)
			}
			got := s.report().Images[0]
			for i, found := range got.Found {
				got.Found[i].Name = strings.TrimPrefix(found.Name, s.Registry.Host+"/")
				if found.Check == "base" || found.Check == "layers" {
					got.Found[i].Old, got.Found[i].New = "", ""
				}
			}
			if got.Verdict != test.verdict {
				t.Errorf("the image is %s, want %s: %v", got.Verdict, test.verdict, got.Errors)
			}
			if diff := cmp.Diff(test.found, got.Found, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(update.Update{}, "Place")); diff != "" {
				t.Error(diff)
			}
			if asked := s.asked(); len(asked) > 0 != (test.verdict == update.Stale) {
				t.Errorf("pipelines: %v", asked)
			}
		})
	}
}

func TestStaleImagesAreRebuiltByName(t *testing.T) {
	t.Parallel()
	three := func(s *updateScene) {
		var targets []schema.UpdateTarget
		for _, name := range []string{"c", "a", "b"} {
			targets = append(targets, schema.UpdateTarget{Image: name, Places: []schema.UpdatePlace{{Reference: name + ":1"}}})
			s.built(name+":1", s.base)
		}
		s.targets(targets...)
		s.built("b:1", s.image(empty.Image, nil))
		s.PushImage("lib/base:1", s.image(empty.Image, nil))
	}
	tests := map[string]struct {
		prepare func(*updateScene)
		want    []map[string]string
		problem string
	}{
		"all of them at once": {nil, []map[string]string{{schema.VarRebuild: "c,a,b"}}, ""},
		"only a job's share":  {func(s *updateScene) { s.Vars["CI_NODE_INDEX"], s.Vars["CI_NODE_TOTAL"] = "1", "2" }, []map[string]string{{schema.VarRebuild: "c,b"}}, ""},
		"by inputs where variables are refused": {func(s *updateScene) {
			s.project(gitlabtest.Project{Variables: 99, Inputs: []string{"rebuild", "wave"}})
		}, []map[string]string{{"input rebuild": "c,a,b"}}, ""},
		// GitLab has made a pipeline, which failed, when it finds the input unknown.
		"neither variables nor inputs": {func(s *updateScene) { s.project(gitlabtest.Project{Variables: 99}) }, []map[string]string{nil}, "declare the input rebuild"},
		"GitLab is down":               {func(s *updateScene) { s.gitlab.Break(gitlabtest.Fault{Status: http.StatusBadGateway}) }, nil, "ask for the rebuild of c, a, b"},
		"no token":                     {func(s *updateScene) { s.Vars["CI_JOB_TOKEN"] = "" }, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			three(s)
			if test.prepare != nil {
				test.prepare(s)
			}
			err := s.check()
			if (err != nil) != (test.problem != "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("the job ended with %v, want %q", err, test.problem)
			}
			if diff := cmp.Diff(test.want, s.asked(), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if len(s.report().Images) == 0 {
				t.Error("there is no report")
			}
		})
	}
}

func TestUpdateCheckGoesOnWithTheWave(t *testing.T) {
	t.Parallel()
	s := newUpdateScene(t)
	s.Vars["CI_REGISTRY"] = s.Registry.Host
	s.Push("lib/base:1", jobtest.About("lib", "base", "w", "group/project other/side"))
	jobtest.Check(t, s.check())
	if diff := cmp.Diff([]map[string]string{{schema.VarRebuild: "rust", schema.VarWave: "w"}}, s.asked()); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateCheckLeavesWhatAPokeIsOnItsWayTo(t *testing.T) {
	t.Parallel()
	s := newUpdateScene(t)
	s.Vars["CI_REGISTRY"] = s.Registry.Host
	before := s.Digest("lib/base:1")
	parent := func(reference, digest string) string {
		return `{"reference":"` + s.Registry.Host + "/" + reference + `","digest":"` + digest + `"}`
	}
	side := jobtest.About("other/side", "side", "p1", "group/project")
	side[schema.LabelParents] = "[" + parent("lib/base:1", before) + "]"
	sideDigest := s.Push("other/side:1", side)
	rust := jobtest.About("Group/Project", "rust", "p1", "")
	rust[schema.LabelParents] = "[" + parent("lib/base:1", before) + "," + parent("other/side:1", sideDigest) + "]"
	s.Push("group/project/rust:1", rust)
	s.Push("lib/base:1", jobtest.About("lib", "base", "w", "group/project other/side"))
	jobtest.Check(t, s.check())
	got := s.report().Images[0]
	if got.Verdict != update.Waits || !strings.Contains(got.Note, "other/side/side") || len(s.asked()) > 0 {
		t.Errorf("got %s, %q and the pipelines %v", got.Verdict, got.Note, s.asked())
	}
}

// A registry that fails for some images hides nothing of the others.
func TestUpdateCheckSurvivesFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault   ocitest.Fault
		unknown bool
		says    string
	}{
		"a base's registry that is down":     {ocitest.Fault{Path: "lib/base", Status: http.StatusServiceUnavailable}, true, "answered 503"},
		"a server error that passes":         {ocitest.Fault{Path: "lib/base", Status: http.StatusBadGateway, Times: 1}, false, ""},
		"too many requests, for a while":     {ocitest.Fault{Path: "rust", Status: http.StatusTooManyRequests, Times: 2}, false, ""},
		"too many requests":                  {ocitest.Fault{Path: "rust", Status: http.StatusTooManyRequests}, true, "too many requests (429)"},
		"an image that may not be read":      {ocitest.Fault{Path: "rust", Status: http.StatusForbidden}, true, "does not allow it (403)"},
		"half a configuration":               {ocitest.Fault{Path: "rust/blobs", How: networktest.Cut}, true, "read the configuration of"},
		"a manifest that is none":            {ocitest.Fault{Path: "rust/manifests", Status: 200, Body: "{"}, true, "rust:1"},
		"a configuration that is none":       {ocitest.Fault{Path: "rust/blobs", Status: 200, Body: "[]"}, true, "rust:1"},
		"an image gone between two requests": {ocitest.Fault{Path: "rust/blobs", Status: http.StatusNotFound}, true, "rust:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			s.Push("lib/other:1", nil)
			s.PushImage("group/project/other:1", s.image(empty.Image, s.on("lib/other:1", s.base)))
			s.targets(schema.UpdateTarget{Image: "rust", Places: []schema.UpdatePlace{{Reference: "rust:1"}}}, schema.UpdateTarget{Image: "other", Places: []schema.UpdatePlace{{Reference: "other:1"}}})
			s.Registry.Break(test.fault)
			err := s.check()
			report := s.report()
			rust, other := report.Images[0], report.Images[1]
			if test.unknown {
				if err == nil || rust.Verdict != update.Unknown || !strings.Contains(strings.Join(rust.Errors, " "), test.says) {
					t.Errorf("%v; rust is %s: %v", err, rust.Verdict, rust.Errors)
				}
			} else if err != nil || rust.Verdict != update.Current {
				t.Errorf("%v; rust is %s: %v", err, rust.Verdict, rust.Errors)
			}
			if diff := cmp.Diff([]map[string]string{{schema.VarRebuild: "other"}}, s.asked()); diff != "" || other.Verdict != update.Stale {
				t.Errorf("the other image is %s and rebuilt:\n%s", other.Verdict, diff)
			}
		})
	}
}

func TestUpdateCheckEndsWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	s := newUpdateScene(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := update.Run(ctx, s.Env().Update())
	if err == nil || s.report().Images[0].Verdict != update.Unknown {
		t.Errorf("got %v", err)
	}
}

func TestUpdateCheckAsksLittle(t *testing.T) {
	t.Parallel()
	const images, bases = 60, 5
	s := newUpdateScene(t)
	var targets []schema.UpdateTarget
	for i := range bases {
		base := s.image(empty.Image, nil)
		s.PushImage(fmt.Sprintf("lib/base%d:1", i), base)
		for n := i; n < images; n += bases {
			name := fmt.Sprintf("image%d", n)
			s.PushImage("group/project/"+name+":1", s.image(base, s.on(fmt.Sprintf("lib/base%d:1", i), base)))
			targets = append(targets, schema.UpdateTarget{Image: name, Places: []schema.UpdatePlace{{Reference: name + ":1"}}})
		}
	}
	s.Push("lib/base0:1", nil)
	s.targets(targets...)
	jobtest.Check(t, s.check())
	if requests := s.Registry.Requests(); len(requests) > 2*images+bases {
		t.Errorf("got %d requests, want at most %d, two per image and one per base: %q", len(requests), 2*images+bases, requests)
	}
	if asked := s.asked(); len(asked) != 1 || strings.Count(asked[0][schema.VarRebuild], ",") != images/bases-1 {
		t.Errorf("asked for %v", asked)
	}
}

// gate holds lookups until as many have come as it waits for.
type gate struct {
	update.Registry
	waitsFor int32
	come     atomic.Int32
	open     chan struct{}
}

func (g *gate) Manifest(ctx context.Context, at oci.Reference, credentials oci.Credentials) (oci.Manifest, error) {
	if g.come.Add(1) == g.waitsFor {
		close(g.open)
	}
	select {
	case <-g.open:
		return g.Registry.Manifest(ctx, at, credentials)
	case <-ctx.Done():
		return oci.Manifest{}, ctx.Err()
	}
}

func TestUpdateCheckAsksManyAtOnce(t *testing.T) {
	t.Parallel()
	const images, atOnce = 48, 16
	s := newUpdateScene(t)
	targets := make([]schema.UpdateTarget, images)
	for i := range targets {
		name := fmt.Sprintf("image%d", i)
		s.built(name+":1", s.base)
		targets[i] = schema.UpdateTarget{Image: name, Places: []schema.UpdatePlace{{Reference: name + ":1"}}}
	}
	s.targets(targets...)
	env := s.Env().Update()
	env.Registry = &gate{Registry: env.Registry, waitsFor: atOnce, open: make(chan struct{})}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := update.Run(ctx, env); err != nil {
		t.Errorf("got %v, want at least %d lookups at the same time", err, atOnce)
	}
}

func TestUpdateCheckReadsItsVariablesStrictly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, value, want string }{
		"nothing":                  {schema.VarUpdates, "", "lists the images"},
		"no JSON":                  {schema.VarUpdates, "[{", "is not the JSON"},
		"no place":                 {schema.VarUpdates, `[{"image":"a"}]`, "needs a name"},
		"a name that is two":       {schema.VarUpdates, `[{"image":"a,b","places":[{"reference":"a:1"}]}]`, "needs a name"},
		"a place that is none":     {schema.VarUpdates, `[{"image":"a","places":[{"reference":"A B"}]}]`, "not a reference"},
		"an unknown distribution":  {schema.VarUpdates, `[{"image":"a","places":[{"reference":"a:1"}],"distribution":"dos"}]`, `"dos" is not known`},
		"credentials that are not": {schema.VarUpdates, `[{"image":"a","places":[{"reference":"a:1","username":"U","password":"P"}]}]`, "U is not set"},
		"a share of nothing":       {"CI_NODE_TOTAL", "x", "CI_NODE_TOTAL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			s.Vars["CI_NODE_INDEX"] = "1"
			s.Vars[test.name] = test.value
			var usage jobenv.UsageError
			if err := s.check(); !errors.As(err, &usage) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want wrong usage with %q", err, test.want)
			}
		})
	}
}

// The package manager of a project's own distribution is asked as its recipe says.
func TestUpdateCheckAsksOwnDistributions(t *testing.T) {
	t.Parallel()
	s := newUpdateScene(t)
	s.targets(schema.UpdateTarget{Image: "rust", Places: []schema.UpdatePlace{{Reference: "rust:1"}}, Distribution: "void"})
	s.Vars[schema.VarDistributions] = `{"void":{"name":"Void","base":"ghcr.io/void:latest","upgrade":"up","install":"in","clean":"clean","updates":"list updates","missing":"m","available":"a"}}`
	jobtest.Check(t, s.check())
	if diff := cmp.Diff([]string{"list updates"}, s.tasks.scripts); diff != "" {
		t.Errorf("scripts (-want +got):\n%s", diff)
	}
}

func TestUpdateReportsForPeople(t *testing.T) {
	t.Parallel()
	s := newUpdateScene(t)
	s.targets(schema.UpdateTarget{Image: "rust", Places: []schema.UpdatePlace{{Reference: "rust:1"}}, Distribution: "debian"})
	s.tasks.output = "ba|sh 1 <2>\n"
	jobtest.Check(t, s.check())
	page, err := os.ReadFile(filepath.Join(s.Dir, schema.UpdatesPage))
	jobtest.Check(t, err)
	want := "| image | verdict | what is new |\n|---|---|---|\n| rust | stale | packages: package ba\\|sh 1 → &lt;2> |\n\nRebuilt by "
	if !strings.HasPrefix(string(page), want) {
		t.Errorf("the page is\n%s\nwant\n%s", page, want)
	}
	if want := "stale    rust\n         packages: package ba|sh 1 → <2>\nRebuild: http"; !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log is\n%s\nwant\n%s", s.Log.String(), want)
	}
}
