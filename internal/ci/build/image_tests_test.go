package build_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Tests of the scene's image.
const (
	passing  = `[{"name":"passes","run":"echo fine"}]`
	failing  = `[{"name":"fails","run":"echo why; exit 3"}]`
	outsider = `[{"name":"passes","run":"echo fine"},{"name":"serves","run":"exit 1","outside":true}]`
)

// mustFail runs the build job, whose tests fail.
func mustFail(s *jobtest.Scene) {
	s.Helper()
	if err := s.Build(); !errors.Is(err, imagetest.ErrFailed) {
		s.Fatalf("%v\n%s", err, s.Log.String())
	}
}

func TestBuildTestsBeforeItTags(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests] = passing
	s.Builder.OnTry = func() {
		if s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" {
			t.Error("the tag names the image before it is tested")
		}
	}
	jobtest.Check(t, s.Build())
	inside, _ := jobtest.KeysOf(t, passing)
	if got := s.Labels(jobtest.Own + ":" + jobtest.ContentTag)[schema.LabelTested]; got != inside {
		t.Errorf("the label says %q, want %q", got, inside)
	}
	if diff := cmp.Diff([]string{"passes (fine)"}, s.Cases()); diff != "" {
		t.Error(diff)
	}
	// What was tested is what was pushed: the id of an image is the digest of its configuration.
	config := s.ConfigDigest(jobtest.Own + ":" + jobtest.ContentTag)
	if len(s.Builder.Subjects) != 1 || s.Builder.Subjects[0].ID != config || s.Builder.Subjects[0].Reference != "" {
		t.Errorf("tested %+v, pushed %s", s.Builder.Subjects, config)
	}
	if len(s.Builder.Loaded) > 0 {
		t.Errorf("images are left in the storage: %v", s.Builder.Loaded)
	}
	if s.Untested() != "" {
		t.Error("it is recorded as untested")
	}
}

func TestAFailedTestLeavesTheDigestAndNoTag(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests] = failing
	mustFail(s)
	if s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" || len(s.Dotenv()) > 0 {
		t.Errorf("the tag names %q, and later jobs are told %v", s.Digest(jobtest.Own+":"+jobtest.ContentTag), s.Dotenv())
	}
	kept := s.Untested()
	if kept == "" || s.Digest(jobtest.Own+"@"+kept) == "" {
		t.Fatalf("the image is not kept:\n%s", s.Log.String())
	}
	if label, ok := s.Labels(jobtest.Own + "@" + kept)[schema.LabelTested]; ok {
		t.Errorf("its label says that it passed %s", label)
	}
	for _, want := range []string{
		"FAIL fails: it ended with status 3.", "podman run --rm -it --entrypoint /bin/sh " + s.Registry.Host + "/" + jobtest.Own + "@" + kept, "To test the same image again, run this job again.", "STEMMA_REBUILD=rust",
	} {
		if !strings.Contains(s.Log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, s.Log.String())
		}
	}
	if diff := cmp.Diff([]string{"fails: it ended with status 3"}, s.Cases()); diff != "" {
		t.Error(diff)
	}
}

// A retry, or a later pipeline that would build the same, tests what was built.
func TestARetryTestsWhatWasBuilt(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests] = `[{"name":"is flaky","run":"test -e ` + s.Dir + `/fixed"}]`
	mustFail(s)
	kept := s.Untested()
	s.Vars["CI_PIPELINE_ID"] = "8"
	mustFail(s)
	jobtest.Check(t, os.WriteFile(filepath.Join(s.Dir, "fixed"), nil, 0o600))
	jobtest.Check(t, s.Build())
	if len(s.Builder.Built) != 1 || s.Digest(jobtest.Own+":"+jobtest.ContentTag) != kept || s.Dotenv()["STEMMA_DIGEST_RUST"] != kept {
		t.Errorf("%d builds, the tag names %s and not %s:\n%s", len(s.Builder.Built), s.Digest(jobtest.Own+":"+jobtest.ContentTag), kept, s.Log.String())
	}
	if last := s.Builder.Subjects[2]; last.Reference != s.Registry.Host+"/"+jobtest.Own+"@"+kept {
		t.Errorf("tested %+v", last)
	}
	// It has the record that later jobs look for, and is not tested again.
	inside, _ := jobtest.KeysOf(t, s.Vars[schema.VarTests])
	if s.Digest(jobtest.Own+":"+jobtest.RecordOf(inside, kept)) == "" {
		t.Error("there is no record")
	}
	jobtest.Check(t, s.Build())
	if len(s.Builder.Subjects) != 3 {
		t.Error("it was tested again")
	}
	if diff := cmp.Diff([]string{"is flaky (passed before, in pipeline 8)"}, s.Cases()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsBuiltInsteadOfTestedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*jobtest.Scene)
		builds  int
	}{
		"the same":         {func(*jobtest.Scene) {}, 1},
		"another parent":   {func(s *jobtest.Scene) { s.Push("lib/base:1", nil) }, 2},
		"other inputs":     {func(s *jobtest.Scene) { s.Vars[schema.VarInputs] = jobtest.ContentTag + strings.Repeat("f", 48) }, 2},
		"a forced rebuild": {func(s *jobtest.Scene) { s.Vars[schema.VarRebuild], s.Vars["CI_PIPELINE_ID"] = "rust", "8" }, 2},
		"a trial rebuild":  {func(s *jobtest.Scene) { s.Vars[schema.VarTrialRebuild] = "1" }, 2},
		"a job by hand":    {func(s *jobtest.Scene) { s.Vars["CI_COMMIT_SHA"], s.Vars[schema.VarImage] = "beef", "" }, 2},
		"another commit":   {func(s *jobtest.Scene) { s.Vars["CI_COMMIT_SHA"] = "beef" }, 1},
		"what nobody has":  {func(s *jobtest.Scene) { recordUntested(s, "sha256:"+strings.Repeat("a", 64)) }, 2},
		"a broken record":  {func(s *jobtest.Scene) { recordUntested(s, "s3cret") }, 2},
		"the retry of a forced rebuild": {func(s *jobtest.Scene) {
			s.Vars[schema.VarRebuild], s.Vars["CI_PIPELINE_ID"] = "rust", "8"
			mustFail(s)
		}, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars[schema.VarTests] = failing
			mustFail(s)
			test.prepare(s)
			mustFail(s)
			if len(s.Builder.Built) != test.builds {
				t.Errorf("%d builds, want %d:\n%s", len(s.Builder.Built), test.builds, s.Log.String())
			}
		})
	}
}

// recordUntested lets the record of an untested image name a digest.
func recordUntested(s *jobtest.Scene, digest string) {
	s.Helper()
	s.Push(jobtest.Own+":"+schema.PrefixUntested+jobtest.ContentTag, map[string]string{schema.LabelUntested: digest})
}

// Prune keeps a record that does not say when it was written, or takes it for an old one.
func TestRecordsOfTestsSayWhenTheyWereWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T) (s *jobtest.Scene, record string){
		"the tests failed": func(t *testing.T) (*jobtest.Scene, string) {
			s := jobtest.New(t)
			s.Vars[schema.VarTests] = failing
			mustFail(s)
			return s, schema.PrefixUntested + jobtest.ContentTag
		},
		"the image was tested where it is": func(t *testing.T) (*jobtest.Scene, string) {
			s := jobtest.New(t)
			digest := s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("of-older-tests"))
			s.Vars[schema.VarTests] = passing
			jobtest.Check(t, s.Build())
			inside, _ := jobtest.KeysOf(t, passing)
			return s, jobtest.RecordOf(inside, digest)
		},
		"it was tested beside the image": func(t *testing.T) (*jobtest.Scene, string) {
			s := jobtest.NewVerify(t)
			_, err := s.Verify()
			jobtest.Check(t, err)
			_, outside := jobtest.KeysOf(t, jobtest.Outside)
			return s, jobtest.RecordOf(outside, s.Vars["STEMMA_DIGEST_RUST"])
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, record := test(t)
			want := s.Env().Now().UTC().Format(time.RFC3339)
			if got := s.Labels(jobtest.Own + ":" + record)[schema.LabelCreated]; got != want {
				t.Errorf("%s was written at %q, want %s", record, got, want)
			}
		})
	}
}

// A rebuild that fails its tests is a rebuild that failed, and the tag stays.
func TestAFailedTestOfARebuildCounts(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	before := s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made(""))
	s.Vars[schema.VarTests], s.Vars[schema.VarRebuild] = failing, "rust"
	mustFail(s)
	if s.Digest(jobtest.Own+":"+jobtest.ContentTag) != before {
		t.Error("the tag moved")
	}
	if !strings.Contains(s.Labels(jobtest.Own + ":" + schema.PrefixFailed + jobtest.ContentTag)[schema.LabelFailed], `"failures":1`) {
		t.Error("the failure is not remembered")
	}
}

// An image that exists is tested where it is, once for each set of tests.
func TestWhatExistsIsTestedOnce(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	digest := s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("of-older-tests"))
	s.Vars[schema.VarTests] = passing
	for range 2 {
		jobtest.Check(t, s.Build())
	}
	if len(s.Builder.Subjects) != 1 || s.Builder.Subjects[0].Reference != s.Registry.Host+"/"+jobtest.Own+"@"+digest || len(s.Builder.Built) > 0 {
		t.Errorf("tested %+v, %d builds", s.Builder.Subjects, len(s.Builder.Built))
	}
	s.Vars[schema.VarTests] = `[{"name":"is new","run":"exit 1"}]`
	mustFail(s)
	if s.Digest(jobtest.Own+":"+jobtest.ContentTag) != digest || !strings.Contains(s.Log.String(), "podman run --rm -it --entrypoint /bin/sh "+s.Registry.Host+"/"+jobtest.Own+"@"+digest) {
		t.Errorf("the tag moved, or nobody is told what failed:\n%s", s.Log.String())
	}
}

// Tests that see the project's files are about one commit. Others are not run again with them.
func TestTestsOfTheCheckoutRunForEachCommit(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests] = `[{"name":"plain","run":"true"},{"name":"files","run":"pwd","checkout":true}]`
	jobtest.Check(t, s.Build())
	jobtest.Check(t, s.Build())
	if len(s.Builder.Subjects) != 2 {
		t.Fatalf("tested %d times", len(s.Builder.Subjects))
	}
	s.Vars["CI_COMMIT_SHA"], s.Vars["CI_PIPELINE_ID"] = "beef", "8"
	for range 2 {
		jobtest.Check(t, s.Build())
	}
	if len(s.Builder.Trials) != 3 || s.Builder.Trials[2].Script != "pwd" || s.Builder.Trials[2].Folder == "" {
		t.Errorf("tests that ran: %+v", s.Builder.Trials)
	}
	if diff := cmp.Diff([]string{"plain (passed before, in pipeline 8)", "files (passed before, in pipeline 8)"}, s.Cases()); diff != "" {
		t.Error(diff)
	}
}

// An image that has not changed costs as many requests with tests as without.
func TestTestsOfAnUnchangedImageAskTheRegistryNothing(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests], s.Vars[schema.VarChecks] = passing, `{"maxSize":1000000}`
	jobtest.Check(t, s.Build())
	s.Registry.Requests()
	jobtest.Check(t, s.Build())
	if requests := s.Registry.Requests(); len(requests) != 2 || len(s.Builder.Built) != 1 {
		t.Errorf("%d requests: %v", len(requests), requests)
	}
	if diff := cmp.Diff([]string{"maxSize (passed before, in pipeline 7)", "passes (passed before, in pipeline 7)"}, s.Cases()); diff != "" {
		t.Error(diff)
	}
}

// A job without tests writes no report and looks up no record.
func TestJobsWithoutTestsLookUpNoRecord(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	jobtest.Check(t, s.Build())
	if i := slices.IndexFunc(s.Registry.Requests(), func(request string) bool { return strings.Contains(request, "ested-") }); i >= 0 {
		t.Error("it asked for a record")
	}
	if _, err := os.Stat(filepath.Join(s.Dir, schema.JUnitFile)); err == nil {
		t.Error("it wrote a report")
	}
}

func TestChecksOfANewImageAreAboutWhatIsPushed(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarChecks] = `{"maxSize":10,"ociLayers":true}`
	mustFail(s)
	if cases := s.Cases(); len(cases) != 2 || !strings.Contains(cases[0], "maxSize: its compressed layers have ") {
		t.Errorf("%v", cases)
	}
	if s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" || len(s.Builder.Loaded) > 0 {
		t.Error("the image has its tag")
	}
}

// With tests beside the image a verify job sets the tag.
func TestOutsideTestsLeaveTheTagToTheVerifyJob(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests] = outsider
	jobtest.Check(t, s.Build())
	digest := s.Dotenv()["STEMMA_DIGEST_RUST"]
	if s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" || digest == "" || s.Dotenv()["STEMMA_REF_RUST"] != s.Registry.Host+"/"+jobtest.Own+"@"+digest {
		t.Errorf("the tag names %q, later jobs get %v", s.Digest(jobtest.Own+":"+jobtest.ContentTag), s.Dotenv())
	}
	if !strings.Contains(s.Log.String(), "in verify:rust") || s.Untested() != digest {
		t.Errorf("the record names %q:\n%s", s.Untested(), s.Log.String())
	}
	// The next pipeline neither builds it again nor repeats the tests inside.
	jobtest.Check(t, s.Build())
	if len(s.Builder.Built) != 1 || len(s.Builder.Subjects) != 1 || s.Dotenv()["STEMMA_DIGEST_RUST"] != digest {
		t.Errorf("%d builds, %d tests", len(s.Builder.Built), len(s.Builder.Subjects))
	}
}

func TestATestHasALimit(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests] = `[{"name":"hangs","run":"echo begun; sleep 60","timeout":1},{"name":"goes on","run":"true"}]`
	mustFail(s)
	if diff := cmp.Diff([]string{"hangs: it was ended after its limit of 1s: make it faster, or give it a longer timeout", "goes on ()"}, s.Cases()); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"-1", "99999999999"} {
		s.Vars[schema.VarTests] = `[{"name":"wrong","run":"true","timeout":` + wrong + `}]`
		var usage jobenv.UsageError
		if err := s.Build(); !errors.As(err, &usage) {
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
		"the untested image cannot be pushed":      {failing, ocitest.Fault{Method: "POST", Path: jobtest.Own + "/blobs/uploads", Status: 403}, imagetest.ErrFailed},
		"the record cannot be written":             {failing, ocitest.Fault{Method: "PUT", Path: schema.PrefixUntested, Status: 403}, imagetest.ErrFailed},
		"the record cannot be looked up":           {passing, ocitest.Fault{Method: "GET", Path: schema.PrefixUntested, Status: 403}, nil},
		"the image for outside cannot be recorded": {outsider, ocitest.Fault{Method: "PUT", Path: schema.PrefixUntested, Status: 403}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars[schema.VarTests] = test.tests
			s.Registry.Break(test.fault)
			err := s.Build()
			if err == nil || test.fails != nil && !errors.Is(err, test.fails) || s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" || len(s.Dotenv()) > 0 {
				t.Errorf("%v, later jobs get %v", err, s.Dotenv())
			}
		})
	}
}

// Nothing is built on a parent that has not passed its tests.
func TestParentsMustHavePassedTheirTests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(s *jobtest.Scene) (parent string)
		want    string
	}{
		"tested before it was pushed": {func(s *jobtest.Scene) string { return s.Push("lib/base:1", jobtest.Made("in out")) }, ""},
		"tested since": {func(s *jobtest.Scene) string {
			parent := s.Push("lib/base:1", jobtest.Made("in"))
			s.Push("lib/base:"+jobtest.RecordOf("out", parent), nil)
			return parent
		}, ""},
		"untested":       {func(s *jobtest.Scene) string { return s.Push("lib/base:1", jobtest.Made("in")) }, "rust is not built: its parent "},
		"the job to run": {func(s *jobtest.Scene) string { return s.Push("lib/base:1", nil) }, "run build:base again, and verify:base if the pipeline has it"},
		"no required test": {func(s *jobtest.Scene) string {
			s.Vars[schema.VarParentTests] = `{"base":""}`
			return s.Push("lib/base:1", nil)
		}, ""},
		"tests of another": {func(s *jobtest.Scene) string {
			s.Vars[schema.VarParentTests] = `{"other":"in"}`
			return s.Push("lib/base:1", nil)
		}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars[schema.VarParents], s.Vars[schema.VarParentTests] = "base="+s.Vars[schema.VarBaseImage], `{"base":"in out"}`
			s.Vars["STEMMA_DIGEST_BASE"] = test.prepare(s)
			err := s.Build()
			if test.want == "" {
				jobtest.Check(t, err)
			} else if err == nil || !strings.Contains(err.Error(), test.want) || len(s.Builder.Built) > 0 {
				t.Errorf("%d builds, %v, want %s", len(s.Builder.Built), err, test.want)
			}
		})
	}
}

// An index is made of images that have passed all tests.
func TestIndexIsMadeOfTestedImages(t *testing.T) {
	t.Parallel()
	inside, outside := jobtest.KeysOf(t, outsider)
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
			s := jobtest.New(t)
			delete(s.Vars, schema.VarBaseImage)
			s.Vars[schema.VarPlatforms], s.Vars[schema.VarTests] = "linux/amd64,linux/arm64", outsider
			s.Vars["STEMMA_DIGEST_RUST_AMD64"] = s.Push(jobtest.Own+":a", jobtest.Made(inside+" "+outside))
			s.Vars["STEMMA_DIGEST_RUST_ARM64"] = s.Push(jobtest.Own+":b", jobtest.Made(test.label))
			if test.record != "" {
				s.Push(jobtest.Own+":"+jobtest.RecordOf(test.record, s.Vars["STEMMA_DIGEST_RUST_ARM64"]), nil)
			}
			err := s.Build()
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" {
					t.Errorf("%v, want %s", err, test.want)
				}
				return
			}
			jobtest.Check(t, err)
			first := s.Digest(jobtest.Own + ":" + jobtest.ContentTag)
			s.Registry.Requests()
			jobtest.Check(t, s.Build())
			if requests := s.Registry.Requests(); len(requests) > 3 || s.Digest(jobtest.Own+":"+jobtest.ContentTag) != first || first == "" {
				t.Errorf("the index changed, or %d requests: %v", len(requests), requests)
			}
		})
	}
}

// The records of an image come with it from the upstream project, so it is not tested again.
func TestCopiesBringTheirRecords(t *testing.T) {
	t.Parallel()
	inside, _ := jobtest.KeysOf(t, passing)
	tests := map[string]struct {
		prepare func(*jobtest.Scene)
		ran     int
	}{
		"a label": {func(s *jobtest.Scene) { s.Push("up/stream/rust:"+jobtest.ContentTag, jobtest.Made(inside)) }, 0},
		"a record": {func(s *jobtest.Scene) {
			s.Push("up/stream/rust:"+jobtest.RecordOf(inside, s.Push("up/stream/rust:"+jobtest.ContentTag, jobtest.Made(""))), nil)
		}, 0},
		"none": {func(s *jobtest.Scene) { s.Push("up/stream/rust:"+jobtest.ContentTag, jobtest.Made("")) }, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars[schema.VarUpstreamRepo], s.Vars[schema.VarTests] = "up/stream", passing
			test.prepare(s)
			jobtest.Check(t, s.Build())
			if len(s.Builder.Subjects) != test.ran || len(s.Builder.Built) > 0 || s.Digest(jobtest.Own+":"+jobtest.ContentTag) == "" {
				t.Errorf("%d tests, %d builds\n%s", len(s.Builder.Subjects), len(s.Builder.Built), s.Log.String())
			}
			s.Vars[schema.VarRequiredTests], s.Vars["STEMMA_DIGEST_RUST"] = inside, s.Dotenv()["STEMMA_DIGEST_RUST"]
			jobtest.Check(t, s.Release())
		})
	}
}

// A copy that fails its tests has no tag.
func TestACopyIsTestedBeforeItIsTagged(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarUpstreamRepo], s.Vars[schema.VarTests] = "up/stream", failing
	s.Push("up/stream/rust:"+jobtest.ContentTag, jobtest.Made(""))
	mustFail(s)
	if s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" {
		t.Error("the tag names it")
	}
}

// The snippet after a build runs once the image is published, also when that is after a retry.
func TestPostExecRunsOnceTheTestsHavePassed(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarTests], s.Vars[schema.VarDistributionPostExec] = failing, "notify"
	env, ran := s.Env(), 0
	env.PostExec = func(context.Context, string, string, string) error { ran++; return nil }
	if err := build.Run(t.Context(), env.Build()); !errors.Is(err, imagetest.ErrFailed) || ran > 0 {
		t.Errorf("%v, ran %d times", err, ran)
	}
	s.Vars[schema.VarTests] = passing
	for range 2 {
		jobtest.Check(t, build.Run(t.Context(), env.Build()))
	}
	if ran != 1 {
		t.Errorf("ran %d times", ran)
	}
}
