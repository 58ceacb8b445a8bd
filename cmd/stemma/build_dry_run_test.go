package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// forecasts runs a build that only says what it would do, and returns "image: action: why" without tags. It has no buildah.
func (s *sandbox) forecasts(code int, args ...string) []string {
	s.Helper()
	environ := s.environ
	defer func() { s.environ = environ }()
	s.environ = append(slices.Clone(environ), "FAKE_BUILDAH=/nowhere")
	var listed []local.Forecast
	s.must(json.Unmarshal([]byte(s.stemma(code, append([]string{"build", "--dry-run", "--format", "json"}, args...)...)), &listed))
	var lines []string
	for _, f := range listed {
		why := strings.ReplaceAll(f.Why, s.registry.Host, "REGISTRY")
		for _, image := range []string{"base", "app", "web", "docs"} {
			if tag := s.tag(image); tag != "" {
				why = strings.ReplaceAll(why, tag, "TAG")
			}
		}
		lines = append(lines, f.Image+": "+string(f.Action)+": "+why)
	}
	return lines
}

const aFamily = `version: 1
images:
  base: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: "true"}
  app: {base: base, tests: [{name: works, run: "true"}]}
  web: {base: app}
  docs: {base: base}
`

func TestBuildDryRun(t *testing.T) {
	t.Parallel()
	const keeps = ": keep: this machine has it, and it passed its tests"
	tests := map[string]struct {
		prepare func(*sandbox)
		args    []string
		code    int
		want    []string
	}{
		"nothing is here": {nil, []string{"web"}, 0, []string{
			"base: build: this machine does not have localhost/base:TAG", "app: build: this machine does not have localhost/app:TAG", "web: build: this machine does not have localhost/web:TAG",
		}},
		"everything is here": {func(s *sandbox) { s.stemma(0, "build") }, nil, 0, []string{"base" + keeps, "app" + keeps, "docs" + keeps, "web" + keeps}},
		"a base has moved": {func(s *sandbox) {
			s.stemma(0, "build", "base", "docs")
			s.push("lib/base:1")
		}, []string{"base", "docs"}, 0, []string{"base" + keeps + "; REGISTRY/lib/base:1 moved since it was built: --force builds it again", "docs" + keeps}},
		"a base gives no answer": {func(s *sandbox) {
			s.stemma(0, "build", "base")
			s.registry.Break(ocitest.Fault{Path: "/lib/base/manifests", Status: 403})
		}, []string{"base"}, 0, []string{"base" + keeps + "; whether REGISTRY/lib/base:1 moved since it was built is not known"}},
		"the base of a published image has moved": {func(s *sandbox) {
			labels := map[string]string{"stemma.parents": fmt.Sprintf(`[{"reference":"%s/lib/base:1","digest":"%s"}]`, s.registry.Host, s.push("lib/base:1"))}
			s.pushImage("group/project/base:"+s.tag("base"), v1.Config{Labels: labels}, nil)
			s.push("lib/base:1")
		}, []string{"base", "--registry", "REGISTRY/group/project"}, 0, []string{"base: keep: its registry has it; REGISTRY/lib/base:1 moved since it was built: --force builds it again"}},
		"one image is asked for by force": {func(s *sandbox) { s.stemma(0, "build") }, []string{"--force", "base"}, 0, []string{"base: build: --force rebuilds it"}},
		"a test is new": {func(s *sandbox) {
			s.stemma(0, "build")
			s.write("stemma.yaml", strings.Replace(aFamily, `run: "true"`, `run: "exit 0"`, 1))
		}, nil, 0, []string{"base" + keeps, "app: test: this machine has it, and it has not passed its current tests", "docs" + keeps, "web" + keeps}},
		"its tests failed": {func(s *sandbox) {
			s.write("stemma.yaml", strings.Replace(aFamily, `run: "true"`, `run: "false"`, 1))
			s.stemma(1, "build", "app")
		}, []string{"app", "web"}, 0, []string{
			"app: test: this machine has a build of it that has not passed its tests", "web: build: this machine does not have localhost/web:TAG",
		}},
		"its tests failed, and its base has moved": {func(s *sandbox) {
			s.write("stemma.yaml", strings.Replace(aFamily, `exec: "true"}`, `exec: "true", tests: [{name: fails, run: "false"}]}`, 1))
			s.stemma(1, "build", "base")
			s.push("lib/base:1")
		}, []string{"base"}, 0, []string{
			"base: build: this machine has a build of it that has not passed its tests, and REGISTRY/lib/base:1 moved since",
		}},
		"its tests failed, and a parent is rebuilt": {func(s *sandbox) {
			s.write("stemma.yaml", strings.Replace(aFamily, `run: "true"`, `run: "false"`, 1))
			s.stemma(1, "build", "app")
			tags, err := filepath.Glob(filepath.Join(s.home, ".cache/stemma/*/images/tags/localhost/base"))
			s.must(errors.Join(err, os.RemoveAll(tags[0])))
		}, []string{"app"}, 0, []string{
			"base: build: this machine does not have localhost/base:TAG", "app: build: this machine does not have localhost/app:TAG",
		}},
		"a parent is missing": {func(s *sandbox) { s.push("group/project/app:" + s.tag("app")) }, []string{"base", "app", "--registry", "REGISTRY/group/project"}, 0, []string{
			"base: build: neither its registry nor this machine has REGISTRY/group/project/base:TAG", "app: build: its parent base is rebuilt",
		}},
		"a missing parent of an image that exists": {func(s *sandbox) { s.push("group/project/app:" + s.tag("app")) }, []string{"app", "--registry", "REGISTRY/group/project"}, 0, []string{
			"app: keep: its registry has it",
		}},
		"the registry has none": {nil, []string{"base", "--registry", "REGISTRY/group/project"}, 0, []string{
			"base: build: neither its registry nor this machine has REGISTRY/group/project/base:TAG",
		}},
		"the registry gives no answer": {func(s *sandbox) { s.registry.Break(ocitest.Fault{Path: "/base/manifests", Status: 403}) }, []string{"base", "--registry", "REGISTRY/group/project"}, 1, []string{
			"base: unknown: look up REGISTRY/group/project/base:TAG: REGISTRY does not allow it (403): the job's user may lack the right, or the tag is protected",
		}},
	}
	for name, test := range sample.Of(tests, 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, aFamily)
			if test.prepare != nil {
				test.prepare(s)
			}
			var args []string
			for _, arg := range test.args {
				args = append(args, strings.ReplaceAll(arg, "REGISTRY", s.registry.Host))
			}
			if diff := cmp.Diff(test.want, s.forecasts(test.code, args...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestBuildDryRunPrintsATree(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aFamily)
	s.stemma(0, "build", "base", "docs")
	want := "base      keep     this machine has it, and it passed its tests\n" +
		"|-- app   build    this machine does not have localhost/app:" + s.tag("app") + "\n" +
		"`-- docs  keep     this machine has it, and it passed its tests\n"
	if diff := cmp.Diff(want, s.stemma(0, "build", "--dry-run", "base", "app", "docs")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
