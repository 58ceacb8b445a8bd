//go:build e2e

package e2e_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestMirrorsVersionsAndByHand copies an image from outside in a schedule and builds on the copy, releases what was built under the
// version of a git tag, and builds it anew where a person starts a pipeline.
func TestMirrorsVersionsAndByHand(t *testing.T) {
	t.Parallel()
	r, outside := startRegistry(t), startRegistry(t)
	pushTiny(t, outside, "lib/tiny:1")
	p := newProject(t, r, "acme/tools", map[string]string{
		".gitlab-ci.yml": "stages: [build, test, deploy]\nvariables: {}\ninclude: [{local: .gitlab/stemma.gitlab-ci.yml}]\n",
		"stemma.yaml": `version: 1
mirrors: [{from: "` + outside.Host + `/lib/tiny:1"}]
images:
  tool:
    distribution: debian
    base: ` + outside.Host + `/lib/tiny:1
    exec: date +%N > /when
    byHand: rebuild
    release: [{tags: [latest]}, {repository: ` + r.Host + `/public/tool, tags: ["{version}", "{major}.{minor}", "{major}"]}]
`,
	})
	p.git(t, "add", "-A")
	run(t, p.dir, "stemma", "lock")
	p.compile(t)
	p.pipeline(t, "CI_PIPELINE_SOURCE=schedule")
	if got, want := digest(t, r.image(t, "acme/tools/tiny:1")), digest(t, outside.image(t, "lib/tiny:1")); got != want {
		t.Errorf("the copy is %s, want %s", got, want)
	}
	if log := p.pipeline(t, "FDO_FORCE_REBUILD=1"); !strings.Contains(log, "from the mirror "+r.Host+"/acme/tools/tiny") {
		t.Errorf("the image was not built on the copy:\n%s", log)
	}
	built := digest(t, r.image(t, "acme/tools/tool:latest"))

	p.pipeline(t, "CI_COMMIT_TAG=v1.3.0")
	older := p.pipeline(t, "CI_COMMIT_TAG=v1.2.9")
	p.pipeline(t, "CI_COMMIT_TAG=v2.0.0-rc.1")
	for tag, is := range map[string]bool{"1.3.0": true, "1.3": true, "1": true, "1.2.9": true, "1.2": true, "2.0.0-rc.1": true, "2": false, "latest": false} {
		if r.has("public/tool:"+tag) != is {
			t.Errorf("public/tool:%s: %v", tag, !is)
		}
	}
	if !strings.Contains(older, "/public/tool:1 stays where it is: 1.3.0 is newer") || digest(t, r.image(t, "public/tool:1.3.0")) != built {
		t.Errorf("what was built is not what was released, or a tag went back:\n%s", older)
	}

	if log, err := p.try("CI_PIPELINE_SOURCE=web"); err == nil || !strings.Contains(log, "start:tool is when:manual") {
		t.Errorf("there is no button: %v\n%s", err, log)
	}
	if log := p.pipeline(t, "CI_PIPELINE_SOURCE=web", schema.VarAutostart+"=1"); !strings.Contains(log, "FDO_FORCE_REBUILD is set") || digest(t, r.image(t, "acme/tools/tool:latest")) == built {
		t.Errorf("the image was not built anew:\n%s", log)
	}
}
