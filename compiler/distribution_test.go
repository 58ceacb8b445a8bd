package compiler_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	voidYAML = `distributions:
  void:
    name: Void
    base: ghcr.io/void-linux/void:{version}
    version: latest
    env: {XBPS_ARCH: $HOST}
    upgrade: xbps-install -Syu
    install: xbps-install -y "$@"
    clean: rm -rf /var/cache/xbps
    updates: xbps-install -Mnu
    missing: for p; do xbps-query -R "$p" || echo "$p"; done
    available: xbps-query -Rs ''
`
	voidCUE = `distributions: void: {
	name:      "Void"
	base:      "ghcr.io/void-linux/void:{version}"
	version:   "latest"
	env: XBPS_ARCH: "$HOST"
	upgrade:   "xbps-install -Syu"
	install:   "xbps-install -y \"$@\""
	clean:     "rm -rf /var/cache/xbps"
	updates:   "xbps-install -Mnu"
	missing:   "for p; do xbps-query -R \"$p\" || echo \"$p\"; done"
	available: "xbps-query -Rs ''"
}
`
	voidImages = `images:
  void: {distribution: void, packages: [curl], updates: {packages: true}}
  child: {base: void}
  other: {distribution: debian, version: trixie, updates: {packages: true}}
`
)

// jobVariables returns a variable of all jobs that have it.
func jobVariables(result compiler.Result, name string) map[string]pipeline.Variable {
	out := map[string]pipeline.Variable{}
	jobs := slices.Clone(result.Pipeline.Checks)
	for _, section := range result.Pipeline.Sections {
		jobs = append(jobs, section.Jobs...)
	}
	for _, component := range result.Pipeline.Components {
		jobs = append(jobs, component.Jobs...)
	}
	for _, job := range jobs {
		for _, variable := range job.Variables {
			if variable.Name == name {
				out[job.Name] = variable
			}
		}
	}
	return out
}

// The jobs of images of an own distribution have its recipe, and so has the update check that asks its package manager.
func TestOwnDistributionsTravelInTheirJobs(t *testing.T) {
	t.Parallel()
	images := strings.Replace(voidImages, "base: void", "base: void, publish: true", 1)
	got := jobVariables(compiled(t, fstest.MapFS{"stemma.yaml": text("version: 1\nproject: group/project\n" + voidYAML + images)}), schema.VarDistributions)
	want := []string{".fdo.container-build@child", ".fdo.container-build@void", ".fdo.container-extend@$[[ inputs.name ]]", "update-check"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	for job, variable := range got {
		if !variable.Literal {
			t.Errorf("%s: GitLab would expand %s", job, variable.Value)
		}
		var own schema.Recipes
		if err := json.Unmarshal([]byte(variable.Value), &own); err != nil {
			t.Fatal(err)
		}
		recipes, err := schema.LoadRecipes()
		if err != nil {
			t.Fatal(err)
		}
		if err := recipes.Add(own); err != nil {
			t.Errorf("%s: %v", job, err)
		}
		if recipe := recipes["void"]; recipe.Install != `xbps-install -y "$@"` || recipe.Env["XBPS_ARCH"] != "$HOST" || len(own) != 1 {
			t.Errorf("%s: got %v, want the recipe of void", job, own)
		}
	}
}

// All forms of a definition give the same images.
func TestOwnDistributionsAreTheSameInEveryForm(t *testing.T) {
	t.Parallel()
	want := tags(t, fstest.MapFS{"stemma.yaml": text("version: 1\n" + voidYAML + voidImages)})
	const cueImages = `
version: 1
images: {
	void: {distribution: "void", packages: ["curl"], updates: packages: true}
	child: base: "void"
	other: {distribution: "debian", version: "trixie"}
}
`
	for name, files := range map[string]fstest.MapFS{
		"CUE":                 {"stemma.cue": text(cueImages + voidCUE)},
		"CUE with the schema": {"stemma.cue": text("package images\nimport \"gitlab.com/stemma-ci/stemma/schema\"\nschema.#Definition\n" + cueImages + strings.Replace(voidCUE, "void: {", "void: schema.#Distribution & {", 1))},
		"included YAML":       {"stemma.yaml": text("version: 1\ninclude: [void.yaml]\n" + voidImages), "void.yaml": text(voidYAML)},
		"included CUE":        {"stemma.yaml": text("version: 1\ninclude: [void.cue]\n" + voidImages), "void.cue": text(voidCUE)},
		"part in CUE": {
			"stemma.yaml": text("version: 1\ninclude: [void.cue, void.yaml]\n" + voidImages), "void.yaml": text(strings.Replace(voidYAML, "    version: latest\n", "", 1)),
			"void.cue": text("distributions: void: version: \"latest\"\n"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, tags(t, files)); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
}

// A script that makes the image is part of the tags of its images, and of no others.
func TestOwnDistributionsArePartOfTheTag(t *testing.T) {
	t.Parallel()
	before := tags(t, fstest.MapFS{"stemma.yaml": text("version: 1\n" + voidYAML + voidImages)})
	for name, edit := range map[string]struct {
		old, new string
		changed  []string
	}{
		"install":   {"install -y", "install -yv", []string{"child", "void"}},
		"upgrade":   {"-Syu", "-Su", []string{"child", "void"}},
		"clean":     {"rm -rf", "rm -r", []string{"child", "void"}},
		"env":       {"$HOST", "x86_64", []string{"child", "void"}},
		"base":      {"ghcr.io", "quay.io", []string{"child", "void"}},
		"updates":   {"-Mnu", "-nu", nil},
		"missing":   {"-R \"$p\"", "\"$p\"", nil},
		"available": {"-Rs", "-s", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := tags(t, fstest.MapFS{"stemma.yaml": text("version: 1\n" + strings.Replace(voidYAML, edit.old, edit.new, 1) + voidImages)})
			var changed []string
			for _, image := range slices.Sorted(maps.Keys(before)) {
				if after[image] != before[image] {
					changed = append(changed, image)
				}
			}
			if diff := cmp.Diff(edit.changed, changed); diff != "" {
				t.Errorf("changed tags (-want +got):\n%s", diff)
			}
		})
	}
}

// Linux would not start a program with more.
func TestOwnDistributionsHaveALimit(t *testing.T) {
	t.Parallel()
	long := strings.Replace(voidYAML, "xbps-install -Syu", strings.Repeat("x", 128<<10), 1)
	_, found, err := compilertest.Compile(fstest.MapFS{"stemma.yaml": text("version: 1\n" + long + "images: {a: {base: docker.io/library/debian:trixie, distribution: debian}, b: {distribution: void, base: a}}\n")})
	if err != nil || !found.HasErrors() || !strings.Contains(found[0].Message, "but Linux passes at most") {
		t.Errorf("got %v, %v, want a finding about the limit", found, err)
	}
}
