package gipgee_test

import (
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/gipgee"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importertest"
)

// Whatever the file holds, there are findings, or files that compile.
func FuzzImport(f *testing.F) {
	f.Add("version: 1\nimages: {a: {containerFile: C, testCommand: [x], updateCheckCommand: [], assetsToWatch: [], baseImage: {registry: r, repository: q, tag: t}, releaseLocations: [{registry: r, repository: p, tag: '1'}]}}")
	f.Add("version: 1\nregistryCredentials: {a: {authFile: x}}\ndefaults: {defaultBuildArgs: [{key: a}]}\nimages: {a: {releaseLocations: [{}]}}")
	f.Add("version: 1\nquirks: {}\nregistryCredentials: {h: {usernameVarName: U, passwordVarName: P}}\ndefaults: {defaultContainerFile: C, defaultTestCommand: [a, 'b c', ./C], defaultUpdateCheckCommand: [x], defaultAssetsToWatch: [gone/*, C, '../x', \"\\x01\", '']}\n" +
		"images:\n  a: {buildArgs: [{key: K, value: v}], baseImage: {registry: r.io, repository: q/a, tag: t}, releaseLocations: [{registry: r.io, repository: p/a, tag: '1', credentials: h}]}\n" +
		"  B-x: {baseImage: {registry: r.io, repository: p/a, tag: '1'}, stagingLocation: {repository: s}, releaseLocations: [{registry: r.io, repository: p/b, tag: '1'}]}")
	f.Add("version: 1\nimages: {a: {containerFile: C, testCommand: [x], updateCheckCommand: [], assetsToWatch: [], baseImage: {registry: r.io, repository: q, tag: t}, releaseLocations: [{registry: r.io, repository: Team/A, tag: '1'}]}}")
	f.Fuzz(func(t *testing.T, content string) {
		tree := fstest.MapFS{"gipgee.yml": {Data: []byte(content)}, "C": {Data: []byte("ARG GIPGEE_BASE_IMAGE\nFROM ${GIPGEE_BASE_IMAGE}\n")}}
		files, report, found, err := gipgee.Import(tree, "gipgee.yml", "group/project")
		importertest.Check(t, tree, files, report, found, err)
	})
}
