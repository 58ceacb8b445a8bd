package gipgee_test

import (
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/importer/gipgee"
)

// Whatever the file holds, there are files or findings, and never both nothing and no error.
func FuzzImport(f *testing.F) {
	f.Add("version: 1\nimages: {a: {containerFile: C, testCommand: [x], updateCheckCommand: [], assetsToWatch: [], baseImage: {registry: r, repository: q, tag: t}, releaseLocations: [{registry: r, repository: p, tag: '1'}]}}")
	f.Add("version: 1\nregistryCredentials: {a: {authFile: x}}\ndefaults: {defaultBuildArgs: [{key: a}]}\nimages: {a: {releaseLocations: [{}]}}")
	f.Fuzz(func(t *testing.T, content string) {
		tree := fstest.MapFS{"gipgee.yml": {Data: []byte(content)}, "C": {Data: []byte("ARG GIPGEE_BASE_IMAGE\nFROM ${GIPGEE_BASE_IMAGE}\n")}}
		files, report, found, err := gipgee.Import(tree, "gipgee.yml", "group/project")
		if err != nil || found.HasErrors() == (len(files) > 0) || (report == nil) != (len(files) == 0) {
			t.Errorf("%v %v %d files", err, found, len(files))
		}
	})
}
