package pipeline_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestAChangeIsShortToReview changes one line, and counts the lines of the compiled file that change for each image that it touches.
func TestAChangeIsShortToReview(t *testing.T) {
	t.Parallel()
	const most = 8
	files := fstest.MapFS{"base/Containerfile": {Data: []byte("FROM docker.io/library/debian:trixie\n")}, "stemma.yaml": {Data: []byte(`version: 1
project: group/project
defaults: {platforms: [linux/amd64, linux/arm64]}
images:
  base: {containerfile: base/Containerfile, tests: [{name: first, run: "true"}, {name: beside, run: "true", outside: true}]}
  tool: {distribution: debian, base: base, packages: [jq], tests: [{name: first, run: jq}]}
  app: {distribution: debian, base: tool, packages: [less], dependents: [{project: group/other, ref: main}], updates: {schedule: true}}
  app2: {distribution: debian, base: tool, publish: true}
`)}}
	for _, test := range []struct {
		name, file, old, with string
		images                int
	}{
		{"packages", "stemma.yaml", "jq]", "jq, yq]", 3},
		{"packages of an image without children", "stemma.yaml", "less]", "less, vim]", 1},
		{"a file", "base/Containerfile", "\n", "\nRUN true\n", 4},
		{"the base image", "base/Containerfile", "trixie", "bookworm", 4},
		{"a test", "stemma.yaml", "run: jq", "run: jq --version", 3},
		{"where an image is built", "stemma.yaml", "app2: {", "app2: {runners: {default: [large]}, ", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed := fstest.MapFS{}
			for path, file := range files {
				changed[path] = file
			}
			source := files[test.file].Data
			if bytes.Count(source, []byte(test.old)) == 0 {
				t.Fatalf("%s has no %q", test.file, test.old)
			}
			changed[test.file] = &fstest.MapFile{Data: bytes.Replace(source, []byte(test.old), []byte(test.with), 1)}
			if got := changedLines(compiled(t, files), compiled(t, changed)); len(got) == 0 || len(got) > most*test.images {
				t.Errorf("%d lines change for %d images, want at most %d for each:\n%s", len(got), test.images, most, strings.Join(got, "\n"))
			}
		})
	}
}

// changedLines are the lines of one text that another has not, in any place.
func changedLines(before, after string) []string {
	had := map[string]int{}
	for line := range strings.Lines(before) {
		had[line]++
	}
	var out []string
	for line := range strings.Lines(after) {
		if had[line]--; had[line] < 0 {
			out = append(out, fmt.Sprintf("%.150s", strings.TrimRight(line, "\n")))
		}
	}
	return out
}
