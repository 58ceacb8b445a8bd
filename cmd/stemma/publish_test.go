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
)

// newPublishingYard is a committed project whose images are built, or those of them that are named.
func newPublishingYard(t *testing.T, definition string, images ...string) *yard {
	t.Helper()
	y := newYard(t, definition)
	y.environ = append(y.environ, "STEMMA_REGISTRY="+y.registry.Host+"/Group/Project")
	y.commit()
	y.stemma(0, append([]string{"build"}, images...)...)
	y.registry.Requests()
	return y
}

// puts are the paths that were written to by PUT since the last call, manifests only.
func (y *yard) puts() []string {
	var paths []string
	for _, request := range y.registry.Requests() {
		if path, ok := strings.CutPrefix(request, "PUT "); ok && strings.Contains(path, "/manifests/") {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestPublishPushesDigestsThenTagsThenReleases(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, aTree)
	y.prints(y.stemma(0, "publish"), "4 pushed", "web        released as "+y.registry.Host+"/group/project/web:latest")
	for _, image := range []string{"base", "app", "web", "beside"} {
		digest := y.digest("group/project/" + image + ":" + y.tag(image))
		if digest == "" || digest != y.digest("group/project/"+image+":latest") {
			t.Errorf("%s is %q under its tag, and another under latest", image, digest)
		}
	}
	puts := y.puts()
	path := "/v2/group/project/web/manifests/"
	order := []int{
		slices.Index(puts, path+y.digest("group/project/web:latest")), slices.Index(puts, path+y.tag("web")), slices.Index(puts, path+"latest"),
	}
	if order[0] < 0 || !slices.IsSorted(order) {
		t.Errorf("the order is another one: %v in %v", order, puts)
	}
	y.prints(y.stemma(0, "publish"), "4 published")
	if puts := y.puts(); len(puts) > 0 {
		t.Errorf("the second time pushes %v", puts)
	}
}

// TestPublishedImagesAreAsAPipelineMakesThem looks at the lineage of an image that was built here.
func TestPublishedImagesAreAsAPipelineMakesThem(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, aTree, "web")
	y.stemma(0, "publish", "app")
	labels := y.labels("group/project/app:" + y.tag("app"))
	var parents []map[string]string
	y.must(json.Unmarshal([]byte(labels[schema.LabelParents]), &parents))
	base := y.registry.Host + "/group/project/base:" + y.tag("base")
	if parents[0]["reference"] != base || parents[0]["digest"] != y.digest("group/project/base:"+y.tag("base")) || labels[schema.LabelBaseName] != base {
		t.Errorf("%v", labels)
	}
	if labels[schema.LabelProject] != "group/project" || len(labels[schema.LabelCommit]) != 40 {
		t.Errorf("%v", labels)
	}
	if y.digest("group/project/web:"+y.tag("web")) != "" {
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
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			y := newPublishingYard(t, aTree, "web")
			y.registry.Break(test.fault)
			y.prints(y.stemma(1, "publish", "web"), "1 pushed, 1 failed, 1 skipped", "failed     app", test.want, "skipped    web, since app failed")
			for _, image := range []string{"app", "web"} {
				if y.digest("group/project/"+image+":"+y.tag(image)) != "" || y.digest("group/project/"+image+":latest") != "" {
					t.Errorf("%s is half published", image)
				}
			}
		})
	}
}

// TestPublishGoesOnWhereItStopped refuses a released tag once.
func TestPublishGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, aTree, "base")
	y.registry.Break(ocitest.Fault{Method: "PUT", Path: "/base/manifests/latest", Status: http.StatusForbidden, Times: 1})
	y.prints(y.stemma(1, "publish", "base"), "failed     base: release it", "403")
	y.prints(y.stemma(0, "publish", "base"), "1 published")
	if y.digest("group/project/base:latest") == "" {
		t.Error("it is not released")
	}
}

func TestPublishWantsWhatIsCommitted(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, aTree, "base")
	y.write("stemma.yaml", strings.Replace(aTree, `app: {base: base}`, `app: {base: base, exec: "echo changed"}`, 1))
	y.stemma(0, "build", "web")
	y.prints(y.stemma(1, "publish", "web"), "1 pushed, 1 failed, 1 skipped", "failed     app: what it is made of is not committed: commit it first")
	y.commit()
	y.prints(y.stemma(0, "publish", "web"), "2 pushed")
}

func TestPublishReleasesFromTheDefaultBranchAlone(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, aTree, "base")
	y.git("checkout", "--quiet", "-b", "feature")
	y.prints(y.stemma(0, "publish", "base"), "1 pushed", "the branch is feature, and images are released from main or master")
	if y.digest("group/project/base:latest") != "" {
		t.Error("it is released")
	}
	y.git("checkout", "--quiet", "--detach")
	y.prints(y.stemma(0, "publish", "base"), "no branch is checked out")
	y.git("checkout", "--quiet", "feature")
	y.git("update-ref", "refs/remotes/origin/feature", "HEAD")
	y.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/feature")
	y.prints(y.stemma(0, "publish", "base"), "1 published")
	if y.digest("group/project/base:latest") == "" {
		t.Error("it is not released")
	}
}

// TestPublishTakesWhatPassedItsTests publishes an image that failed its tests at first. Tests are in no tag.
func TestPublishTakesWhatPassedItsTests(t *testing.T) {
	t.Parallel()
	failing := strings.Replace(aTree, `run: "true"`, `run: "exit 1"`, 1)
	y := newYard(t, failing)
	y.environ = append(y.environ, "STEMMA_REGISTRY="+y.registry.Host+"/group/project")
	y.commit()
	y.prints(y.stemma(1, "build", "base"), "tests of the image failed")
	y.prints(y.stemma(1, "publish", "base"), "run `stemma build base`")
	y.write("stemma.yaml", aTree)
	y.commit()
	y.prints(y.stemma(0, "build", "base"), "base: tested") // which builds nothing
	y.prints(y.stemma(0, "prune"), "Freed")                // which keeps the records of its tests
	y.write("stemma.yaml", failing)
	y.commit()
	y.prints(y.stemma(1, "publish", "base"), "tests of the image failed")
	if y.digest("group/project/base:"+y.tag("base")) != "" {
		t.Error("what failed its tests is published")
	}
	y.write("stemma.yaml", aTree)
	y.commit()
	y.prints(y.stemma(0, "publish", "base"), "1 pushed")
	if y.digest("group/project/base:latest") == "" {
		t.Error("it is not released")
	}
}

func TestPublishReleasesElsewhere(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, `version: 1
project: group/project
images:
  base:
    distribution: alpine
    base: "REGISTRY/lib/base:1"
    release: [{repository: REGISTRY/team/base, tags: ["1", stable], credentials: {username: HUB_USERNAME, password: HUB_PASSWORD}}]
`)
	y.prints(y.stemma(1, "publish"), "HUB_USERNAME is not set")
	y.environ = append(y.environ, "HUB_USERNAME=me", "HUB_PASSWORD=s3cret")
	out := y.stemma(0, "publish")
	y.prints(out, "team/base:1", "team/base:stable")
	if y.digest("team/base:stable") != y.digest("group/project/base:"+y.tag("base")) {
		t.Error("another image is released")
	}
	if strings.Contains(out, "s3cret") {
		t.Error("the password is printed")
	}
}

func TestPublishRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	y := newYard(t, aTree)
	y.commit()
	y.prints(y.stemma(2, "publish"), "where to? Give --registry")
	y.environ = append(y.environ, "STEMMA_REGISTRY="+y.registry.Host+"/group/project")
	y.prints(y.stemma(1, "publish", "app"), "run `stemma build base` with the same --registry first", "skipped    app")
	y.prints(y.stemma(2, "publish", "ap"), `did you mean "app"?`)
	// Somebody else publishes another build of the base.
	y.stemma(0, "build", "app")
	y.push("group/project/base:" + y.tag("base"))
	y.prints(y.stemma(1, "publish", "app"), "another build of base than the one that others get: run `stemma build --force app` first")
	y.stemma(0, "build", "--force", "app")
	y.prints(y.stemma(0, "publish", "app"), "1 pushed")
}

// TestImagesFromNothingArePublished publishes an image that is built on no other, and one on top of it.
func TestImagesFromNothingArePublished(t *testing.T) {
	t.Parallel()
	y := newYard(t, `version: 1
images:
  root: {containerfile: root/Containerfile, context: root}
  top: {distribution: alpine, base: root, exec: "true"}
`)
	y.write("root/Containerfile", "FROM scratch\nCOPY . /\n")
	y.environ = append(y.environ, "STEMMA_REGISTRY="+y.registry.Host+"/Group/Project")
	y.commit()
	y.prints(y.stemma(0, "build"), "2 built")
	y.prints(y.stemma(0, "publish"), "2 pushed")
	labels := y.labels("group/project/top:" + y.tag("top"))
	if !strings.Contains(labels[schema.LabelParents], y.digest("group/project/root:"+y.tag("root"))) {
		t.Errorf("it is built on %s", labels[schema.LabelParents])
	}
}

// TestSnapshotsAreConsistentAndNeverReleased builds and publishes a chain on a day, and again on the next.
func TestSnapshotsAreConsistentAndNeverReleased(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, aTree, "beside")
	for _, day := range []string{"20260301", "20260302"} {
		at, err := time.Parse("20060102", day)
		y.must(err)
		y.environ = append(y.environ, fmt.Sprintf("SOURCE_DATE_EPOCH=%d", at.Unix()))
		y.prints(y.stemma(0, "build", "--nightly", "app"), "2 built")
		y.prints(y.stemma(0, "build", "--nightly", "app"), "1 on this machine")
		y.prints(y.stemma(0, "publish", "--nightly", "app"), "2 pushed", "snapshots are never released")
		labels := y.labels("group/project/app:" + y.tag("app") + "-" + day)
		var parents []map[string]string
		y.must(json.Unmarshal([]byte(labels[schema.LabelParents]), &parents))
		base := "group/project/base:" + y.tag("base") + "-" + day
		if parents[0]["reference"] != y.registry.Host+"/"+base || parents[0]["digest"] != y.digest(base) {
			t.Errorf("it is built on %v", parents)
		}
	}
	if y.digest("group/project/app:latest") != "" {
		t.Error("it is released")
	}
	y.prints(y.stemma(2, "build", "--nightly", "--snapshot"), "exclude each other")
}

// TestPlatformsArePublishedTogether builds an image for two platforms, first for this machine's alone.
func TestPlatformsArePublishedTogether(t *testing.T) {
	t.Parallel()
	y := newPublishingYard(t, `version: 1
defaults: {distribution: alpine, platforms: [linux/amd64, linux/arm64]}
images:
  base: {base: "REGISTRY/lib/base:1", exec: "true", tests: [{name: works, run: "true"}]}
  app: {base: base}
`)
	y.prints(y.stemma(1, "publish", "base"), "it was built for one of its platforms: run `stemma build --all-platforms base`")
	y.prints(y.stemma(0, "build", "--all-platforms"), "2 built")
	y.prints(y.stemma(0, "build", "--all-platforms"), "2 on this machine")
	y.prints(y.stemma(0, "publish"), "2 pushed")
	index, err := remote.Index(y.reference("group/project/app:" + y.tag("app")))
	y.must(err)
	manifest, err := index.IndexManifest()
	y.must(err)
	if len(manifest.Manifests) != 2 {
		t.Errorf("%d platforms", len(manifest.Manifests))
	}
}
