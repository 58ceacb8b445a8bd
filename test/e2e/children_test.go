//go:build e2e

package e2e_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestChildPipelines runs a project whose images are in child pipelines: all of them at first, and by name only the one that has
// the image.
func TestChildPipelines(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	base := "{distribution: debian, base: \"" + r.Host + "/lib/tiny:1\"}"
	p := newProject(t, r, "acme/tree", map[string]string{
		"stemma.yaml": "version: 1\nproject: acme/tree\nchildren: true\nbuild: changed\nimages:\n  root: " + base +
			"\n  leaf: {base: root, exec: echo leaf > /leaf, tests: [{name: leaf, run: cat /leaf}]}\n  alone: " + base + "\n",
	})
	p.compile(t)
	_, child, _ := strings.Cut(run(t, p.dir, "stemma", "explain", "leaf"), "in the child pipeline of ")
	child, _, _ = strings.Cut(child, "\n")
	p.write(t, map[string]string{
		".gitlab-ci.yml": "stages: [build, test, deploy]\nvariables: {}\ninclude: [{local: .gitlab/stemma.gitlab-ci.yml}]\n" +
			"use:\n  stage: test\n  extends: .fdo.distribution-image@leaf\n  needs: [{job: \"" + child + "\", optional: true}]\n  script: [echo using $FDO_DISTRIBUTION_IMAGE]\n",
	})
	p.compile(t)
	parent := run(t, p.dir, "cat", ".gitlab/stemma.gitlab-ci.yml")
	if !strings.Contains(parent, "\n# leaf, root\nimages:") || strings.Contains(parent, "\nbuild:") {
		t.Fatalf("the parent is\n%s", parent)
	}
	log := p.pipeline(t, schema.VarRebuild+"=root,alone")
	for _, image := range []string{"root", "leaf", "alone"} {
		if !r.has("acme/tree/" + image + ":" + p.tag(t, image)) {
			t.Errorf("%s was not built:\n%s", image, log)
		}
	}
	if !strings.Contains(log, "ok   leaf") {
		t.Errorf("the leaf was not tested:\n%s", log)
	}
	before := digest(t, r.image(t, "acme/tree/root:latest"))
	log = p.pipeline(t, schema.VarRebuild+"=leaf")
	if !strings.Contains(log, "STEMMA_REBUILD names it") || strings.Contains(log, "build:alone") {
		t.Errorf("the rebuild by name did not reach the right child:\n%s", log)
	}
	if digest(t, r.image(t, "acme/tree/root:latest")) != before {
		t.Error("the parent of the requested image was rebuilt")
	}
}
