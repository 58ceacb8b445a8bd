package compiler_test

import (
	"slices"
	"testing"
	"testing/fstest"
)

const void = `distributions:
  void:
    name: Void
    base: docker.io/library/void:{version}
    upgrade: "true"
    install: "true"
    available: "true"
    missing: "true"
    updates: "true"
    clean: "true"
`

// A change of any file that declares a part of an image selects the jobs of that image.
func TestEveryFileOfADeclarationSelectsItsImage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files fstest.MapFS
		// file is part of the declaration, and want is the pattern that matches it.
		file, want string
	}{
		"a rule for all images": {
			fstest.MapFS{
				"stemma.yaml":     text("version: 1\nproject: group/project\nbuild: changed\ninclude: [rules/all.cue]\nimages: {a: {distribution: alpine, version: \"3.22\"}}\n"),
				"rules/all.cue":   text("images: [string]: env: A: \"1\"\n"),
				"rules/other.cue": text("#other: 1\n"),
			},
			"rules/all.cue", "rules/*.cue",
		},
		"a distribution in another file": {
			fstest.MapFS{
				"stemma.yaml": text("version: 1\nproject: group/project\nbuild: changed\ninclude: [void.yaml]\nimages: {a: {distribution: void, version: \"1\", packages: [git]}}\n"),
				"void.yaml":   text(void),
			},
			"void.yaml", "void.yaml",
		},
		"the distribution of the base": {
			fstest.MapFS{
				"stemma.yaml": text("version: 1\nproject: group/project\nbuild: changed\ninclude: [void.yaml]\nimages: {a: {base: b, packages: [git]}, b: {distribution: void, version: \"1\"}}\n"),
				"void.yaml":   text(void),
			},
			"void.yaml", "void.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var patterns []string
			for _, section := range compiled(t, test.files).Pipeline.Sections {
				if section.Image != "a" {
					continue
				}
				for _, job := range section.Jobs {
					for _, rule := range job.Rules {
						patterns = append(patterns, rule.Changes...)
					}
				}
			}
			if !slices.Contains(patterns, test.want) {
				t.Errorf("got the patterns %q for changes of %s, want %q among them", patterns, test.file, test.want)
			}
		})
	}
}
