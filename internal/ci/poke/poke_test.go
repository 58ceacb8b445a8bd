package poke_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
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

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/poke"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestPokeDecides(t *testing.T) {
	t.Parallel()
	own := "group/project/rust:" + jobtest.ContentTag
	tests := map[string]struct {
		prepare func(*jobtest.PokeScene)
		pokes   bool
		log     string
		// questions is how often the registry is asked for something.
		questions int
	}{
		"this pipeline built it":       {nil, true, "this pipeline built", 3},
		"another pipeline built it":    {func(s *jobtest.PokeScene) { s.Vars["CI_PIPELINE_ID"] = "8" }, false, "was built by pipeline 7 and not by this one, 8", 3},
		"no label":                     {func(s *jobtest.PokeScene) { s.Push(own, nil) }, false, "has no label fdo.pipeline_id", 3},
		"a label that is not a number": {func(s *jobtest.PokeScene) { s.Push(own, map[string]string{schema.LabelPipelineID: "seven"}) }, false, `is "seven", which is no pipeline's number`, 3},
		"a number that is too long": {func(s *jobtest.PokeScene) {
			s.Push(own, map[string]string{schema.LabelPipelineID: strings.Repeat("7", 40)})
		}, false, "which is no pipeline's number", 3},
		"a label from another project": {func(s *jobtest.PokeScene) {
			s.Push(own, map[string]string{schema.LabelPipelineID: "7", schema.LabelProject: "some/fork"})
		}, false, `was built in another project, "some/fork"`, 3},
		"a label without a project": {func(s *jobtest.PokeScene) { s.Push(own, map[string]string{schema.LabelPipelineID: "7"}) }, true, "this pipeline built", 3},
		"the release moved a tag": {func(s *jobtest.PokeScene) {
			s.Vars["CI_PIPELINE_ID"] = "8"
			s.MoveTo("8", "rust", s.Digest(own))
		}, true, "the release let r.io/rust:latest name sha256:", 1},
		"the release moved a tag to what the build job left": {func(s *jobtest.PokeScene) {
			s.Vars["CI_PIPELINE_ID"], s.Vars["STEMMA_DIGEST_RUST"] = "8", s.Digest(own)
			s.MoveTo("8", "rust", s.Digest(own))
		}, true, "the release let r.io/rust:latest name sha256:", 1},
		"the release of another image moved a tag": {func(s *jobtest.PokeScene) {
			s.Vars["CI_PIPELINE_ID"] = "8"
			s.MoveTo("8", "go", s.Digest(own))
		}, false, "was built by pipeline 7", 3},
		"the release moved nothing": {func(s *jobtest.PokeScene) {
			s.Vars["CI_PIPELINE_ID"] = "8"
			s.LeaveOutcome(`{"pipeline":"8","tags":[]}`)
		}, false, "was built by pipeline 7", 3},
		"the release of another pipeline moved a tag": {func(s *jobtest.PokeScene) {
			s.Vars["CI_PIPELINE_ID"] = "8"
			s.MoveTo("6", "rust", s.Digest(own))
		}, false, "Ignore stemma-release.json: pipeline 6 wrote it, and this is pipeline 8.", 3},
		"an older stemma moved a tag": {func(s *jobtest.PokeScene) {
			s.Vars["CI_PIPELINE_ID"] = "8"
			s.LeaveOutcome(`[{"reference":"r/rust:latest","after":"` + s.Digest(own) + `"}]`)
		}, false, "Ignore stemma-release.json: it does not say which pipeline wrote it.", 3},
		"from a merge request": {func(s *jobtest.PokeScene) { s.Vars["CI_MERGE_REQUEST_IID"] = "3" }, false, "Nobody is poked from a merge request", 0},
		"no dependents":        {func(s *jobtest.PokeScene) { s.Vars[schema.VarDependents] = "[]" }, false, "no project depends on group/project/rust", 0},
		"the build job's digest is looked at": {func(s *jobtest.PokeScene) {
			s.Vars["STEMMA_DIGEST_RUST"] = s.Digest(own)
			s.Push(own, map[string]string{schema.LabelPipelineID: "9"})
		}, true, "this pipeline built", 3},
		"an index": {func(s *jobtest.PokeScene) { pushPart(s, own) }, true, "this pipeline built", 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			s.Registry.Requests()
			jobtest.Check(t, s.Poke())
			requests := s.Registry.Requests()
			questions := slices.DeleteFunc(slices.Clone(requests), func(r string) bool { return !strings.HasPrefix(r, "GET ") || r == "GET /v2/" })
			if len(questions) != test.questions {
				t.Errorf("the registry was asked %d times, want %d: %v", len(questions), test.questions, questions)
			}
			if wrote := jobtest.CountOf(requests, "PUT ") > 0; wrote != test.pokes {
				t.Errorf("it wrote down who was told: %t", wrote)
			}
			if got := len(s.Started()) == 1; got != test.pokes {
				t.Errorf("poked is %t, want %t", got, test.pokes)
			}
			if !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("the log does not say %q:\n%s", test.log, s.Log.String())
			}
		})
	}
}

// pushIndex puts an index of one image of this pipeline under a reference.
func pushPart(s *jobtest.PokeScene, reference string) {
	s.Helper()
	image, err := mutate.Config(empty.Image, v1.Config{Labels: jobtest.Here()})
	jobtest.Check(s.T, err)
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
	ref, err := name.ParseReference(s.Registry.Host + "/" + reference)
	jobtest.Check(s.T, err)
	jobtest.Check(s.T, remote.WriteIndex(ref, index))
}

func TestPokeTells(t *testing.T) {
	t.Parallel()
	told := map[string]string{"STEMMA_POKED_BY": "group/project/rust", "STEMMA_WAVE": "p7", "STEMMA_WAVE_PATH": "group/project/rust"}
	with := func(more map[string]string) map[string]string {
		out := map[string]string{}
		for _, values := range []map[string]string{told, more} {
			for name, value := range values {
				out[name] = value
			}
		}
		return out
	}
	none := map[string]string{}
	type sent struct {
		Ref, Source       string
		Variables, Inputs map[string]string
	}
	tests := map[string]struct {
		vars map[string]string
		want sent
	}{
		"where the wave begins": {nil, sent{"main", "pipeline", told, none}},
		"on its way": {map[string]string{"STEMMA_POKED_BY": "Team/base/os", "STEMMA_WAVE": "p3", "STEMMA_WAVE_PATH": "team/root/r,team/base/os"}, sent{"main", "pipeline", map[string]string{
			"STEMMA_POKED_BY": "group/project/rust", "STEMMA_WAVE": "p3", "STEMMA_WAVE_PATH": "team/root/r,team/base/os,group/project/rust",
		}, none}},
		"with variables":       {map[string]string{schema.VarDependents: "other/app@1.2 SOMEVARIABLE=somevalue"}, sent{"1.2", "pipeline", with(map[string]string{"SOMEVARIABLE": "somevalue"}), none}},
		"as JSON":              {map[string]string{schema.VarDependents: `[{"project":"other/app","ref":"main","variables":{"A":"b c"}}]`}, sent{"main", "pipeline", with(map[string]string{"A": "b c"}), none}},
		"with a trigger token": {map[string]string{schema.VarDependents: "other/app@main token=APP_TOKEN"}, sent{"main", "trigger", told, none}},
		"the image that a template names": {map[string]string{
			schema.VarDistributionImage: "$CI_REGISTRY_IMAGE/rust:$FDO_DISTRIBUTION_TAG", schema.VarImage: "", schema.VarRepoSuffix: "", schema.VarDistributionName: "",
		}, sent{"main", "pipeline", told, none}},
		"by inputs": {map[string]string{schema.VarDependents: "other/app@main flavour=sweet via=inputs"}, sent{"main", "pipeline", none, map[string]string{
			"poked_by": "group/project/rust", "wave": "p7", "wave_path": "group/project/rust", "flavour": "sweet",
		}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Vars["APP_TOKEN"] = s.GitLab.TriggerToken("ann", "other/app")
			s.Vars["CI_REGISTRY_IMAGE"] = strings.ToLower(s.Vars["CI_REGISTRY_IMAGE"])
			for variable, value := range test.vars {
				s.Vars[variable] = value
			}
			jobtest.Check(t, s.Poke())
			started := s.Started()
			if len(started) != 1 {
				t.Fatalf("%d pipelines were started\n%s", len(started), s.Log.String())
			}
			got := sent{started[0].Ref, started[0].Source, started[0].Variables, started[0].Inputs}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			url := fmt.Sprintf("%s/other/app/-/pipelines/%d", s.GitLab.URL, started[0].ID)
			if want := fmt.Sprintf("other/app@%s: %s\n", got.Ref, url); !strings.Contains(s.Log.String(), want) {
				t.Errorf("no link is printed:\n%s", s.Log.String())
			}
			link := map[string]map[string]string{"external_link": {"label": "other/app@" + got.Ref, "url": url}}
			if diff := cmp.Diff(map[string][]map[string]map[string]string{"Poked projects": {link}}, s.Annotations()); diff != "" {
				t.Errorf("annotations (-want +got)\n%s", diff)
			}
			shape := regexp.MustCompile(schema.PokePattern)
			for name, value := range started[0].Variables {
				if strings.HasPrefix(name, "STEMMA_") && !shape.MatchString(value) {
					t.Errorf("%s is %q, which is no value of an input", name, value)
				}
			}
		})
	}
}

// A message says what is to be done, and the others are poked all the same.
func TestPokeSaysWhatToDo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		project    func(*gitlabtest.Project)
		dependents string
		want       string
	}{
		"no such project":              {nil, "other/gone@main", "there is no such project, or this job may not see it: correct its path; add Group/Project to its allowlist under Settings > CI/CD > Job token permissions; and make ann, who started this pipeline, a Developer of it"},
		"not on the allowlist":         {func(p *gitlabtest.Project) { p.Allowlist = nil }, "", "add Group/Project to its allowlist"},
		"a reporter, or archived":      {func(p *gitlabtest.Project) { p.Archived = true }, "", "a Developer of it; add Group/Project to its allowlist under Settings > CI/CD > Job token permissions; and see that it is not archived"},
		"no such ref":                  {nil, "other/app@gone", "it has no branch or tag gone"},
		"a protected branch":           {func(p *gitlabtest.Project) { p.Protected = []string{"main"} }, "", "main is protected there: let ann"},
		"no variables":                 {func(p *gitlabtest.Project) { p.Variables = gitlabtest.Maintainer }, "", "it takes no variables from ann: pass inputs with via: inputs"},
		"inputs that are not declared": {func(p *gitlabtest.Project) { p.Inputs = nil }, "other/app@main via=inputs", "declare the inputs poked_by, wave, wave_path"},
		"inputs, and an old GitLab":    {func(p *gitlabtest.Project) { p.Variables, p.IsOld = gitlabtest.Maintainer, true }, "other/app@main via=inputs", "this GitLab takes no inputs where ann may pass no variables"},
		"no job wants it":              {func(p *gitlabtest.Project) { p.NoJobs = true }, "", `give one a rule such as $STEMMA_POKED_BY == "group/project/rust"`},
		"it has moved":                 {func(p *gitlabtest.Project) { p.MovedTo = "new/place" }, "", "the project has moved"},
		"a trigger token of another":   {nil, "other/app@main token=WRONG_TOKEN", "the trigger token in WRONG_TOKEN is not for it"},
		"it is this very pipeline's":   {nil, "group/PROJECT@main", "a poke from group/project/rust would come back to it"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t, func(p *gitlabtest.Project) {
				if test.project != nil {
					test.project(p)
				}
			})
			s.GitLab.AddProject(gitlabtest.Project{Path: "third/one", Allowlist: []string{"group/project"}, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
			s.Vars["WRONG_TOKEN"] = s.GitLab.TriggerToken("ann", "third/one")
			if test.dependents != "" {
				s.Vars[schema.VarDependents] = test.dependents
			}
			s.Vars[schema.VarDependents] += "\nthird/one@main"
			if err := s.Poke(); !errors.Is(err, poke.ErrFailed) {
				t.Errorf("the job ends with %v", err)
			}
			if !strings.Contains(s.Log.String(), test.want) {
				t.Errorf("the log does not say %q:\n%s", test.want, s.Log.String())
			}
			for variable, value := range s.Vars {
				if strings.HasSuffix(variable, "_TOKEN") && strings.Contains(s.Log.String(), value) {
					t.Errorf("the log shows %s", variable)
				}
			}
			started := slices.DeleteFunc(s.Started(), func(p gitlabtest.Pipeline) bool { return p.Status == "failed" })
			if len(started) != 0 || len(s.GitLab.Pipelines("third/one")) != 1 {
				t.Errorf("%d and %d pipelines were started", len(started), len(s.GitLab.Pipelines("third/one")))
			}
		})
	}
}

// A configuration that GitLab cannot read has made a pipeline by the time that it is refused.
func TestPokeOfABrokenConfiguration(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	s.GitLab.Break(gitlabtest.Fault{Method: http.MethodPost, Status: 422, Body: `{"message":{"base":["jobs config should contain at least one visible job"]}}`})
	err := s.Poke()
	if want := "To do: its .gitlab-ci.yml on main makes no pipeline: see " + s.GitLab.URL + "/other/app/-/pipelines."; !errors.Is(err, poke.ErrFailed) || !strings.Contains(s.Log.String(), want) {
		t.Errorf("got %v\n%s", err, s.Log.String())
	}
}

func TestPokeStops(t *testing.T) {
	t.Parallel()
	long := make([]string, 64)
	for i := range long {
		long[i] = fmt.Sprintf("team/p%d/i", i)
	}
	for name, test := range map[string]struct{ path, want string }{
		"at a cycle":  {"team/a/x,group/project/rust,team/b/y", "the wave came back to group/project/rust: group/project/rust → team/b/y → group/project/rust"},
		"at a length": {strings.Join(long, ","), "it has passed 64 images"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Vars["STEMMA_POKED_BY"], s.Vars["STEMMA_WAVE"], s.Vars["STEMMA_WAVE_PATH"] = "team/b/y", "p3", test.path
			if err := s.Poke(); !errors.Is(err, poke.ErrFailed) || !strings.Contains(s.Log.String(), test.want) {
				t.Errorf("got %v\n%s", err, s.Log.String())
			}
			if requests := s.GitLab.Requests(); len(requests) > 0 {
				t.Errorf("GitLab was asked: %v", requests)
			}
		})
	}
}

// What started the pipeline may be anybody's; all that is wrong is said at once.
func TestPokeReadsNothingThatIsNotWellFormed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		variable, value string
		want            string
	}{
		"a wave that was made up":    {"STEMMA_WAVE", `p7" || "1" == "1`, `"p7\" || \"1\" == \"1" is not the id of a wave`},
		"a path that was made up":    {"STEMMA_WAVE_PATH", "team/a,$(id)", `"$(id)" is not an image of a project`},
		"an image that was made up":  {"STEMMA_POKED_BY", "<script>", `"<script>" is not an image of a project`},
		"a path without an end":      {"STEMMA_WAVE_PATH", strings.Repeat("team/a/b,", 5000), "more than 64 images"},
		"no dependents":              {schema.VarDependents, "", "STEMMA_DEPENDENTS is not set: it lists the projects to poke"},
		"a dependent without a ref":  {schema.VarDependents, "other/app", "write group/project@main"},
		"a dependent that is an URL": {schema.VarDependents, "https://gitlab.com/a/b@main", "is not a project: it looks like group/project"},
		"a ref that is an option":    {schema.VarDependents, "other/app@--force", `"--force" is not a branch or tag`},
		"another way":                {schema.VarDependents, "other/app@main via=mail", `via is "mail": it is variables or inputs`},
		"the poke's own variable":    {schema.VarDependents, "other/app@main STEMMA_WAVE=x", "STEMMA_WAVE is set by the poke itself"},
		"a bad variable":             {schema.VarDependents, "other/app@main a-b=x", `"a-b" is not the name of a variable`},
		"a token that is not set":    {schema.VarDependents, "other/app@main token=NO_TOKEN", "NO_TOKEN is not set: it holds the trigger token of other/app"},
		"a ref that is too long":     {schema.VarDependents, "other/app@" + strings.Repeat("a", 256), "is not a branch or tag"},
		"a token and no name":        {schema.VarDependents, "other/app@main token=glptt-123", "token is not the name of a variable"},
		"a template's image":         {schema.VarDistributionImage, "$GONE", "FDO_DISTRIBUTION_IMAGE"},
		"no address":                 {"CI_API_V4_URL", "", "is not the address of GitLab's API"},
		"no job token":               {"CI_JOB_TOKEN", "", "CI_JOB_TOKEN is not set"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Vars[test.variable] = test.value
			err := s.Poke()
			var usage jobenv.UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "glptt-123") {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if len(s.Registry.Requests())+len(s.GitLab.Requests()) > 0 {
				t.Error("somebody was asked")
			}
		})
	}
}

func TestPokeWithoutTheRegistry(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault ocitest.Fault
		pokes bool
		want  string
	}{
		"image gone":                      {ocitest.Fault{Path: "/manifests/", Status: 404}, false, "the registry has no such image; it was deleted, or its build job did not run"},
		"image gone between two requests": {ocitest.Fault{Path: "/blobs/", Status: 404}, false, "the registry has no such image; it was deleted"},
		"registry down":                   {ocitest.Fault{Path: "/manifests/", Status: 503}, false, "answered 503 after several tries; it is not known whether dependents were told: nobody is poked"},
		"registry busy for a moment":      {ocitest.Fault{Path: "/manifests/", Times: 2, Status: 429}, true, ""},
		"registry fails for a moment":     {ocitest.Fault{Path: "/blobs/", Times: 1, Status: 500}, true, ""},
		"another image than is asked for": {ocitest.Fault{Path: "/manifests/", Status: 200, Body: "{}", Header: http.Header{"Docker-Content-Digest": {"sha256:" + strings.Repeat("a", 64)}}}, false, "sent content that does not match its digest"},
		"half an answer":                  {ocitest.Fault{Path: "/blobs/", How: networktest.Cut}, false, "it is not known whether this pipeline built it: nobody is poked"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Registry.Break(test.fault)
			err := s.Poke()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if got := len(s.Started()) == 1; got != test.pokes {
				t.Errorf("poked is %t", got)
			}
		})
	}
}

// However an answer is lost, one pipeline is started.
func TestPokeStartsOnePipeline(t *testing.T) {
	t.Parallel()
	post := func(f gitlabtest.Fault) gitlabtest.Fault {
		f.Method, f.Path = http.MethodPost, "/trigger/pipeline"
		return f
	}
	tests := map[string]struct {
		faults []gitlabtest.Fault
		want   string
		// started is how many pipelines there are at the end.
		started int
		log     string
	}{
		"done, no answer":             {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, How: networktest.Drop})}, "", 1, "is taken for the one"},
		"done, half an answer":        {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, How: networktest.Cut})}, "", 1, "before its answer was complete"},
		"done, 502":                   {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, Done: true, Status: 502})}, "", 1, "is taken for the one"},
		"done, slow":                  {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, Delay: 5 * time.Second})}, "", 1, "did not answer within 1s"},
		"done, and a list that fails": {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, Done: true, Status: 500}), {Method: http.MethodGet, Times: 2, Status: 503}}, "", 1, "is taken for the one"},
		"not done, 500":               {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, Status: 500})}, "", 1, "there is none; ask again"},
		"not done, no answer":         {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 2, How: networktest.Drop, Lost: true})}, "", 1, "there is none; ask again"},
		"never done":                  {[]gitlabtest.Fault{post(gitlabtest.Fault{Status: 500})}, "GitLab answered 500", 0, "there is none; ask again"},
		"too many requests":           {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, Status: 429, Header: http.Header{"Retry-After": {"1"}}})}, "", 1, ""},
		"far too many requests":       {[]gitlabtest.Fault{post(gitlabtest.Fault{Status: 429, Header: http.Header{"Retry-After": {"600"}}})}, "GitLab answered 429", 0, ""},
		"done, and nobody may look":   {[]gitlabtest.Fault{post(gitlabtest.Fault{Times: 1, How: networktest.Drop}), {Method: http.MethodGet, Status: 403, Body: `{"message":"403 Forbidden"}`}}, "see URL/other/app/-/pipelines, and run this job again if there is none", 1, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			for _, fault := range test.faults {
				s.GitLab.Break(fault)
			}
			err := s.Poke()
			want := strings.ReplaceAll(test.want, "URL", s.GitLab.URL)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, poke.ErrFailed)) {
				t.Errorf("got %v, want %q", err, want)
			}
			if got := len(s.Started()); got != test.started {
				t.Errorf("%d pipelines were started, want %d", got, test.started)
			}
			if !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("the log does not say %q:\n%s", test.log, s.Log.String())
			}
		})
	}
}

// What others started is not taken for what this job started.
func TestPokeKnowsItsPipelines(t *testing.T) {
	t.Parallel()
	lost := gitlabtest.Fault{Method: http.MethodPost, After: 1, Times: 1, How: networktest.Drop, Lost: true}
	tests := map[string]struct {
		other gitlabtest.Pipeline
		name  string
		age   time.Duration
		// started is how many this job has to start: two, or one where the other's looks like its own.
		started int
	}{
		"by a push":                 {gitlabtest.Pipeline{Ref: "main", Source: "push"}, "", 0, 2},
		"on another branch":         {gitlabtest.Pipeline{Ref: "1.2", Source: "pipeline"}, "", 0, 2},
		"before the job":            {gitlabtest.Pipeline{Ref: "main", Source: "pipeline"}, "", time.Hour, 2},
		"for another image by name": {gitlabtest.Pipeline{Ref: "main", Source: "pipeline"}, "p7: group/project/base", 0, 2},
		"by a name that is none":    {gitlabtest.Pipeline{Ref: "main", Source: "pipeline"}, "Deploy p71 of app7", 0, 1},
		"for this image by name":    {gitlabtest.Pipeline{Ref: "main", Source: "pipeline"}, "p7: group/project/rust", 0, 1},
		"nobody knows":              {gitlabtest.Pipeline{Ref: "main", Source: "pipeline"}, "", 0, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Vars[schema.VarDependents] = "other/app@main IMAGE=first\nother/app@main IMAGE=second"
			test.other.Project, test.other.Status = "other/app", "success"
			s.GitLab.AddPipeline(test.other, test.name, time.Now().Add(-test.age))
			s.GitLab.Break(lost)
			jobtest.Check(t, s.Poke())
			if got := len(s.Started()) - 1; got != test.started {
				t.Errorf("%d pipelines were started, want %d\n%s", got, test.started, s.Log.String())
			}
		})
	}
}

// GitLab says in whole seconds when a job began. A pipeline of that very second may be older than the job, and know nothing of its image.
func TestPokeDoesNotTakeAPipelineOfTheSecondInWhichItBegan(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	begun := time.Now().UTC().Add(-time.Second).Truncate(time.Second)
	s.Vars["CI_JOB_STARTED_AT"] = begun.Format(time.RFC3339)
	s.GitLab.AddPipeline(gitlabtest.Pipeline{Project: "other/app", Ref: "main", Source: "pipeline", Status: "success"}, "", begun.Add(300*time.Millisecond))
	s.GitLab.Break(gitlabtest.Fault{Method: http.MethodPost, Times: 1, Status: http.StatusInternalServerError})
	jobtest.Check(t, s.Poke())
	if got := len(s.Started()) - 1; got != 1 {
		t.Errorf("%d pipelines were started, want 1\n%s", got, s.Log.String())
	}
}

func TestPokeWaits(t *testing.T) {
	t.Parallel()
	pipeline := func(source, status string) func(*jobtest.PokeScene) {
		return func(s *jobtest.PokeScene) {
			s.GitLab.AddPipeline(gitlabtest.Pipeline{Project: "other/app", Ref: "main", Source: source, Status: status}, "", time.Now().Add(-time.Hour))
		}
	}
	tests := map[string]struct {
		// before happens before the poke, and beside while its pipeline runs.
		before func(*jobtest.PokeScene)
		beside func(*jobtest.PokeScene)
		end    string
		fails  bool
		log    string
	}{
		"for success":                             {nil, nil, "success", false, ": success: "},
		"for a failure":                           {nil, nil, "failed", true, ": failed: "},
		"for a failure after a success":           {pipeline("push", "success"), nil, "failed", true, ": failed: "},
		"for a failure after one without a poke":  {pipeline("schedule", "failed"), nil, "failed", false, "so the poke is not to blame"},
		"for a failure after one of another poke": {pipeline("pipeline", "failed"), nil, "failed", true, ": failed: "},
		"for a failure before another one":        {nil, pipeline("push", "failed"), "failed", true, ": failed: "},
		"for a button":                            {nil, nil, "manual", false, "it waits for somebody to press a play button"},
		"for one that is cancelled":               {nil, nil, "canceled", true, ": canceled: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			if test.before != nil {
				test.before(s)
			}
			release := make(chan struct{})
			s.GitLab.OnPipeline = func(gitlabtest.Pipeline) string {
				if test.beside != nil {
					test.beside(s)
				}
				<-release
				return test.end
			}
			s.OnWait = func() {
				if s.Waited == 45*time.Second {
					close(release)
					s.GitLab.Wait()
				}
			}
			s.Vars[schema.VarDependents] = "other/app@main wait=true"
			if err := s.Poke(); errors.Is(err, poke.ErrFailed) != test.fails || err != nil && !test.fails {
				t.Errorf("the job ends with %v\n%s", err, s.Log.String())
			}
			if !strings.Contains(s.Log.String(), test.log) || s.Waited != 45*time.Second {
				t.Errorf("after %s the log does not say %q:\n%s", s.Waited, test.log, s.Log.String())
			}
		})
	}
}

// A dependent whose pipeline failed is poked again when somebody runs the job again, and by no later pipeline.
func TestARetryPokesTheDependentsThatFailed(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	end := "failed"
	s.GitLab.OnPipeline = func(gitlabtest.Pipeline) string { return end }
	s.OnWait = s.GitLab.Wait
	s.Vars[schema.VarDependents] = "other/app@main wait=true\nother/app@1.2"
	built := s.Digest("group/project/rust:" + jobtest.ContentTag)
	steps := []struct {
		pipeline, end string
		fails         bool
		started       int
	}{
		{"7", "failed", true, 2},
		{"7", "failed", true, 3},
		{"8", "failed", false, 3},
		{"7", "success", false, 4},
		{"7", "success", false, 4},
	}
	for i, step := range steps {
		end, s.Vars["CI_PIPELINE_ID"], s.Vars["STEMMA_DIGEST_RUST"] = step.end, step.pipeline, built
		if err := s.Poke(); errors.Is(err, poke.ErrFailed) != step.fails || len(s.Started()) != step.started {
			t.Errorf("step %d: %v, and %d pipelines, want %d\n%s", i+1, err, len(s.Started()), step.started, s.Log.String())
		}
	}
}

// The token lasts as long as the job: it may end between two requests.
func TestPokeWithATokenThatEnds(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	s.Vars[schema.VarDependents] = "other/app@main wait=true"
	s.GitLab.OnPipeline = func(gitlabtest.Pipeline) string {
		s.GitLab.End(s.Vars["CI_JOB_TOKEN"])
		return "success"
	}
	s.GitLab.Break(gitlabtest.Fault{Method: http.MethodGet, Times: 1, Delay: 200 * time.Millisecond, Status: 503})
	if err := s.Poke(); !errors.Is(err, poke.ErrFailed) || !strings.Contains(s.Log.String(), "GitLab refuses the job token in CI_JOB_TOKEN: see whether it has expired") {
		t.Errorf("while it waits: %v\n%s", err, s.Log.String())
	}
	s.Log.Reset()
	if err := s.Poke(); !errors.Is(err, poke.ErrFailed) || !strings.Contains(s.Log.String(), "this job's token has ended") {
		t.Errorf("before it pokes: %v\n%s", err, s.Log.String())
	}
}

// Whoever may start a pipeline need not be one who may see it.
func TestPokeWaitsWithTheJobsToken(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t, func(p *gitlabtest.Project) { p.Allowlist = nil })
	s.Vars["APP_TOKEN"] = s.GitLab.TriggerToken("ann", "other/app")
	s.Vars[schema.VarDependents] = "other/app@main token=APP_TOKEN wait=true"
	err := s.Poke()
	if want := "its pipeline cannot be followed: GitLab answered 404"; !errors.Is(err, poke.ErrFailed) || !strings.Contains(s.Log.String(), want) || !strings.Contains(s.Log.String(), "add Group/Project to its allowlist") {
		t.Errorf("got %v\n%s", err, s.Log.String())
	}
}

func TestPokeAnnotatesWhatGitLabShows(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	s.Vars[schema.VarDependents] = strings.Join(slices.Repeat([]string{"other/app@main"}, 25), "\n")
	jobtest.Check(t, s.Poke())
	if links := s.Annotations()["Poked projects"]; len(links) != 20 || len(s.Started()) != 25 {
		t.Errorf("%d links for %d pipelines", len(links), len(s.Started()))
	}
}

func TestPokeReadsTheRecordOfTheRelease(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	s.LeaveOutcome(`[{"reference":`)
	if err := s.Poke(); err == nil || !strings.Contains(err.Error(), "read what the release job wrote to stemma-release.json") {
		t.Errorf("got %v", err)
	}
}

func TestPokeWithoutGitLab(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	s.Vars["CI_API_V4_URL"] = "http://127.0.0.1:1/api/v4"
	s.Vars[schema.VarDependents] += "\nsome/other@main\nsome/more@main"
	if err := s.Poke(); err == nil || errors.Is(err, poke.ErrFailed) || !strings.Contains(err.Error(), "poke other/app@main: GitLab did not answer") ||
		strings.Contains(err.Error(), "some/other") || !strings.Contains(s.Log.String(), "of 3 dependents 2 are not tried") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(s.Log.String(), "GitLab did not answer") {
		t.Errorf("the log says already what the job ends with:\n%s", s.Log.String())
	}
}
