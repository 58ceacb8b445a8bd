package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestPruneRemovesWhatIsNotCurrent(t *testing.T) {
	t.Parallel()
	y := newYard(t, aTree)
	y.stemma(0, "build")
	was := map[string]string{}
	for _, image := range []string{"base", "app", "web", "beside"} {
		was[image] = y.tag(image)
	}
	y.prints(y.stemma(0, "prune"), "Freed 0.0 MB")
	changed := strings.Replace(aTree, `base: "REGISTRY/lib/base:1", exec: "true", tests`, `base: "REGISTRY/lib/base:1", exec: "echo changed", tests`, 1)
	y.write("stemma.yaml", changed)
	y.stemma(0, "build")
	out := y.stemma(0, "prune", "--dry-run")
	y.prints(out, "would remove localhost/base:"+was["base"], "would remove localhost/web:"+was["web"])
	if strings.Contains(out, "beside") || !strings.Contains(y.storage(), was["web"]) {
		t.Errorf("%s\n%s", out, y.storage())
	}
	y.prints(y.stemma(0, "prune", "app"), "removed localhost/app:"+was["app"])
	out = y.stemma(0, "prune")
	if web, base := strings.Index(out, "removed localhost/web:"+was["web"]), strings.Index(out, "removed localhost/base:"+was["base"]); web < 0 || base < web {
		t.Errorf("children go before their parents:\n%s", out)
	}
	left := y.storage()
	for image, tag := range was {
		if isThere := strings.Contains(left, "localhost/"+image+":"+tag); isThere != (image == "beside") {
			t.Errorf("%s:%s is there: %v", image, tag, isThere)
		}
	}
	y.prints(y.stemma(0, "build"), "4 on this machine")
	// What is not in the definition any more goes with the rest, and not when one image is named.
	y.write("stemma.yaml", strings.Replace(changed, "beside:", "other:", 1))
	if out := y.stemma(0, "prune", "base"); strings.Contains(out, "beside") {
		t.Error(out)
	}
	y.prints(y.stemma(0, "prune"), "removed localhost/beside:"+was["beside"])
}

// TestPruneGoesPastWhatIsGone removes a name behind stemma's back.
func TestPruneGoesPastWhatIsGone(t *testing.T) {
	t.Parallel()
	y := newYard(t, aTree)
	y.stemma(0, "build", "beside")
	y.must(os.Remove(nameFile(filepath.Join(y.home, "storage"), "localhost/beside:"+y.tag("beside"))))
	y.write("stemma.yaml", "version: 1\nimages: {beside: {distribution: alpine, version: '3.22'}}\n")
	y.prints(y.stemma(0, "prune"), "removed localhost/beside:")
}

// old puts a base in the registry under a content tag that has the age.
func (y *yard) old(tag string, age time.Duration) {
	y.Helper()
	made, err := random.Image(64, 1)
	y.must(err)
	made, err = mutate.Config(made, v1.Config{Labels: map[string]string{
		schema.LabelImage: "base", schema.LabelInputs: tag + strings.Repeat("0", 48), schema.LabelCreated: time.Now().Add(-age).Format(time.RFC3339),
	}})
	y.must(err)
	y.must(remote.Write(y.reference("group/project/base:"+tag), made))
}

// TestPruneOfARegistry has an old image for the present files, one for another branch, one for a git tag, one for none of these, and a
// young one.
func TestPruneOfARegistry(t *testing.T) {
	t.Parallel()
	y := newYard(t, aTree)
	y.commit()
	const elsewhere, tagged, nowhere, day = "aaaaaaaaaaaaaaaa", "dddddddddddddddd", "bbbbbbbbbbbbbbbb", 24 * time.Hour
	y.git("checkout", "--quiet", "-b", "feature")
	y.write(".gitlab/stemma.gitlab-ci.yml", fmt.Sprintf("build:\n  variables:\n    %s: %q\n", schema.VarDistributionTag, elsewhere))
	y.commit()
	y.git("checkout", "--quiet", "--detach")
	y.write(".gitlab/stemma.gitlab-ci.yml", fmt.Sprintf("build:\n  variables:\n    %s: %q\n", schema.VarDistributionTag, tagged))
	y.commit()
	y.git("tag", "-m", "a release", "v1")
	y.git("checkout", "--quiet", "main")
	y.old(y.tag("base"), 90*day)
	y.old(elsewhere, 90*day)
	y.old(tagged, 90*day)
	y.old(nowhere, 90*day)
	y.old("cccccccccccccccc", 3*day)
	has := func(tag string) bool { return y.digest("group/project/base:"+tag) != "" }
	registry := y.registry.Host + "/group/project"

	y.environ = append(y.environ, "STEMMA_REGISTRY="+registry)
	y.stemma(0, "prune")
	if !has(nowhere) {
		t.Error("a variable alone lets prune delete from a registry")
	}
	y.prints(y.stemma(0, "prune", "--registry", registry, "--dry-run"), "Would delete base:"+nowhere)
	if !has(nowhere) {
		t.Error("a dry run deletes")
	}
	out := y.stemma(0, "prune", "--registry", registry)
	y.prints(out, "Deleted base:"+nowhere, "Keep base:"+elsewhere+": it is current", "Keep base:cccccccccccccccc: it was built 3 days ago")
	if has(nowhere) || !has(elsewhere) || !has(tagged) || !has(y.tag("base")) || !has("cccccccccccccccc") {
		t.Error(out)
	}
	y.prints(y.stemma(2, "prune", "--keep", "soon"), `--keep: "soon" is no age`)
	y.prints(y.stemma(2, "prune", "bas"), `did you mean "base"?`)
}

// TestPruneOfOneImageLooksAtItsChildren names an image of which an old build has a child.
func TestPruneOfOneImageLooksAtItsChildren(t *testing.T) {
	t.Parallel()
	y := newYard(t, aTree)
	y.commit()
	const parent, unused, day = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", 24 * time.Hour
	y.old(y.tag("base"), day)
	y.old(parent, 90*day)
	y.old(unused, 90*day)
	child, err := random.Image(64, 1)
	y.must(err)
	child, err = mutate.Config(child, v1.Config{Labels: map[string]string{
		schema.LabelParents: fmt.Sprintf(`[{"name":"base","digest":%q}]`, y.digest("group/project/base:"+parent)),
	}})
	y.must(err)
	y.must(remote.Write(y.reference("group/project/app:v1"), child))
	out := y.stemma(0, "prune", "base", "--registry", y.registry.Host+"/group/project")
	if y.digest("group/project/base:"+unused) != "" || y.digest("group/project/base:"+parent) == "" {
		t.Error(out)
	}
}
