package compiler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/schema"
)

// GitLab stops a job after its timeout, whatever the job does then.
func TestABuildJobHasTimeForItsTests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ image, want string }{
		"the project's":        {"tests: [{name: a, run: b, timeout: 10m}]", ""},
		"no tests":             {"build: {timeout: 90m}", "90m"},
		"whole hours":          {"build: {timeout: 120m}", "2h"},
		"a test's own":         {"build: {timeout: 90m}, tests: [{name: a, run: b, timeout: 1h}, {name: c, run: d, timeout: 5m}]", "155m"},
		"an hour unless set":   {"build: {timeout: 90m}, tests: [{name: a, run: b}]", "150m"},
		"no outside test":      {"build: {timeout: 90m}, tests: [{name: a, run: b, outside: true, timeout: 3h}]", "90m"},
		"GitLab's own limit":   {"build: {timeout: 720h}, tests: [{name: a, run: b}]", "720h"},
		"the checks take none": {"build: {timeout: 90m}, checks: {ociLayers: true}", "90m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := jobOf(t, test.image, ".fdo.container-build@a").Timeout; got != test.want {
				t.Errorf("got the timeout %q, want %q", got, test.want)
			}
		})
	}
}

// What a job reads of the project must be there, and what it does not read costs time.
func TestOnlyTestsWithACheckoutFetchTheProject(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		test string
		want bool
	}{
		"inside":              {"{name: a, run: b}", false},
		"inside, with files":  {"{name: a, run: b, checkout: true}", true},
		"outside, has a job":  {"{name: a, run: b, outside: true}", false},
		"outside, with files": {"{name: a, run: b, outside: true, checkout: true}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := jobOf(t, "tests: ["+test.test+"]", ".fdo.container-build@a")
			if fetches := !slices.ContainsFunc(job.Variables, func(v pipeline.Variable) bool { return v.Name == "GIT_STRATEGY" }); fetches != test.want {
				t.Errorf("the job fetches the project: %t, want %t", fetches, test.want)
			}
		})
	}
}

// A job that needs an image says which tests it must have passed, in the words of the job that tests it.
func TestJobsRequireTheTestsOfTheBuildJob(t *testing.T) {
	t.Parallel()
	const image = "tests: [{name: in, run: 'a < b && c'}, {name: out, run: d, outside: true, timeout: 5m}], checks: {maxSize: 1GB}, dependents: [{project: a/b, ref: main}]"
	want := schema.RequiredTests([]schema.Test{{Name: "in", Run: "a < b && c"}, {Name: "out", Run: "d", Outside: true, Timeout: 300}}, schema.Checks{MaxSize: 1e9})
	for job, variable := range map[string]string{"release:a": schema.VarRequiredTests, "poke:a": schema.VarRequiredTests, ".fdo.container-build@child": schema.VarParentTests} {
		wanted := want
		if variable == schema.VarParentTests {
			wanted = fmt.Sprintf(`{"a":%q}`, want)
		}
		if got := valueOf(jobOf(t, image, job), variable); got != wanted {
			t.Errorf("%s: got %s=%q, want %q", job, variable, got, wanted)
		}
	}
	if got := valueOf(jobOf(t, image, "release:child"), schema.VarRequiredTests); got != "" {
		t.Errorf("an image without tests is released after the tests %q", got)
	}
}

// A parent with outside tests takes two needs: the job that built it, for its digest, and the one that tests it.
func TestNeedsAreCountedWithVerifyJobs(t *testing.T) {
	t.Parallel()
	for parents, want := range map[int]int{25: 0, 26: 1} {
		var images, file strings.Builder
		file.WriteString("FROM p0\n")
		for i := range parents {
			fmt.Fprintf(&images, "  p%d: {distribution: debian, version: trixie, tests: [{name: a, run: b, outside: true}]}\n", i)
			fmt.Fprintf(&file, "COPY --from=p%d /a /%[1]d\n", i)
		}
		files := fstest.MapFS{
			definition.YAMLFile: {Data: []byte("version: 1\nbuild: always\nimages:\n" + images.String() + "  child: {containerfile: Containerfile}\n")},
			"Containerfile":     {Data: []byte(file.String())},
		}
		_, found, err := compilertest.Compile(files)
		if err != nil || len(found) != want {
			t.Errorf("%d parents: %v %v", parents, err, found)
		}
	}
}

// The jobs of a child pipeline have stages that fit, whatever the stages of the project are.
func TestChildPipelinesTestWhereTheyBuild(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{definition.YAMLFile: {Data: []byte(`version: 1
children: true
defaults: {stages: {build: images, test: checks}}
images:
  a: {distribution: debian, version: trixie, tests: [{name: a, run: b, outside: true}]}
  child: {base: a}
`)}}
	stages := map[string]string{}
	for _, section := range compiled(t, files).Pipeline.Children[0].Sections {
		for _, job := range section.Jobs {
			if job.Stage != "" {
				stages[job.Name] = job.Stage
			}
		}
	}
	want := map[string]string{"build:a": "build", "verify:a": "build", "release:a": "deploy", "build:child": "build", "release:child": "deploy"}
	if diff := cmp.Diff(want, stages); diff != "" {
		t.Error(diff)
	}
}

// jobOf compiles an image a with some fields, and an image child on it, and returns one of the jobs.
func jobOf(t *testing.T, fields, name string) pipeline.Job {
	t.Helper()
	source := "version: 1\nimages:\n  a: {distribution: debian, version: trixie, " + fields + "}\n  child: {base: a}\n"
	for _, section := range compiled(t, fstest.MapFS{definition.YAMLFile: {Data: []byte(source)}}).Pipeline.Sections {
		for _, job := range section.Jobs {
			if job.Name == name {
				return job
			}
		}
	}
	t.Fatalf("there is no job %s", name)
	return pipeline.Job{}
}

func valueOf(job pipeline.Job, name string) string {
	for _, v := range job.Variables {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}
