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
	s := newSandbox(t, aTree)
	s.stemma(0, "build")
	was := map[string]string{}
	for _, image := range []string{"base", "app", "web", "beside"} {
		was[image] = s.tag(image)
	}
	s.prints(s.stemma(0, "prune"), "Freed 0.0 MB")
	changed := strings.Replace(aTree, `base: "REGISTRY/lib/base:1", exec: "true", tests`, `base: "REGISTRY/lib/base:1", exec: "echo changed", tests`, 1)
	s.write("stemma.yaml", changed)
	s.stemma(0, "build")
	out := s.stemma(0, "prune", "--dry-run")
	s.prints(out, "would remove localhost/base:"+was["base"], "would remove localhost/web:"+was["web"])
	if strings.Contains(out, "beside") || !strings.Contains(s.storage(), was["web"]) {
		t.Errorf("%s\n%s", out, s.storage())
	}
	s.prints(s.stemma(0, "prune", "app"), "removed localhost/app:"+was["app"])
	out = s.stemma(0, "prune")
	if web, base := strings.Index(out, "removed localhost/web:"+was["web"]), strings.Index(out, "removed localhost/base:"+was["base"]); web < 0 || base < web {
		t.Errorf("children go before their parents:\n%s", out)
	}
	left := s.storage()
	for image, tag := range was {
		if isThere := strings.Contains(left, "localhost/"+image+":"+tag); isThere != (image == "beside") {
			t.Errorf("%s:%s is there: %v", image, tag, isThere)
		}
	}
	s.prints(s.stemma(0, "build"), "4 on this machine")
	// What is not in the definition any more goes with the rest, and not when one image is named.
	s.write("stemma.yaml", strings.Replace(changed, "beside:", "other:", 1))
	if out := s.stemma(0, "prune", "base"); strings.Contains(out, "beside") {
		t.Error(out)
	}
	s.prints(s.stemma(0, "prune"), "removed localhost/beside:"+was["beside"])
}

// TestPruneGoesPastWhatIsGone removes a name behind stemma's back.
func TestPruneGoesPastWhatIsGone(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	s.stemma(0, "build", "beside")
	s.must(os.Remove(filepath.Join(s.home, "storage", "name-localhost|beside:"+s.tag("beside"))))
	s.write("stemma.yaml", "version: 1\nimages: {beside: {distribution: alpine, version: '3.22'}}\n")
	s.prints(s.stemma(0, "prune"), "removed localhost/beside:")
}

// old puts a base in the registry under a content tag that has the age.
func (s *sandbox) old(tag string, age time.Duration) {
	s.Helper()
	made, err := random.Image(64, 1)
	s.must(err)
	made, err = mutate.Config(made, v1.Config{Labels: map[string]string{
		schema.LabelImage: "base", schema.LabelInputs: tag + strings.Repeat("0", 48), schema.LabelCreated: time.Now().Add(-age).Format(time.RFC3339),
	}})
	s.must(err)
	s.must(remote.Write(s.reference("group/project/base:"+tag), made))
}

// TestPruneOfARegistry has an old image for the present files, one for another branch, one for a git tag, one for none of these, and a
// young one.
func TestPruneOfARegistry(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	s.commit()
	const elsewhere, tagged, nowhere, day = "aaaaaaaaaaaaaaaa", "dddddddddddddddd", "bbbbbbbbbbbbbbbb", 24 * time.Hour
	s.git("checkout", "--quiet", "-b", "feature")
	s.write(".gitlab/stemma.gitlab-ci.yml", fmt.Sprintf("build:\n  variables:\n    %s: %q\n", schema.VarDistributionTag, elsewhere))
	s.commit()
	s.git("checkout", "--quiet", "--detach")
	s.write(".gitlab/stemma.gitlab-ci.yml", fmt.Sprintf("build:\n  variables:\n    %s: %q\n", schema.VarDistributionTag, tagged))
	s.commit()
	s.git("tag", "-m", "a release", "v1")
	s.git("checkout", "--quiet", "main")
	s.old(s.tag("base"), 90*day)
	s.old(elsewhere, 90*day)
	s.old(tagged, 90*day)
	s.old(nowhere, 90*day)
	s.old("cccccccccccccccc", 3*day)
	has := func(tag string) bool { return s.digest("group/project/base:"+tag) != "" }
	registry := s.registry.Host + "/group/project"

	s.environ = append(s.environ, "STEMMA_REGISTRY="+registry)
	s.stemma(0, "prune")
	if !has(nowhere) {
		t.Error("a variable alone lets prune delete from a registry")
	}
	s.prints(s.stemma(0, "prune", "--registry", registry, "--dry-run"), "Would delete base:"+nowhere)
	if !has(nowhere) {
		t.Error("a dry run deletes")
	}
	out := s.stemma(0, "prune", "--registry", registry)
	s.prints(out, "Deleted base:"+nowhere, "Keep base:"+elsewhere+": it is current", "Keep base:cccccccccccccccc: it was built 3 days ago")
	if has(nowhere) || !has(elsewhere) || !has(tagged) || !has(s.tag("base")) || !has("cccccccccccccccc") {
		t.Error(out)
	}
	s.prints(s.stemma(2, "prune", "--keep", "soon"), `--keep: "soon" is no age`)
	s.prints(s.stemma(2, "prune", "bas"), `did you mean "base"?`)
}

// TestPruneOfOneImageLooksAtItsChildren names an image of which an old build has a child.
func TestPruneOfOneImageLooksAtItsChildren(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, aTree)
	s.commit()
	const parent, unused, day = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", 24 * time.Hour
	s.old(s.tag("base"), day)
	s.old(parent, 90*day)
	s.old(unused, 90*day)
	child, err := random.Image(64, 1)
	s.must(err)
	child, err = mutate.Config(child, v1.Config{Labels: map[string]string{
		schema.LabelParents: fmt.Sprintf(`[{"name":"base","digest":%q}]`, s.digest("group/project/base:"+parent)),
	}})
	s.must(err)
	s.must(remote.Write(s.reference("group/project/app:v1"), child))
	out := s.stemma(0, "prune", "base", "--registry", s.registry.Host+"/group/project")
	if s.digest("group/project/base:"+unused) != "" || s.digest("group/project/base:"+parent) == "" {
		t.Error(out)
	}
}
