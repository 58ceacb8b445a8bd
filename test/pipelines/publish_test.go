package pipelines_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
)

const published = `version: 1
project: Group/Tools
images:
  rust/nightly: {distribution: fedora, version: "43", tag: "7", publish: true}
`

// include is an entry of a consumer's include with the component of the published image.
func include(inputs string) string {
	return fmt.Sprintf("  - component: $CI_SERVER_FQDN/group/tools/rust.nightly@main\n    inputs: {%s}\n", inputs)
}

// evaluateConsumer returns the pipeline of a merge request in another project than the publisher's.
func evaluateConsumer(t *testing.T, source string) *pipeline.Pipeline {
	t.Helper()
	result, found, err := compilertest.Compile(fstest.MapFS{"stemma.yaml": {Data: []byte(published)}})
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	publisher := fstest.MapFS{}
	for _, file := range result.Files {
		publisher[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	kind, _ := pipeline.Find("mr")
	return pipeline.Evaluate(pipeline.Request{
		Project: &config.Project{Path: "group/consumer", Tree: fstest.MapFS{".gitlab-ci.yml": {Data: []byte(source)}}},
		Others:  config.Projects{{Path: "group/tools", Tree: publisher}}, Kind: kind,
	})
}

// TestConsumersIncludeAComponentSeveralTimes includes one component with its defaults, with a moving tag, and from a mirror.
func TestConsumersIncludeAComponentSeveralTimes(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("0", 64)
	consumer := "include:\n" + include("") +
		include(`name: moving, tag: latest`) +
		include(`name: mirrored, tag: "6@`+digest+`", repository: "harbor.corp:5000/mirror/rust"`) +
		include(`name: proxied, repository: "$MIRROR/rust"`) + `
workflow: {rules: [{when: always}]}
inside: {extends: .fdo.distribution-image@rust/nightly, script: [make]}
inside moving: {extends: .fdo.distribution-image@moving, script: [make]}
inside mirrored: {extends: .fdo.distribution-image@mirrored, script: [make]}
on proxied: {extends: .fdo.container-extend@proxied, script: [make]}
`
	got := map[string]string{}
	p := evaluateConsumer(t, consumer)
	for _, job := range p.Jobs {
		for _, name := range []string{"FDO_DISTRIBUTION_IMAGE", "FDO_BASE_IMAGE"} {
			if value, ok := job.Variables.Values()[name]; ok {
				got[job.Name+" "+name] = value
			}
		}
	}
	want := map[string]string{
		"inside FDO_DISTRIBUTION_IMAGE":          "${CI_REGISTRY}/group/tools/rust/nightly:7",
		"inside moving FDO_DISTRIBUTION_IMAGE":   "${CI_REGISTRY}/group/tools/rust/nightly:latest",
		"inside mirrored FDO_DISTRIBUTION_IMAGE": "harbor.corp:5000/mirror/rust:6@" + digest,
		"on proxied FDO_BASE_IMAGE":              "$MIRROR/rust:7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v (-want +got)\n%s", p.Problems, diff)
	}
}

func TestInputsOfAComponentAreReferencesAlone(t *testing.T) {
	t.Parallel()
	for _, inputs := range []string{
		`name: "a b"`, `name: "$X"`,
		`tag: ""`, `tag: "a b"`, `tag: "a\n"`, `tag: "$X"`, `tag: "a:b"`, `tag: "a@sha256:1"`, `tag: "$[[ inputs.name ]]"`,
		`repository: ""`, `repository: "a:b"`, `repository: "a/b@sha256"`, `repository: "a\nb"`, `repository: "$(id)"`, `repository: "a b"`,
	} {
		t.Run(inputs, func(t *testing.T) {
			t.Parallel()
			p := evaluateConsumer(t, "include:\n"+include(inputs)+"job: {script: [make]}\n")
			if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].String(), "input") {
				t.Errorf("got %v, want one problem about an input", p.Problems)
			}
		})
	}
}
