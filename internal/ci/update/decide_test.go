package update_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/update"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

func digestOf(s *updateScene, image v1.Image) string {
	digest, err := image.Digest()
	jobtest.Check(s.T, err)
	return digest.String()
}

// rust is the target of the scene, changed.
func rust(s *updateScene, change func(*schema.UpdateTarget)) {
	target := schema.UpdateTarget{Image: "rust", Places: []schema.UpdatePlace{{Reference: "rust:1"}}}
	change(&target)
	s.targets(target)
}

// An update names the image that was looked at, and what it has and could have.
func TestUpdatesNameThePlaceAndTheVersions(t *testing.T) {
	t.Parallel()
	const own, released, lib = "group/project/rust:1", "released/rust:latest", "lib/base:1"
	tests := map[string]func(*updateScene) []update.Update{
		"no image": func(s *updateScene) []update.Update {
			rust(s, func(target *schema.UpdateTarget) { target.Places[0].Reference = "rust:2" })
			return []update.Update{{Check: "missing", Place: "group/project/rust:2"}}
		},
		"a base that moved": func(s *updateScene) []update.Update {
			old := s.Digest(lib)
			return []update.Update{{Check: "base", Place: own, Name: lib, Old: old, New: s.Push(lib, nil)}}
		},
		"other layers": func(s *updateScene) []update.Update {
			s.PushImage(own, s.image(empty.Image, s.on(lib, s.base)))
			return []update.Update{{Check: "layers", Place: own, Name: lib, New: s.Digest(lib)}}
		},
		"an older definition": func(s *updateScene) []update.Update {
			s.places("old", "2026-11-19T00:00:00Z", "new", "2026-11-20T00:00:00Z")
			return []update.Update{{Check: "definition", Place: own, Name: released, Old: "old", New: "new"}}
		},
		"packages": func(s *updateScene) []update.Update {
			rust(s, func(target *schema.UpdateTarget) { target.Distribution = "debian" })
			s.tasks.output = "bash\ncurl 7 8 more\n"
			return []update.Update{{Check: "packages", Place: own, Name: "bash"}, {Check: "packages", Place: own, Name: "curl", Old: "7", New: "8"}}
		},
		"the same image in two places": func(s *updateScene) []update.Update {
			image := s.image(s.base, s.on(lib, s.base))
			s.PushImage(own, image)
			s.PushImage(released, image)
			rust(s, func(target *schema.UpdateTarget) {
				target.Places = append(target.Places, schema.UpdatePlace{Reference: s.Registry.Host + "/" + released})
			})
			old := s.Digest(lib)
			return []update.Update{{Check: "base", Place: own, Name: lib, Old: old, New: s.Push(lib, nil)}}
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			want := prepare(s)
			jobtest.Check(t, s.check())
			got := s.report().Images[0].Found
			for i := range got {
				got[i].Place, got[i].Name = strings.TrimPrefix(got[i].Place, s.Registry.Host+"/"), strings.TrimPrefix(got[i].Name, s.Registry.Host+"/")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// What an image was built on, by its labels and by the definition.
func TestUpdateCheckFindsWhatAnImageIsBuiltOn(t *testing.T) {
	t.Parallel()
	const own = "group/project/rust:1"
	labelled := func(labels func(*updateScene) map[string]string) func(*updateScene) {
		return func(s *updateScene) { s.PushImage(own, s.image(s.base, labels(s))) }
	}
	base := func(name, digest string) func(*updateScene) map[string]string {
		return func(s *updateScene) map[string]string {
			labels := s.on("lib/base:1", s.base)
			delete(labels, schema.LabelParents)
			if name == "" {
				delete(labels, schema.LabelBaseName)
			}
			if digest == "" {
				delete(labels, schema.LabelBaseDigest)
			}
			return labels
		}
	}
	moved := func(prepare func(*updateScene)) func(*updateScene) {
		return func(s *updateScene) { prepare(s); s.Push("lib/base:1", nil) }
	}
	part := func(name string, digest func(*updateScene) string) func(*updateScene) {
		return func(s *updateScene) {
			s.pushIndex("lib/many:1", s.base)
			parent := `[{"name":"` + name + `","reference":"` + s.Registry.Host + `/lib/many:1","digest":"` + digest(s) + `"}]`
			s.PushImage(own, s.image(s.base, map[string]string{schema.LabelParents: parent}))
		}
	}
	present := func(s *updateScene) string { return digestOf(s, s.base) }
	older := func(s *updateScene) string { return s.Digest(own) }
	tests := map[string]struct {
		prepare func(*updateScene)
		// found is the check that finds something; empty where the image is current.
		found string
	}{
		"a base by name and digest":                          {labelled(base("n", "d")), ""},
		"a base by name and digest that moved":               {moved(labelled(base("n", "d"))), "base"},
		"a base by name that moved":                          {moved(labelled(base("n", ""))), "layers"},
		"a digest without a name":                            {moved(labelled(base("", "d"))), ""},
		"no labels and no base":                              {moved(labelled(func(*updateScene) map[string]string { return nil })), ""},
		"one platform of the project's own index":            {part("base", present), ""},
		"an older image of the project's own index":          {part("base", older), "base"},
		"one platform of an index that is not the project's": {part("", present), "base"},
		"a label with another base than the definition's": {func(s *updateScene) {
			s.Push("lib/other:1", nil)
			rust(s, func(target *schema.UpdateTarget) { target.Base = s.Registry.Host + "/lib/other:1" })
		}, ""},
		"an index as base that the label names by its digest": {func(s *updateScene) {
			s.pushIndex("lib/many:1", s.image(empty.Image, nil))
			place := s.Registry.Host + "/lib/many:1"
			s.PushImage(own, s.image(s.base, map[string]string{schema.LabelBaseName: place, schema.LabelBaseDigest: s.Digest("lib/many:1")}))
		}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			test.prepare(s)
			jobtest.Check(t, s.check())
			var found []string
			for _, one := range s.report().Images[0].Found {
				found = append(found, one.Check)
			}
			if got := strings.Join(found, " "); got != test.found {
				t.Errorf("got %q, want %q", got, test.found)
			}
		})
	}
}

// What cannot be looked at is said once, and only a failure outside of the project lets GitLab repeat the job.
func TestUpdateCheckSaysOnceWhatItCouldNotLookAt(t *testing.T) {
	t.Parallel()
	down := func(path string) func(*updateScene) {
		return func(s *updateScene) {
			s.Registry.Break(ocitest.Fault{Path: path, Status: http.StatusServiceUnavailable})
		}
	}
	tests := map[string]struct {
		prepare   func(*updateScene)
		want      string
		isOutside bool
	}{
		"the image":         {down("project/rust/manifests"), "answered 503", true},
		"its configuration": {down("project/rust/blobs"), "answered 503", true},
		"its base":          {down("lib/base"), "what it is built on: ", true},
		"a base without a label": {func(s *updateScene) {
			s.PushImage("group/project/rust:1", s.image(s.base, nil))
			rust(s, func(target *schema.UpdateTarget) { target.Base = s.Registry.Host + "/lib/base:1" })
			down("lib/base")(s)
		}, "what it is built on: ", true},
		"a parent that is none": {func(s *updateScene) {
			s.PushImage("group/project/rust:1", s.image(s.base, map[string]string{schema.LabelParents: `[{"reference":"A B","digest":"d"}]`}))
		}, "the labels name a parent that is no image", false},
		"a command that says nothing": {func(s *updateScene) {
			rust(s, func(target *schema.UpdateTarget) { target.Command = "./ask" })
		}, "look for newer packages in ", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			test.prepare(s)
			err := s.check()
			if err == nil || !strings.Contains(err.Error(), "not every image could be looked at: rust; the report says why") || outside.Is(err) != test.isOutside {
				t.Errorf("got %v, a failure outside: %t, want %t", err, outside.Is(err), test.isOutside)
			}
			got := s.report().Images[0]
			if got.Verdict != update.Unknown || len(got.Errors) != 1 || !strings.Contains(got.Errors[0], test.want) {
				t.Errorf("got %s, %q, want one error with %q", got.Verdict, got.Errors, test.want)
			}
		})
	}
}

func TestUpdatesAreDescribed(t *testing.T) {
	t.Parallel()
	old, now := "sha256:"+strings.Repeat("a", 64), "sha256:"+strings.Repeat("b", 64)
	tests := map[string]update.Update{
		"r/a:1 is not there":                                               {Check: "missing", Place: "r/a:1"},
		"r/a:1 is made of an older definition than r/b:1":                  {Check: "definition", Place: "r/a:1", Name: "r/b:1"},
		"r/base:1 moved from sha256:aaaaaaaaaaaa… to sha256:bbbbbbbbbbbb…": {Check: "base", Name: "r/base:1", Old: old, New: now},
		"r/a:1 does not begin with the layers of r/base:1":                 {Check: "layers", Place: "r/a:1", Name: "r/base:1"},
		"its command says that it is old":                                  {Check: "command"},
		"package hugo 1 → 2":                                               {Check: "command", Name: "hugo", Old: "1", New: "2"},
		"package curl 7 → 8":                                               {Check: "packages", Name: "curl", Old: "7", New: "8"},
	}
	for want, u := range tests {
		if got := u.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAJobLooksAtItsShare(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ index, total, want, problem string }{
		"the first of two":      {"1", "2", "a c", ""},
		"the second of two":     {"2", "2", "b", ""},
		"the only one":          {"1", "1", "a b c", ""},
		"no number of jobs":     {"1", "", "a b c", ""},
		"no number":             {"", "2", "a b c", ""},
		"the one before all":    {"0", "2", "", `CI_NODE_INDEX is "0"`},
		"the one behind all":    {"3", "2", "", `CI_NODE_INDEX is "3"`},
		"an index that is none": {"x", "2", "", `CI_NODE_INDEX is "x"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			var targets []schema.UpdateTarget
			for _, name := range []string{"a", "b", "c"} {
				s.built(name+":1", s.base)
				targets = append(targets, schema.UpdateTarget{Image: name, Places: []schema.UpdatePlace{{Reference: name + ":1"}}})
			}
			s.targets(targets...)
			s.Vars["CI_NODE_INDEX"], s.Vars["CI_NODE_TOTAL"] = test.index, test.total
			err := s.check()
			if _, isUsage := err.(jobenv.UsageError); isUsage != (test.problem != "") || err != nil && !strings.Contains(err.Error(), test.problem) { //nolint:errorlint // it is returned bare
				t.Fatalf("got %v, want %q", err, test.problem)
			}
			var names []string
			for _, image := range s.report().Images {
				names = append(names, image.Image)
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A job that starts no pipeline by itself says how to start it.
func TestUpdateCheckSaysHowImagesAreRebuilt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*updateScene)
		want    string
	}{
		"without a token": {func(s *updateScene) { s.Vars["CI_JOB_TOKEN"] = "" }, "start a pipeline with STEMMA_REBUILD=rust to rebuild them."},
		"by inputs": {func(s *updateScene) {
			s.project(gitlabtest.Project{Variables: 99, Inputs: []string{"rebuild", "wave"}})
		}, "the images are named by inputs."},
		"a snapshot": {func(s *updateScene) { s.Vars[schema.VarSnapshot] = "20261120" }, "Nothing is checked: snapshots are never released."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newUpdateScene(t)
			s.Push("lib/base:1", nil)
			test.prepare(s)
			jobtest.Check(t, s.check())
			if !strings.Contains(s.Log.String(), test.want) {
				t.Errorf("got the log\n%s\nwant %q in it", s.Log.String(), test.want)
			}
		})
	}
}

// envTasks remembers the variables and the platform of a task.
type envTasks struct {
	platform string
	env      map[string]string
}

func (e *envTasks) RunTask(_ context.Context, _, platform string, task buildah.Task) (status int, output string, err error) {
	e.platform, e.env = platform, task.Env
	return 0, "", nil
}

// The package manager runs on the image's platform, with the variables that its distribution needs.
func TestPackageManagersGetTheirVariables(t *testing.T) {
	t.Parallel()
	s := newUpdateScene(t)
	rust(s, func(target *schema.UpdateTarget) { target.Distribution, target.Platform = "debian", "linux/amd64" })
	tasks := &envTasks{}
	env := s.Env()
	env.Tasks = func(context.Context) (update.TaskRunner, error) { return tasks, nil }
	jobtest.Check(t, update.Run(s.Context(), env.Update()))
	if tasks.platform != "linux/amd64" || tasks.env["DEBIAN_FRONTEND"] != "noninteractive" {
		t.Errorf("got %s and %v, want linux/amd64 and DEBIAN_FRONTEND=noninteractive", tasks.platform, tasks.env)
	}
}

// A report without findings has lists that are empty, not absent.
func TestReportsHaveLists(t *testing.T) {
	t.Parallel()
	s := newUpdateScene(t)
	jobtest.Check(t, s.check())
	want := update.Report{Images: []update.Image{{Image: "rust", Verdict: update.Current, Found: []update.Update{}}}}
	if diff := cmp.Diff(want, s.report(), cmpopts.IgnoreUnexported(update.Image{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
