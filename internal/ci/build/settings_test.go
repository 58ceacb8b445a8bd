package build_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/verify"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestSettingsReachTheBuilder(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarUsers], s.Vars[schema.VarLimits] = `{"builder":3001}`, `{"memory":2147483648,"cpuset":"0-2"}`
	s.Vars[schema.VarBuildProxy], s.Vars[schema.VarPackageProxy] = "http://proxy:1", "http://apt:2"
	jobtest.Check(t, s.Build())
	want := schema.Settings{
		Users: map[string]int64{"builder": 3001}, Limits: schema.Limits{Memory: 1 << 31, CPUSet: "0-2"},
		Proxy: schema.Proxy{Build: "http://proxy:1", Packages: "http://apt:2"},
	}
	if diff := cmp.Diff(want, s.Builder.Built[0].Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// A branch reads its own layers and the default branch's, and writes its own; what is forced reads none.
func TestLayersAreKeptForEachBranch(t *testing.T) {
	t.Parallel()
	const place = "/group/project/cache/"
	tests := map[string]struct {
		vars map[string]string
		from []string
		to   string
	}{
		"no cache":           {map[string]string{schema.VarBuildCache: ""}, nil, ""},
		"the default branch": {map[string]string{"CI_COMMIT_REF_SLUG": "release-2-x", "CI_DEFAULT_BRANCH": "Release/2.x", "CI_COMMIT_BRANCH": "Release/2.x"}, []string{"release-2-x"}, "release-2-x"},
		"a branch like it":   {map[string]string{"CI_COMMIT_REF_SLUG": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "Main"}, []string{"main_other", "main"}, "main_other"},
		"a tag like it":      {map[string]string{"CI_COMMIT_REF_SLUG": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_TAG": "main"}, []string{"main_other", "main"}, "main_other"},
		"another branch":     {map[string]string{"CI_COMMIT_REF_SLUG": "fix", "CI_DEFAULT_BRANCH": "main"}, []string{"fix", "main"}, "fix"},
		"forced":             {map[string]string{"CI_COMMIT_REF_SLUG": "fix", "CI_DEFAULT_BRANCH": "main", schema.VarForceRebuild: "1"}, nil, "fix"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := containerfileScene(t)
			s.Builder.Begins = s.Digest("lib/base:1")
			s.Vars[schema.VarBuildCache] = "registry"
			for variable, value := range test.vars {
				s.Vars[variable] = value
			}
			jobtest.Check(t, s.Build())
			want := buildah.LayerCache{}
			if test.to != "" {
				want.To = s.Registry.Host + place + test.to
			}
			for _, from := range test.from {
				want.From = append(want.From, s.Registry.Host+place+from)
			}
			if diff := cmp.Diff(want, s.Builder.Built[0].Containerfile.Cache); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestChecksAreTests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ checks, want, failure string }{
		"small enough": {`{"maxSize":5000}`, "ok   maxSize", ""},
		"too large":    {`{"maxSize":10}`, "FAIL maxSize: its compressed layers have", "and may have 10"},
		"tar":          {`{"ociLayers":true}`, "ok   ociLayers", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs})
			s.Vars[schema.VarChecks] = test.checks
			env := s.Env()
			env.Builder = func(context.Context) (build.Builder, error) {
				t.Error("a container was started without a test")
				return nil, nil
			}
			err := verify.Run(t.Context(), env.Verify())
			if (err != nil) != (test.failure != "") || !strings.Contains(s.Log.String(), test.want) {
				t.Errorf("got %v, and the log\n%s", err, s.Log.String())
			}
			report, err := os.ReadFile(filepath.Join(s.Dir, schema.JUnitFile))
			jobtest.Check(t, err)
			if !strings.Contains(string(report), test.failure) {
				t.Errorf("the report is\n%s", report)
			}
		})
	}
}

// A step of a Containerfile that declares a proxy's variable has the address in its history.
func TestAProxyIsInNoImage(t *testing.T) {
	t.Parallel()
	for proxy, keeps := range map[string]bool{"http://me:s3cret@proxy:8080": false, "http://proxy:8080": true} {
		s := containerfileScene(t)
		s.Builder.Begins, s.Builder.Step = s.Digest("lib/base:1"), "|2 A=b http_proxy="+proxy+" /bin/sh -c make"
		s.Vars[schema.VarBuildProxy], s.Vars[schema.VarBuildCache], s.Vars["CI_COMMIT_REF_SLUG"] = proxy, "registry", "topic"
		jobtest.Check(t, s.Build())
		if got := s.Builder.Built[0]; got.Proxy.Build != proxy || got.Containerfile.Cache.To != "" != keeps {
			t.Errorf("the proxy is %s, and layers are kept in %q", got.Proxy, got.Containerfile.Cache.To)
		}
		history := fmt.Sprint(s.Config("group/project/rust:" + jobtest.ContentTag).History)
		if strings.Contains(history, proxy) || !strings.Contains(history, "A=b") || strings.Contains(s.Log.String(), "s3cret") {
			t.Errorf("the history is %s, and the log\n%s", history, s.Log.String())
		}
	}
}

// A whole chain has the same end of its tags, which is that of the pipeline's own time, and nothing of it is released.
func TestSnapshotsAreOneChainAndNeverReleased(t *testing.T) {
	t.Parallel()
	for kind, end := range map[string]string{"nightly": "-20261121", "snapshot": "-20261121-013005"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Push("group/project/rust:"+jobtest.ContentTag, map[string]string{schema.LabelInputs: jobtest.Inputs})
			base := s.Push("group/project/base:7"+end, nil)
			s.Vars[schema.VarSnapshot], s.Vars["CI_PIPELINE_CREATED_AT"] = kind, "2026-11-21T03:30:05+02:00"
			s.Vars[schema.VarBaseImage] = s.Registry.Host + "/group/project/base:7"
			s.Vars[schema.VarParents] = "base=" + s.Vars[schema.VarBaseImage]
			jobtest.Check(t, s.Build())
			own := "group/project/rust:" + jobtest.ContentTag + end
			if got := s.Dotenv()["STEMMA_REF_RUST"]; got != s.Registry.Host+"/"+own {
				t.Errorf("the image is %s", got)
			}
			if parents := s.Labels(own)[schema.LabelParents]; !strings.Contains(parents, "base:7"+end) || !strings.Contains(parents, base) {
				t.Errorf("its parents are %s", parents)
			}
			jobtest.Check(t, s.Build())
			if len(s.Builder.Built) != 1 {
				t.Error("a snapshot that exists was built again")
			}
			s.Vars[schema.VarRelease] = `[{"tags":["latest"]}]`
			jobtest.Check(t, s.Release())
			if s.Digest("group/project/rust:latest") != "" {
				t.Error("a snapshot was released")
			}
		})
	}
	s := jobtest.New(t)
	s.Vars[schema.VarSnapshot] = "weekly"
	if err := s.Build(); err == nil || !strings.Contains(err.Error(), `STEMMA_SNAPSHOT is "weekly"; it may be nightly or snapshot`) {
		t.Errorf("a snapshot of another kind: %v", err)
	}
}

// A tag by hand may begin as the hash of the inputs does; it is one that stays all the same.
func TestShortTagsAreByHand(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarDistributionTag] = jobtest.Inputs[:2]
	s.Push("group/project/rust:"+jobtest.Inputs[:2], map[string]string{schema.LabelInputs: "others"})
	jobtest.Check(t, s.Build())
	if len(s.Builder.Built) != 0 || !strings.Contains(s.Log.String(), "give it another tag to build it") {
		t.Errorf("an image with a tag by hand was built again:\n%s", s.Log.String())
	}
}

func TestSnapshotsNeedRoomInTheirTags(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarDistributionTag] = strings.Repeat("t", 120)
	s.Vars[schema.VarSnapshot], s.Vars["CI_PIPELINE_CREATED_AT"] = "nightly", "2026-11-21T03:30:05+02:00"
	if err := s.Build(); err == nil || !strings.Contains(err.Error(), "is too long for a snapshot, which adds -20261121: a tag has at most 128 characters") {
		t.Errorf("got %v", err)
	}
}
