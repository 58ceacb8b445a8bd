//go:build e2e

package e2e_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// tinyDistribution installs by writing to a file. Nothing may expand what is in its scripts and its environment.
const tinyDistribution = `version: 1
gitlab: "17.0"
distributions:
  tiny:
    name: Tiny
    base: REGISTRY/lib/tiny:{version}
    version: "1"
    env: {GREETING: "it's $HOME %PATH% \"${x}\""}
    upgrade: ": > /upgraded"
    install: |
      for p; do case $p in curl|jq) ;; *) exit 1;; esac; done
      test "$GREETING" = "it's \$HOME %PATH% \"\${x}\""
      printf '%s\n' "$@" >> /installed
    clean: rm /upgraded
    updates: test ! -e /old || echo curl 1 2
    missing: for p; do case $p in curl|jq) ;; *) echo "$p";; esac; done
    available: "echo curl jq"
images:
  base: {distribution: tiny, packages: [curl], updates: {packages: true}}
  app: {base: base, packages: [jq], exec: ": > /old", updates: {packages: true}, tests: [{name: both are installed, run: "test \"$(cat /installed)\" = \"$(printf 'curl\\njq')\" && test ! -e /upgraded"}]}
`

// TestOwnDistribution builds images of a distribution that the project defines, in a pipeline and on this machine. Then a schedule asks its package
// manager for updates.
func TestOwnDistribution(t *testing.T) {
	t.Parallel()
	h := newHere(t, map[string]string{"stemma.yaml": tinyDistribution, ".gitlab-ci.yml": pipelineFile})
	h.stemma("build", "app")
	h.compile(t)
	h.pipeline(t)
	if err := inside(t, h.registry, "group/project/app:latest", `test "$(cat /installed)" = "$(printf 'curl\njq')" && test -e /old`); err != nil {
		t.Error(err)
	}
	h.prints(h.pipeline(t, "CI_PIPELINE_SOURCE=schedule"), "current  base", "stale    app", "package curl 1 → 2")

	replace(t, h.project, "packages: [jq]", "packages: [jqq]")
	h.prints(h.fails("build", "app"), `the package jqq does not exist; did you mean "jq"?`)
}

// TestOwnDistributionOnDebian defines a distribution with the scripts of another one, in CUE, and installs real packages.
func TestOwnDistributionOnDebian(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushDebian(t, r, "lib/debian:bookworm")
	p := newProject(t, r, "group/project", map[string]string{".gitlab-ci.yml": pipelineFile, "stemma.cue": strings.ReplaceAll(`package images

import "gitlab.com/stemma-ci/stemma/schema"

schema.#Definition

version: 1
distributions: mydeb: {
	for key, value in schema.distributions.debian if key != "base" && key != "name" {(key): value}
	name: "My Debian"
	base: "REGISTRY/lib/debian:{version}"
}
images: app: {distribution: "mydeb", version: "bookworm", packages: ["hello"]}
`, "REGISTRY", r.Host)})
	p.compile(t)
	p.pipeline(t)
	if err := inside(t, r, "group/project/app:latest", "hello && ! ls /var/lib/apt/lists/* 2>/dev/null"); err != nil {
		t.Error(err)
	}
	if got := labels(t, r.image(t, "group/project/app:latest"))[schema.LabelBaseName]; got != r.Host+"/lib/debian:bookworm" {
		t.Errorf("the base is %s", got)
	}
}
