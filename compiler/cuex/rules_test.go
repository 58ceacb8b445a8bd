package cuex

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// onlyCompiler are the mistakes that a schema cannot find: they are about the files of the project, or about all images together.
var onlyCompiler = []string{"missing-file", "include-of-nothing", "cycle", "unknown-base", "unknown-after", "runners-of-another-platform", "reference", "base-that-is-no-reference", "unused-distribution", "version-without-effect", "release-beside-its-credentials"}

// The schema says everything that CUE can say, for users of CUE's own commands.
func TestTheSchemaFindsMistakes(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range sample.List(strings.Split(string(content), "\n=== ")[1:], 4) {
		name, _, _ := strings.Cut(entry, ":")
		_, source, _ := strings.Cut(entry, "\n---\n")
		source, isWhole := strings.CutPrefix(strings.ReplaceAll(source, "§", ""), "!")
		if !isWhole {
			source = "version: 1\n" + source
		}
		isFound := validate(t, source) != nil
		if want := !slices.Contains(onlyCompiler, name); isFound != want {
			t.Errorf("%s: found is %v, want %v", name, isFound, want)
		}
	}
}

// validate judges a definition that embeds the schema as `cue vet -c` does.
func validate(t *testing.T, source string) error {
	t.Helper()
	var found diagnostic.List
	e := newEvaluation(fstest.MapFS{"stemma.cue": {Data: []byte("package images\n\nimport \"gitlab.com/stemma-ci/stemma/schema\"\n\nschema.#Definition\n\n" + source)}}, schema.FS, &found)
	instance := load.Instances([]string{"."}, &load.Config{FS: e.workspace, Dir: "/", ModuleRoot: "/", Env: []string{}, Registry: e.workspace})[0]
	if instance.Err != nil {
		return instance.Err
	}
	return cuecontext.New().BuildInstance(instance).Validate(cue.Concrete(true))
}

// void is a distribution in CUE.
const void = `name: "Void", base: *"ghcr.io/void:latest" | string, upgrade: "a", install: "b", clean: "c", updates: "d", missing: "e", available: "f"`

func TestTheSchemaAllowsDefinitions(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"a chain":           `version: 1, images: {base: {distribution: "debian", version: "trixie"}, rust: base: "base"}`,
		"defaults":          `version: 1, defaults: {distribution: "debian", version: "trixie"}, images: base: packages: ["curl"]`,
		"a default version": `version: 1, images: base: distribution: "alpine"`,
		"a Containerfile":   `version: 1, images: app: {containerfile: "app/Containerfile", args: A: "b", build: cache: true, sources: [{project: "group/lib", path: "lib"}]}`,
		"a tag":             `version: 1, images: app: {base: "quay.io/group/image:1", tag: file: "VERSION"}`,
		"a tag of text":     `version: 1, images: app: {base: "quay.io/group/image:1", tag: "v1"}`,
		"a release":         `version: 1, images: app: {base: "quay.io/group/image:1", release: [{tags: ["latest", "{tag}"]}]}`,
		"no release":        `version: 1, images: app: {base: "quay.io/group/image:1", release: []}`,
		"many settings":     `version: 1, images: app: {base: project: "group/other", base: image: "x", distribution: "fedora", labels: owner: "me", env: A: "$b", user: "1000", limits: memory: "1GiB", tests: [{name: "a", run: "true"}], manual: true}`,
		"own distribution":  `version: 1, defaults: distribution: "void", distributions: void: {` + void + `}, images: {base: packages: ["curl"], other: distribution: "debian", other: version: "trixie"}`,
		"own default":       `version: 1, distributions: void: {version: "1", base: "ghcr.io/void:{version}", ` + void + `}, images: void: distribution: "void"`,
		"reused recipe":     `version: 1, distributions: mine: {for k, v in schema.distributions.debian if k != "base" {(k): v}, base: "localhost/mine:latest"}, images: base: distribution: "mine"`,
		"secrets":           `version: 1, images: app: {containerfile: "C", build: secrets: {a: "TOKEN", b: file: "KEY"}}`,
	} {
		if err := validate(t, source); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
