//go:build e2e

package e2e_test

import (
	"os"
	"strings"
	"testing"
)

// TestImageComponentTwice includes the component for two images, one on the other, in a pipeline whose globals would break it.
func TestImageComponentTwice(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	component, err := os.ReadFile("../../templates/image.yml")
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, r, "group/project", map[string]string{
		"templates/image.yml": string(component),
		".gitlab-ci.yml": `include:
  - local: templates/image.yml
    inputs:
      name: base
      tag: "1.0"
      distribution: alpine
      base: ` + r.Host + `/lib/tiny:1
      exec: printf '%s' "it's $HOME" > /made
      test: test -s /made
  - local: templates/image.yml
    inputs: {name: tools/more, tag: "2", distribution: alpine, base: base:1.0, release: stable}
stages: [build, test, deploy]
default: {before_script: [exit 42]}
variables: {FDO_DISTRIBUTION_PACKAGES: nothing}
build:tools/more:
  needs: ["build:base"]
`,
	})
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "pipeline")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
	p.pipeline(t)
	base, more := layers(t, r.image(t, "group/project/base:latest")), layers(t, r.image(t, "group/project/tools/more:stable"))
	if len(more) != len(base)+1 || strings.Join(more[:len(base)], " ") != strings.Join(base, " ") {
		t.Errorf("tools/more has layers %v, base %v", more, base)
	}
	if log := p.pipeline(t); strings.Contains(log, "> Build ") {
		t.Error(log)
	}
}
