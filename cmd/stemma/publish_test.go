package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// newPublishingSandbox is a committed project whose images are built, or those of them that are named.
func newPublishingSandbox(t *testing.T, definition string, images ...string) *sandbox {
	t.Helper()
	s := newSandbox(t, definition)
	s.environ = append(s.environ, "STEMMA_REGISTRY="+s.registry.Host+"/Group/Project")
	s.commit()
	s.stemma(0, append([]string{"build"}, images...)...)
	s.registry.Requests()
	return s
}

// puts are the paths that were written to by PUT since the last call, manifests only.
func (s *sandbox) puts() []string {
	var paths []string
	for _, request := range s.registry.Requests() {
		if path, ok := strings.CutPrefix(request, "PUT "); ok && strings.Contains(path, "/manifests/") {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestPublishPushesDigestsThenTagsThenReleases(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree)
	s.prints(s.stemma(0, "publish"), "4 pushed", "web        released as "+s.registry.Host+"/group/project/web:latest")
	for _, image := range []string{"base", "app", "web", "beside"} {
		digest := s.digest("group/project/" + image + ":" + s.tag(image))
		if digest == "" || digest != s.digest("group/project/"+image+":latest") {
			t.Errorf("%s is %q under its tag, and another under latest", image, digest)
		}
	}
	puts := s.puts()
	path := "/v2/group/project/web/manifests/"
	order := []int{
		slices.Index(puts, path+s.digest("group/project/web:latest")), slices.Index(puts, path+s.tag("web")), slices.Index(puts, path+"latest"),
	}
	if order[0] < 0 || !slices.IsSorted(order) {
		t.Errorf("the order is another one: %v in %v", order, puts)
	}
	s.prints(s.stemma(0, "publish"), "4 published")
	if puts := s.puts(); len(puts) > 0 {
		t.Errorf("the second time pushes %v", puts)
	}
}

// TestPublishedImagesAreAsAPipelineMakesThem looks at the lineage of an image that was built here.
func TestPublishedImagesAreAsAPipelineMakesThem(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree, "web")
	s.stemma(0, "publish", "app")
	labels := s.labels("group/project/app:" + s.tag("app"))
	var parents []map[string]string
	s.must(json.Unmarshal([]byte(labels[schema.LabelParents]), &parents))
	base := s.registry.Host + "/group/project/base:" + s.tag("base")
	if parents[0]["reference"] != base || parents[0]["digest"] != s.digest("group/project/base:"+s.tag("base")) || labels[schema.LabelBaseName] != base {
		t.Errorf("%v", labels)
	}
	if labels[schema.LabelProject] != "group/project" || len(labels[schema.LabelCommit]) != 40 {
		t.Errorf("%v", labels)
	}
	if s.digest("group/project/web:"+s.tag("web")) != "" {
		t.Error("what nobody asked for is published")
	}
}

// TestPublishIsRefusedLoudly lets the registry refuse what concerns one image of a chain.
func TestPublishIsRefusedLoudly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault ocitest.Fault
		want  string
	}{
		"a denied manifest": {ocitest.Fault{Method: "PUT", Path: "/app/manifests/", Status: http.StatusForbidden, Body: `{"errors":[{"code":"DENIED"}]}`}, "does not allow it (403)"},
		"a denied layer":    {ocitest.Fault{Method: "POST", Path: "/app/blobs/uploads", Status: http.StatusForbidden}, "does not allow it (403)"},
		"no credentials":    {ocitest.Fault{Method: "PUT", Path: "/app/manifests/", Status: http.StatusUnauthorized}, "401"},
		"a lost connection": {ocitest.Fault{Method: "PATCH", Path: "/app/blobs/uploads", Status: http.StatusBadRequest}, "answered 400"},
	}
	for what, test := range sample.Of(tests, 4) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newPublishingSandbox(t, aTree, "web")
			s.registry.Break(test.fault)
			s.prints(s.stemma(1, "publish", "web"), "1 pushed, 1 failed, 1 skipped", "app: failed (", test.want, "web: skipped, since app failed")
			for _, image := range []string{"app", "web"} {
				if s.digest("group/project/"+image+":"+s.tag(image)) != "" || s.digest("group/project/"+image+":latest") != "" {
					t.Errorf("%s is half published", image)
				}
			}
		})
	}
}

// TestPublishGoesOnWhereItStopped refuses a released tag once.
func TestPublishGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree, "base")
	s.registry.Break(ocitest.Fault{Method: "PUT", Path: "/base/manifests/latest", Status: http.StatusForbidden, Times: 1})
	s.prints(s.stemma(1, "publish", "base"), "base: failed (", "release it", "403")
	s.prints(s.stemma(0, "publish", "base"), "1 published")
	if s.digest("group/project/base:latest") == "" {
		t.Error("it is not released")
	}
}

func TestPublishWantsWhatIsCommitted(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree, "base")
	s.write("stemma.yaml", strings.Replace(aTree, `app: {base: base}`, `app: {base: base, exec: "echo changed"}`, 1))
	s.stemma(0, "build", "web")
	s.prints(s.stemma(1, "publish", "web"), "1 pushed, 1 failed, 1 skipped", "app: failed: what it is made of is not committed: commit it first")
	s.commit()
	s.prints(s.stemma(0, "publish", "web"), "2 pushed")
}

func TestPublishReleasesFromTheDefaultBranchAlone(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree, "base")
	s.git("checkout", "--quiet", "-b", "feature")
	s.prints(s.stemma(0, "publish", "base"), "1 pushed", "the branch is feature, and images are released from main or master")
	if s.digest("group/project/base:latest") != "" {
		t.Error("it is released")
	}
	s.git("checkout", "--quiet", "--detach")
	s.prints(s.stemma(0, "publish", "base"), "no branch is checked out")
	s.git("checkout", "--quiet", "feature")
	s.git("update-ref", "refs/remotes/origin/feature", "HEAD")
	s.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/feature")
	s.prints(s.stemma(0, "publish", "base"), "1 published")
	if s.digest("group/project/base:latest") == "" {
		t.Error("it is not released")
	}
}

// TestPublishTakesWhatPassedItsTests publishes an image that failed its tests at first. Tests are in no tag.
func TestPublishTakesWhatPassedItsTests(t *testing.T) {
	t.Parallel()
	failing := strings.Replace(aTree, `run: "true"`, `run: "exit 1"`, 1)
	s := newSandbox(t, failing)
	s.environ = append(s.environ, "STEMMA_REGISTRY="+s.registry.Host+"/group/project")
	s.commit()
	s.prints(s.stemma(1, "build", "base"), `the test "works" failed`)
	s.prints(s.stemma(1, "publish", "base"), "run `stemma build base`")
	s.write("stemma.yaml", aTree)
	s.commit()
	s.prints(s.stemma(0, "build", "base"), "base: tested") // which builds nothing
	s.prints(s.stemma(0, "prune"), "Freed")                // which keeps the records of its tests
	s.write("stemma.yaml", failing)
	s.commit()
	s.prints(s.stemma(1, "publish", "base"), `the test "works" failed`)
	if s.digest("group/project/base:"+s.tag("base")) != "" {
		t.Error("what failed its tests is published")
	}
	s.write("stemma.yaml", aTree)
	s.commit()
	s.prints(s.stemma(0, "publish", "base"), "1 pushed")
	if s.digest("group/project/base:latest") == "" {
		t.Error("it is not released")
	}
}

func TestPublishReleasesElsewhere(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, `version: 1
project: group/project
images:
  base:
    distribution: alpine
    base: "REGISTRY/lib/base:1"
    release: [{repository: REGISTRY/team/base, tags: ["1", stable], credentials: {username: HUB_USERNAME, password: HUB_PASSWORD}}]
`)
	s.prints(s.stemma(1, "publish"), "HUB_USERNAME is not set")
	s.environ = append(s.environ, "HUB_USERNAME=me", "HUB_PASSWORD=s3cret")
	out := s.stemma(0, "publish")
	s.prints(out, "team/base:1", "team/base:stable")
	if s.digest("team/base:stable") != s.digest("group/project/base:"+s.tag("base")) {
		t.Error("another image is released")
	}
	if strings.Contains(out, "s3cret") {
		t.Error("the password is printed")
	}
}

func TestPublishRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	s.commit()
	s.prints(s.stemma(2, "publish"), "where to? Give --registry")
	s.environ = append(s.environ, "STEMMA_REGISTRY="+s.registry.Host+"/group/project")
	s.prints(s.stemma(1, "publish", "app"), "run `stemma build base` with the same --registry first", "app: skipped")
	s.prints(s.stemma(2, "publish", "ap"), `did you mean "app"?`)
	// Somebody else publishes another build of the base.
	s.stemma(0, "build", "app")
	s.push("group/project/base:" + s.tag("base"))
	s.prints(s.stemma(1, "publish", "app"), "a different build of base than the published one: run `stemma build --force app` first")
	s.stemma(0, "build", "--force", "app")
	s.prints(s.stemma(0, "publish", "app"), "1 pushed")
}

// TestImagesFromNothingArePublished publishes an image that is built on no other, and one on top of it.
func TestImagesFromNothingArePublished(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, `version: 1
images:
  root: {containerfile: root/Containerfile, context: root}
  top: {distribution: alpine, base: root, exec: "true"}
`)
	s.write("root/Containerfile", "FROM scratch\nCOPY . /\n")
	s.environ = append(s.environ, "STEMMA_REGISTRY="+s.registry.Host+"/Group/Project")
	s.commit()
	s.prints(s.stemma(0, "build"), "2 built")
	s.prints(s.stemma(0, "publish"), "2 pushed")
	labels := s.labels("group/project/top:" + s.tag("top"))
	if !strings.Contains(labels[schema.LabelParents], s.digest("group/project/root:"+s.tag("root"))) {
		t.Errorf("it is built on %s", labels[schema.LabelParents])
	}
}

// TestSnapshotsAreConsistentAndNeverReleased builds and publishes a chain on a day, and again on the next.
func TestSnapshotsAreConsistentAndNeverReleased(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, aTree, "beside")
	for _, day := range []string{"20260301", "20260302"} {
		at, err := time.Parse("20060102", day)
		s.must(err)
		s.environ = append(s.environ, fmt.Sprintf("SOURCE_DATE_EPOCH=%d", at.Unix()))
		s.prints(s.stemma(0, "build", "--nightly", "app"), "2 built")
		s.prints(s.stemma(0, "build", "--nightly", "app"), "1 on this machine")
		s.prints(s.stemma(0, "publish", "--nightly", "app"), "2 pushed", "snapshots are never released")
		labels := s.labels("group/project/app:" + s.tag("app") + "-" + day)
		var parents []map[string]string
		s.must(json.Unmarshal([]byte(labels[schema.LabelParents]), &parents))
		base := "group/project/base:" + s.tag("base") + "-" + day
		if parents[0]["reference"] != s.registry.Host+"/"+base || parents[0]["digest"] != s.digest(base) {
			t.Errorf("it is built on %v", parents)
		}
	}
	if s.digest("group/project/app:latest") != "" {
		t.Error("it is released")
	}
	s.prints(s.stemma(2, "build", "--nightly", "--snapshot"), "exclude each other")
}

// TestPlatformsArePublishedTogether builds an image for two platforms, first for this machine's alone.
func TestPlatformsArePublishedTogether(t *testing.T) {
	t.Parallel()
	s := newPublishingSandbox(t, `version: 1
defaults: {distribution: alpine, platforms: [linux/amd64, linux/arm64]}
images:
  base: {base: "REGISTRY/lib/base:1", exec: "true", tests: [{name: works, run: "true"}]}
  app: {base: base}
`)
	s.prints(s.stemma(1, "publish", "base"), "it was built for one of its platforms: run `stemma build --all-platforms base`")
	s.prints(s.stemma(0, "build", "--all-platforms"), "2 built")
	s.prints(s.stemma(0, "build", "--all-platforms"), "2 on this machine")
	s.prints(s.stemma(0, "publish"), "2 pushed")
	index, err := remote.Index(s.reference("group/project/app:" + s.tag("app")))
	s.must(err)
	manifest, err := index.IndexManifest()
	s.must(err)
	if len(manifest.Manifests) != 2 {
		t.Errorf("%d platforms", len(manifest.Manifests))
	}
}
