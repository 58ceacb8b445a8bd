package job_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Tests of the scene's image.
const (
	passing  = `[{"name":"passes","run":"echo fine"}]`
	failing  = `[{"name":"fails","run":"echo why; exit 3"}]`
	outsider = `[{"name":"passes","run":"echo fine"},{"name":"serves","run":"exit 1","outside":true}]`
)

// keysOf are the keys of tests that are written as in a variable.
func keysOf(t *testing.T, written string) (inside, outside string) {
	t.Helper()
	var tests []schema.Test
	check(t, json.Unmarshal([]byte(written), &tests))
	return schema.TestKeys(tests, schema.Checks{})
}

// cases are the tests in the report: "name", "name: failure" or "name (what it printed)".
func (s *scene) cases() []string {
	s.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, schema.JUnitFile))
	check(s.T, err)
	var suite struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Output string `xml:"system-out"`
		} `xml:"testcase"`
	}
	check(s.T, xml.Unmarshal(content, &suite))
	var cases []string
	for _, c := range suite.Cases {
		switch {
		case c.Failure != nil:
			cases = append(cases, c.Name+": "+c.Failure.Message)
		default:
			cases = append(cases, c.Name+" ("+strings.TrimSpace(c.Output)+")")
		}
	}
	return cases
}

// mustFail runs the build job, whose tests fail.
func (s *scene) mustFail() {
	s.Helper()
	if err := s.build(); !errors.Is(err, job.ErrTestsFailed) {
		s.Fatalf("%v\n%s", err, s.log.String())
	}
}

// untested is the digest that the record of an untested image names.
func (s *scene) untested() string {
	s.Helper()
	if s.digest(own+":"+schema.PrefixUntested+contentTag) == "" {
		return ""
	}
	return s.labels(own + ":" + schema.PrefixUntested + contentTag)[schema.LabelUntested]
}

func TestBuildTestsBeforeItTags(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests] = passing
	s.builder.onTry = func() {
		if s.digest(own+":"+contentTag) != "" {
			t.Error("the tag names the image before it is tested")
		}
	}
	check(t, s.build())
	inside, _ := keysOf(t, passing)
	if got := s.labels(own + ":" + contentTag)[schema.LabelTested]; got != inside {
		t.Errorf("the label says %q, want %q", got, inside)
	}
	if diff := cmp.Diff([]string{"passes (fine)"}, s.cases()); diff != "" {
		t.Error(diff)
	}
	// What was tested is what was pushed: the id of an image is the digest of its configuration.
	config := s.configDigest(own + ":" + contentTag)
	if len(s.builder.subjects) != 1 || s.builder.subjects[0].ID != config || s.builder.subjects[0].Reference != "" {
		t.Errorf("tested %+v, pushed %s", s.builder.subjects, config)
	}
	if len(s.builder.loaded) > 0 {
		t.Errorf("images are left in the storage: %v", s.builder.loaded)
	}
	if s.untested() != "" {
		t.Error("it is recorded as untested")
	}
}

func TestAFailedTestLeavesTheDigestAndNoTag(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests] = failing
	s.mustFail()
	if s.digest(own+":"+contentTag) != "" || len(s.dotenv()) > 0 {
		t.Errorf("the tag names %q, and later jobs are told %v", s.digest(own+":"+contentTag), s.dotenv())
	}
	kept := s.untested()
	if kept == "" || s.digest(own+"@"+kept) == "" {
		t.Fatalf("the image is not kept:\n%s", s.log.String())
	}
	if label, ok := s.labels(own + "@" + kept)[schema.LabelTested]; ok {
		t.Errorf("its label says that it passed %s", label)
	}
	for _, want := range []string{
		"FAIL fails: it ended with status 3.", "podman pull " + s.registry.Host + "/" + own + "@" + kept, "A retry of this job tests the same image again", "STEMMA_REBUILD=rust",
	} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, s.log.String())
		}
	}
	if diff := cmp.Diff([]string{"fails: it ended with status 3"}, s.cases()); diff != "" {
		t.Error(diff)
	}
}

// A retry, or a later pipeline that would build the same, tests what was built.
func TestARetryTestsWhatWasBuilt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests] = `[{"name":"is flaky","run":"test -e ` + s.dir + `/fixed"}]`
	s.mustFail()
	kept := s.untested()
	s.vars["CI_PIPELINE_ID"] = "8"
	s.mustFail()
	check(t, os.WriteFile(filepath.Join(s.dir, "fixed"), nil, 0o600))
	check(t, s.build())
	if len(s.builder.built) != 1 || s.digest(own+":"+contentTag) != kept || s.dotenv()["STEMMA_DIGEST_RUST"] != kept {
		t.Errorf("%d builds, the tag names %s and not %s:\n%s", len(s.builder.built), s.digest(own+":"+contentTag), kept, s.log.String())
	}
	if last := s.builder.subjects[2]; last.Reference != s.registry.Host+"/"+own+"@"+kept {
		t.Errorf("tested %+v", last)
	}
	// It has the record that later jobs look for, and is not tested again.
	inside, _ := keysOf(t, s.vars[schema.VarTests])
	if s.digest(own+":"+recordOf(inside, kept)) == "" {
		t.Error("there is no record")
	}
	check(t, s.build())
	if len(s.builder.subjects) != 3 {
		t.Error("it was tested again")
	}
	if diff := cmp.Diff([]string{"is flaky (passed before, in pipeline 8)"}, s.cases()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsBuiltInsteadOfTestedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*scene)
		builds  int
	}{
		"the same":         {func(*scene) {}, 1},
		"another parent":   {func(s *scene) { s.push("lib/base:1", nil) }, 2},
		"other inputs":     {func(s *scene) { s.vars[schema.VarInputs] = contentTag + strings.Repeat("f", 48) }, 2},
		"a forced rebuild": {func(s *scene) { s.vars[schema.VarRebuild], s.vars["CI_PIPELINE_ID"] = "rust", "8" }, 2},
		"a canary":         {func(s *scene) { s.vars[schema.VarCanary] = "1" }, 2},
		"a job by hand":    {func(s *scene) { s.vars["CI_COMMIT_SHA"], s.vars[schema.VarImage] = "beef", "" }, 2},
		"another commit":   {func(s *scene) { s.vars["CI_COMMIT_SHA"] = "beef" }, 1},
		"what nobody has":  {func(s *scene) { s.record("sha256:" + strings.Repeat("a", 64)) }, 2},
		"a broken record":  {func(s *scene) { s.record("s3cret") }, 2},
		"the retry of a forced rebuild": {func(s *scene) {
			s.vars[schema.VarRebuild], s.vars["CI_PIPELINE_ID"] = "rust", "8"
			s.mustFail()
		}, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.vars[schema.VarTests] = failing
			s.mustFail()
			test.prepare(s)
			s.mustFail()
			if len(s.builder.built) != test.builds {
				t.Errorf("%d builds, want %d:\n%s", len(s.builder.built), test.builds, s.log.String())
			}
		})
	}
}

// record lets the record of an untested image name a digest.
func (s *scene) record(digest string) {
	s.Helper()
	s.push(own+":"+schema.PrefixUntested+contentTag, map[string]string{schema.LabelUntested: digest})
}

// Prune keeps a record that does not say when it was written, or takes it for an old one.
func TestRecordsOfTestsSayWhenTheyWereWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T) (s *scene, record string){
		"the tests failed": func(t *testing.T) (*scene, string) {
			s := newScene(t)
			s.vars[schema.VarTests] = failing
			s.mustFail()
			return s, schema.PrefixUntested + contentTag
		},
		"the image was tested where it is": func(t *testing.T) (*scene, string) {
			s := newScene(t)
			digest := s.push(own+":"+contentTag, made("of-older-tests"))
			s.vars[schema.VarTests] = passing
			check(t, s.build())
			inside, _ := keysOf(t, passing)
			return s, recordOf(inside, digest)
		},
		"it was tested beside the image": func(t *testing.T) (*scene, string) {
			s := newVerifyScene(t)
			_, err := s.verify()
			check(t, err)
			_, outside := keysOf(t, beside)
			return s, recordOf(outside, s.vars["STEMMA_DIGEST_RUST"])
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, record := test(t)
			want := s.env().Now().UTC().Format(time.RFC3339)
			if got := s.labels(own + ":" + record)[schema.LabelCreated]; got != want {
				t.Errorf("%s was written at %q, want %s", record, got, want)
			}
		})
	}
}

// A rebuild that fails its tests is a rebuild that failed, and the tag stays.
func TestAFailedTestOfARebuildCounts(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	before := s.push(own+":"+contentTag, made(""))
	s.vars[schema.VarTests], s.vars[schema.VarRebuild] = failing, "rust"
	s.mustFail()
	if s.digest(own+":"+contentTag) != before {
		t.Error("the tag moved")
	}
	if !strings.Contains(s.labels(own + ":" + schema.PrefixFailed + contentTag)[schema.LabelFailed], `"failures":1`) {
		t.Error("the failure is not remembered")
	}
}

// An image that exists is tested where it is, once for each set of tests.
func TestWhatExistsIsTestedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	digest := s.push(own+":"+contentTag, made("of-older-tests"))
	s.vars[schema.VarTests] = passing
	for range 2 {
		check(t, s.build())
	}
	if len(s.builder.subjects) != 1 || s.builder.subjects[0].Reference != s.registry.Host+"/"+own+"@"+digest || len(s.builder.built) > 0 {
		t.Errorf("tested %+v, %d builds", s.builder.subjects, len(s.builder.built))
	}
	s.vars[schema.VarTests] = `[{"name":"is new","run":"exit 1"}]`
	s.mustFail()
	if s.digest(own+":"+contentTag) != digest || !strings.Contains(s.log.String(), "podman pull "+s.registry.Host+"/"+own+"@"+digest) {
		t.Errorf("the tag moved, or nobody is told what failed:\n%s", s.log.String())
	}
}

// Tests that see the project's files are about one commit. Others are not run again with them.
func TestTestsOfTheCheckoutRunForEachCommit(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests] = `[{"name":"plain","run":"true"},{"name":"files","run":"pwd","checkout":true}]`
	check(t, s.build())
	check(t, s.build())
	if len(s.builder.subjects) != 2 {
		t.Fatalf("tested %d times", len(s.builder.subjects))
	}
	s.vars["CI_COMMIT_SHA"], s.vars["CI_PIPELINE_ID"] = "beef", "8"
	for range 2 {
		check(t, s.build())
	}
	if len(s.builder.trials) != 3 || s.builder.trials[2].Script != "pwd" || s.builder.trials[2].Folder == "" {
		t.Errorf("tests that ran: %+v", s.builder.trials)
	}
	if diff := cmp.Diff([]string{"plain (passed before, in pipeline 8)", "files (passed before, in pipeline 8)"}, s.cases()); diff != "" {
		t.Error(diff)
	}
}

// An image that has not changed costs as many requests with tests as without.
func TestTestsOfAnUnchangedImageAskTheRegistryNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests], s.vars[schema.VarChecks] = passing, `{"maxSize":1000000}`
	check(t, s.build())
	s.registry.Requests()
	check(t, s.build())
	if requests := s.registry.Requests(); len(requests) != 2 || len(s.builder.built) != 1 {
		t.Errorf("%d requests: %v", len(requests), requests)
	}
	if diff := cmp.Diff([]string{"maxSize (passed before, in pipeline 7)", "passes (passed before, in pipeline 7)"}, s.cases()); diff != "" {
		t.Error(diff)
	}
}

// A job without tests writes no report and looks up no record.
func TestJobsWithoutTestsLookUpNoRecord(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	check(t, s.build())
	if i := slices.IndexFunc(s.registry.Requests(), func(request string) bool { return strings.Contains(request, "ested-") }); i >= 0 {
		t.Error("it asked for a record")
	}
	if _, err := os.Stat(filepath.Join(s.dir, schema.JUnitFile)); err == nil {
		t.Error("it wrote a report")
	}
}

func TestChecksOfANewImageAreAboutWhatIsPushed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarChecks] = `{"maxSize":10,"ociLayers":true}`
	s.mustFail()
	if cases := s.cases(); len(cases) != 2 || !strings.Contains(cases[0], "maxSize: its compressed layers have ") {
		t.Errorf("%v", cases)
	}
	if s.digest(own+":"+contentTag) != "" || len(s.builder.loaded) > 0 {
		t.Error("the image has its tag")
	}
}

// With tests beside the image a verify job sets the tag.
func TestOutsideTestsLeaveTheTagToTheVerifyJob(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests] = outsider
	check(t, s.build())
	digest := s.dotenv()["STEMMA_DIGEST_RUST"]
	if s.digest(own+":"+contentTag) != "" || digest == "" || s.dotenv()["STEMMA_REF_RUST"] != s.registry.Host+"/"+own+"@"+digest {
		t.Errorf("the tag names %q, later jobs get %v", s.digest(own+":"+contentTag), s.dotenv())
	}
	if !strings.Contains(s.log.String(), "in verify:rust") || s.untested() != digest {
		t.Errorf("the record names %q:\n%s", s.untested(), s.log.String())
	}
	// The next pipeline neither builds it again nor repeats the tests inside.
	check(t, s.build())
	if len(s.builder.built) != 1 || len(s.builder.subjects) != 1 || s.dotenv()["STEMMA_DIGEST_RUST"] != digest {
		t.Errorf("%d builds, %d tests", len(s.builder.built), len(s.builder.subjects))
	}
}

func TestATestHasALimit(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests] = `[{"name":"hangs","run":"echo begun; sleep 60","timeout":1},{"name":"goes on","run":"true"}]`
	s.mustFail()
	if diff := cmp.Diff([]string{"hangs: it was ended after its limit of 1s: make it faster, or give it a longer timeout", "goes on ()"}, s.cases()); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"-1", "99999999999"} {
		s.vars[schema.VarTests] = `[{"name":"wrong","run":"true","timeout":` + wrong + `}]`
		var usage jobenv.UsageError
		if err := s.build(); !errors.As(err, &usage) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// What the registry does while tests run or their records are written leaves no tag behind.
func TestFaultsAroundTestsTagNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		tests string
		fault ocitest.Fault
		fails error
	}{
		"the untested image cannot be pushed":      {failing, ocitest.Fault{Method: "POST", Path: own + "/blobs/uploads", Status: 403}, job.ErrTestsFailed},
		"the record cannot be written":             {failing, ocitest.Fault{Method: "PUT", Path: schema.PrefixUntested, Status: 403}, job.ErrTestsFailed},
		"the record cannot be looked up":           {passing, ocitest.Fault{Method: "GET", Path: schema.PrefixUntested, Status: 403}, nil},
		"the image for outside cannot be recorded": {outsider, ocitest.Fault{Method: "PUT", Path: schema.PrefixUntested, Status: 403}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.vars[schema.VarTests] = test.tests
			s.registry.Break(test.fault)
			err := s.build()
			if err == nil || test.fails != nil && !errors.Is(err, test.fails) || s.digest(own+":"+contentTag) != "" || len(s.dotenv()) > 0 {
				t.Errorf("%v, later jobs get %v", err, s.dotenv())
			}
		})
	}
}

// Nothing is built on a parent that has not passed its tests.
func TestParentsMustHavePassedTheirTests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(s *scene) (parent string)
		want    string
	}{
		"tested before it was pushed": {func(s *scene) string { return s.push("lib/base:1", made("in out")) }, ""},
		"tested since": {func(s *scene) string {
			parent := s.push("lib/base:1", made("in"))
			s.push("lib/base:"+recordOf("out", parent), nil)
			return parent
		}, ""},
		"untested":         {func(s *scene) string { return s.push("lib/base:1", made("in")) }, "rust is not built: its parent "},
		"the job to run":   {func(s *scene) string { return s.push("lib/base:1", nil) }, "run build:base again, and verify:base if the pipeline has it"},
		"no required test": {func(s *scene) string { s.vars[schema.VarParentTests] = `{"base":""}`; return s.push("lib/base:1", nil) }, ""},
		"tests of another": {func(s *scene) string {
			s.vars[schema.VarParentTests] = `{"other":"in"}`
			return s.push("lib/base:1", nil)
		}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.vars[schema.VarParents], s.vars[schema.VarParentTests] = "base="+s.vars[schema.VarBaseImage], `{"base":"in out"}`
			s.vars["STEMMA_DIGEST_BASE"] = test.prepare(s)
			err := s.build()
			if test.want == "" {
				check(t, err)
			} else if err == nil || !strings.Contains(err.Error(), test.want) || len(s.builder.built) > 0 {
				t.Errorf("%d builds, %v, want %s", len(s.builder.built), err, test.want)
			}
		})
	}
}

// An index is made of images that have passed all tests.
func TestIndexIsMadeOfTestedImages(t *testing.T) {
	t.Parallel()
	inside, outside := keysOf(t, outsider)
	for name, test := range map[string]struct {
		label, record string
		want          string
	}{
		"all have passed all":   {inside, outside, ""},
		"one lacks the outside": {inside, "", "join the platforms of rust: "},
		"one lacks the inside":  {"", outside, "run build:rust@arm64 again, and verify:rust@arm64"},
		"one lacks all":         {"", "", "join the platforms of rust: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			delete(s.vars, schema.VarBaseImage)
			s.vars[schema.VarPlatforms], s.vars[schema.VarTests] = "linux/amd64,linux/arm64", outsider
			s.vars["STEMMA_DIGEST_RUST_AMD64"] = s.push(own+":a", made(inside+" "+outside))
			s.vars["STEMMA_DIGEST_RUST_ARM64"] = s.push(own+":b", made(test.label))
			if test.record != "" {
				s.push(own+":"+recordOf(test.record, s.vars["STEMMA_DIGEST_RUST_ARM64"]), nil)
			}
			err := s.build()
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || s.digest(own+":"+contentTag) != "" {
					t.Errorf("%v, want %s", err, test.want)
				}
				return
			}
			check(t, err)
			first := s.digest(own + ":" + contentTag)
			s.registry.Requests()
			check(t, s.build())
			if requests := s.registry.Requests(); len(requests) > 3 || s.digest(own+":"+contentTag) != first || first == "" {
				t.Errorf("the index changed, or %d requests: %v", len(requests), requests)
			}
		})
	}
}

// The records of an image come with it from the upstream project, so it is not tested again.
func TestCopiesBringTheirRecords(t *testing.T) {
	t.Parallel()
	inside, _ := keysOf(t, passing)
	tests := map[string]struct {
		prepare func(*scene)
		ran     int
	}{
		"a label": {func(s *scene) { s.push("up/stream/rust:"+contentTag, made(inside)) }, 0},
		"a record": {func(s *scene) {
			s.push("up/stream/rust:"+recordOf(inside, s.push("up/stream/rust:"+contentTag, made(""))), nil)
		}, 0},
		"none": {func(s *scene) { s.push("up/stream/rust:"+contentTag, made("")) }, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.vars[schema.VarUpstreamRepo], s.vars[schema.VarTests] = "up/stream", passing
			test.prepare(s)
			check(t, s.build())
			if len(s.builder.subjects) != test.ran || len(s.builder.built) > 0 || s.digest(own+":"+contentTag) == "" {
				t.Errorf("%d tests, %d builds\n%s", len(s.builder.subjects), len(s.builder.built), s.log.String())
			}
			s.vars[schema.VarRequiredTests], s.vars["STEMMA_DIGEST_RUST"] = inside, s.dotenv()["STEMMA_DIGEST_RUST"]
			check(t, job.Release(s.Context(), s.env()))
		})
	}
}

// A copy that fails its tests has no tag.
func TestACopyIsTestedBeforeItIsTagged(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarUpstreamRepo], s.vars[schema.VarTests] = "up/stream", failing
	s.push("up/stream/rust:"+contentTag, made(""))
	s.mustFail()
	if s.digest(own+":"+contentTag) != "" {
		t.Error("the tag names it")
	}
}

// The snippet after a build runs once the image is published, also when that is after a retry.
func TestPostExecRunsOnceTheTestsHavePassed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.vars[schema.VarTests], s.vars[schema.VarDistributionPostExec] = failing, "notify"
	env, ran := s.env(), 0
	env.PostExec = func(context.Context, string, string, string) error { ran++; return nil }
	if err := job.Build(t.Context(), env); !errors.Is(err, job.ErrTestsFailed) || ran > 0 {
		t.Errorf("%v, ran %d times", err, ran)
	}
	s.vars[schema.VarTests] = passing
	for range 2 {
		check(t, job.Build(t.Context(), env))
	}
	if ran != 1 {
		t.Errorf("ran %d times", ran)
	}
}
