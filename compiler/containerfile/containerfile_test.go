package containerfile_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source, target string
		args           map[string]string
		parents        []containerfile.Parent
	}{
		"one stage": {
			source:  "FROM debian:trixie\nRUN true\n",
			parents: []containerfile.Parent{{"debian:trixie", 1, true}},
		},
		"scratch is no parent": {source: "FROM scratch\nCOPY a /a\n"},
		"an argument before FROM has its default": {
			source:  "ARG V=3.20\nFROM alpine:${V}\n",
			parents: []containerfile.Parent{{"alpine:3.20", 2, true}},
		},
		"the build's argument wins over the default": {
			source:  "ARG V=3.20\nFROM alpine:$V\n",
			args:    map[string]string{"V": "3.21"},
			parents: []containerfile.Parent{{"alpine:3.21", 2, true}},
		},
		"a stage by name and by number is no parent": {
			source:  "FROM golang AS build\nFROM build AS more\nFROM scratch\nCOPY --from=build /a /a\nCOPY --from=1 /b /b\n",
			parents: []containerfile.Parent{{"golang", 1, false}},
		},
		"a stage on a stage has the first one's base": {
			source:  "FROM golang AS build\nFROM build\n",
			parents: []containerfile.Parent{{"golang", 1, true}},
		},
		"copies and mounts from images are parents": {
			source:  "FROM scratch\nCOPY --from=busybox /bin/sh /bin/sh\nRUN --mount=type=bind,from=tools,target=/t true\n",
			parents: []containerfile.Parent{{"busybox", 2, false}, {"tools", 3, false}},
		},
		"stages that the target does not need do not count": {
			source: "FROM a AS one\nFROM b AS two\nFROM c\n", target: "two",
			parents: []containerfile.Parent{{"b", 2, true}},
		},
		"a stage declares a global argument again": {
			source:  "ARG T=tools:1\nFROM scratch\nARG T\nCOPY --from=$T /a /a\n",
			parents: []containerfile.Parent{{"tools:1", 4, false}},
		},
		"the build platform is no mistake": {
			source:  "FROM --platform=$BUILDPLATFORM golang AS build\nFROM scratch\nCOPY --from=build /a /a\n",
			parents: []containerfile.Parent{{"golang", 1, false}},
		},
		"here-documents, continuations and directives": {
			source:  "# syntax=docker/dockerfile:1\n# escape=`\nFROM `\n  base\nRUN <<EOT\nFROM nothing\nEOT\n",
			parents: []containerfile.Parent{{"base", 3, true}},
		},
		"a base that is copied from too is one parent": {
			source:  "FROM base\nCOPY --from=base /a /b\n",
			parents: []containerfile.Parent{{"base", 1, true}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := containerfile.Parse([]byte(test.source), test.args, test.target)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.parents, file.Parents); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source, target string
		line           int
	}{
		"empty":                        {"\n", "", 0},
		"no FROM":                      {"ARG A=1\n", "", 0},
		"unknown instruction":          {"FROM a\nFORM b\n", "", 2},
		"unknown target":               {"FROM a\n", "site", 0},
		"argument without a value":     {"ARG A\nFROM a:$A\n", "", 2},
		"expansion without an end":     {"FROM a:${A\n", "", 1},
		"argument that leaves nothing": {"ARG A=\nFROM $A\n", "", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := containerfile.Parse([]byte(test.source), nil, test.target)
			var mistake *containerfile.Error
			if !errors.As(err, &mistake) || mistake.Message == "" || mistake.Line != test.line {
				t.Errorf("got %#v, want a mistake in line %d", err, test.line)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("ARG A=b\nFROM $A AS c\nCOPY --from=c /a /b\n"), "c")
	f.Add([]byte("FROM a\nRUN --mount=from=b,target=/c <<E\nE\n"), "")
	f.Fuzz(func(t *testing.T, source []byte, target string) {
		_, err := containerfile.Parse(source, map[string]string{"A": "x"}, target)
		var mistake *containerfile.Error
		if err != nil && !errors.As(err, &mistake) {
			t.Errorf("%v is no *Error", err)
		}
	})
}
