//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

const pipelineFile = `include:
  - local: .gitlab/stemma.gitlab-ci.yml
stages: [build, test, deploy]
variables: {}
`

// family is a chain of two images, an image beside it, and one from a Containerfile on top.
func family(r *registry) map[string]string {
	return map[string]string{
		".gitlab-ci.yml": pipelineFile,
		"stemma.yaml": fmt.Sprintf(`version: 1
images:
  base:
    distribution: alpine
    base: %s/lib/tiny:1
    exec: sh ci/base.sh
    watch: [ci/base.sh]
    tests: [{name: the snippet ran, run: 'grep "^it.s \$HOME" /made'}, {name: no clone is left, run: 'test ! -e /tmp/clone'}]
  child:
    base: base
    exec: echo child > /child
    env: {GREETING: 'a $b "c"'}
    labels: {org.example.team: x}
  beside:
    distribution: alpine
    base: %s/lib/tiny:1
    exec: echo beside > /beside
    watch: [ci/beside.sh]
  site:
    containerfile: site/Containerfile
    args: {TITLE: 'a $b "c"'}
    tests: [{name: arguments are literal, run: 'test "$(cat /title)" = "a \$b \"c\""'}]
`, r.Host, r.Host),
		"ci/base.sh":         "printf '%s\\n' \"it's \\$HOME\" > /made\n",
		"ci/beside.sh":       "true\n",
		"site/Containerfile": "FROM child\nARG TITLE\nCOPY index.html /index.html\nRUN echo \"$TITLE\" > /title\nCOPY --from=base /made /made\n",
		"site/index.html":    "<p>\n",
	}
}

func TestChain(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := newProject(t, r, "group/project", family(r))
	p.compile(t)
	p.pipeline(t)
	images := []string{"base", "child", "beside", "site"}

	t.Run("images carry their lineage and no one else's", func(t *testing.T) {
		base, child := r.image(t, "group/project/base:"+p.tag(t, "base")), r.image(t, "group/project/child:"+p.tag(t, "child"))
		got := labels(t, child)
		for label, want := range map[string]string{
			schema.LabelPipelineID: "4711", schema.LabelProject: "group/project", schema.LabelImage: "child", schema.LabelVersion: p.tag(t, "child"),
			schema.LabelBaseName: r.Host + "/group/project/base:" + p.tag(t, "base"), schema.LabelBaseDigest: digest(t, base), "org.example.team": "x",
		} {
			if got[label] != want {
				t.Errorf("label %s is %q, want %q", label, got[label], want)
			}
		}
		if _, inherited := got["org.opencontainers.image.title"]; inherited {
			t.Error("the child has its parent's title")
		}
		var parents []struct{ Name, Digest string }
		if err := json.Unmarshal([]byte(got[schema.LabelParents]), &parents); err != nil || len(parents) != 1 || parents[0].Digest != digest(t, base) || parents[0].Name != "base" {
			t.Errorf("label %s is %s (%v)", schema.LabelParents, got[schema.LabelParents], err)
		}
	})
	t.Run("values of env are literal", func(t *testing.T) {
		config, err := r.image(t, "group/project/child:latest").ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if want := `GREETING=a $b "c"`; !slices.Contains(config.Config.Env, want) {
			t.Errorf("the environment is %q, want %s in it", config.Config.Env, want)
		}
	})
	t.Run("a child begins with exactly its parent's layers", func(t *testing.T) {
		parents := layers(t, r.image(t, "lib/tiny:1"))
		for _, image := range []string{"base", "child", "site"} {
			own := layers(t, r.image(t, "group/project/"+image+":latest"))
			if len(own) <= len(parents) || !slices.Equal(own[:len(parents)], parents) {
				t.Errorf("%s has layers %v, its parent %v", image, own, parents)
			}
			parents = own
		}
	})
	t.Run("what was released is what was built", func(t *testing.T) {
		for _, image := range images {
			if built, released := digest(t, r.image(t, "group/project/"+image+":"+p.tag(t, image))), digest(t, r.image(t, "group/project/"+image+":latest")); built != released {
				t.Errorf("%s was built as %s and released as %s", image, built, released)
			}
		}
	})

	digests := func() map[string]string {
		out := map[string]string{}
		for _, image := range images {
			out[image] = digest(t, r.image(t, "group/project/"+image+":latest"))
		}
		return out
	}
	changed := func(before map[string]string) string {
		var names []string
		for image, now := range digests() {
			if before[image] != now {
				names = append(names, image)
			}
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	t.Run("a second pipeline builds and writes nothing", func(t *testing.T) {
		before, writes := digests(), r.writes.Load()
		log := p.pipeline(t)
		if strings.Contains(log, "> Build ") || r.writes.Load() != writes || changed(before) != "" {
			t.Errorf("%d manifests were written:\n%s", r.writes.Load()-writes, log)
		}
	})
	t.Run("a watched file rebuilds the image and its descendants and no other", func(t *testing.T) {
		before := digests()
		p.write(t, map[string]string{"ci/base.sh": "printf '%s\\n' \"it's \\$HOME again\" > /made\n"})
		p.compile(t)
		p.pipeline(t)
		if got := changed(before); got != "base child site" {
			t.Errorf("rebuilt: %s", got)
		}
	})
	t.Run("a forced image and its descendants are rebuilt under the same tags", func(t *testing.T) {
		before, tag := digests(), p.tag(t, "child")
		log := p.pipeline(t, schema.VarRebuild+"=child")
		if got := changed(before); got != "child site" || p.tag(t, "child") != tag {
			t.Errorf("rebuilt: %s\n%s", got, log)
		}
		reason := labels(t, r.image(t, "group/project/site:latest"))[schema.LabelReason]
		if !strings.HasPrefix(reason, "its parent child was rebuilt; parent "+r.Host+"/group/project/child:"+tag+" moved from sha256:") {
			t.Errorf("the reason is %q", reason)
		}
	})
	t.Run("a foreign image under a content tag is not trusted", func(t *testing.T) {
		tag := p.tag(t, "beside")
		pushTiny(t, r, "group/project/beside:"+tag)
		log := p.pipeline(t)
		if !strings.Contains(log, "is not the one that its tag promises") || labels(t, r.image(t, "group/project/beside:"+tag))[schema.LabelInputs] == "" {
			t.Error(log)
		}
	})
}

// A base that fails its tests has no tag, and nothing is built on it. The next pipeline tests the same image.
func TestAFailedTestKeepsAnImageFromItsRelease(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := newProject(t, r, "group/project", map[string]string{
		".gitlab-ci.yml": pipelineFile,
		"stemma.yaml": fmt.Sprintf(`version: 1
images:
  base:
    distribution: alpine
    base: %s/lib/tiny:1
    exec: "true"
    tests: [{name: fine, run: 'true'}, {name: wrong, run: echo no; exit 3}, {name: fine too, run: 'true'}]
  child: {base: base}
`, r.Host),
	})
	p.compile(t)
	log, err := p.try()
	if err == nil || !strings.Contains(log, "FAIL wrong: it ended with status 3") || !strings.Contains(log, "ok   fine too") {
		t.Errorf("%v\n%s", err, log)
	}
	untested := "group/project/base:" + schema.PrefixUntested + p.tag(t, "base")
	kept := labels(t, r.image(t, untested))[schema.LabelUntested]
	if r.has("group/project/base:"+p.tag(t, "base")) || r.has("group/project/child:"+p.tag(t, "child")) || !strings.Contains(log, "podman run --rm -it --entrypoint /bin/sh "+r.Host+"/group/project/base@"+kept) {
		t.Errorf("the base has its tag, its child was built, or nobody is told of %s:\n%s", kept, log)
	}
	if log, err := p.try(); err == nil || strings.Contains(log, "> Build ") || labels(t, r.image(t, untested))[schema.LabelUntested] != kept {
		t.Errorf("another image was built: %v\n%s", err, log)
	}
	if strings.Contains(run(t, p.dir, "sh", "-c", "curl -s http://"+r.Host+"/v2/group/project/base/tags/list"), "latest") {
		t.Error("the image was released")
	}
}

func TestForksCopyFromTheUpstreamProject(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	files := family(r)
	files["stemma.yaml"] = strings.Replace(files["stemma.yaml"], "version: 1\n", "version: 1\nproject: Group/Project\n", 1)
	upstream := newProject(t, r, "group/project", files)
	upstream.compile(t)
	upstream.pipeline(t, "CI_PROJECT_PATH=Group/Project")
	fork := newProject(t, r, "someone/project", files)
	fork.compile(t)
	log := fork.pipeline(t, "CI_PROJECT_PATH=someone/project")
	if strings.Contains(log, "> Build ") || !strings.Contains(log, "mounted by the registry") {
		t.Error(log)
	}
	for _, image := range []string{"base", "child", "site"} {
		if digest(t, r.image(t, "group/project/"+image+":latest")) != digest(t, r.image(t, "someone/project/"+image+":"+fork.tag(t, image))) {
			t.Errorf("%s of the fork is another image", image)
		}
	}
}
