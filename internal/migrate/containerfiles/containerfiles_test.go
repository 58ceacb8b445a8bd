package containerfiles_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/containerfiles"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importertest"
)

// Whatever two Containerfiles hold, there are findings, or files that compile.
func FuzzImport(f *testing.F) {
	f.Add("FROM web\n", "b", "ARG B=r.io/base\nFROM $B\nCOPY --from=base x *.c /y\n", "web")
	f.Add("FROM base\nRUN --mount=type=bind,source=../x,target=/x true\n", "base", "ARG X\nFROM ${X:-base}:1\n", "1/2/3")
	f.Add("FROM mcr.microsoft.com/windows/nanoserver:1\n", "base", "# check=skip=all\nFROM base:latest AS base\nFROM base\nCOPY a b /c\n", "debian")
	f.Add("FROM base/b\n", "base/b", "FROM base-b\n", "base.b")
	f.Add("FROM base\n", "base", "FROM base\n", "a\x1ab")
	f.Fuzz(func(t *testing.T, one, oneFolder, two, twoFolder string) {
		tree := fstest.MapFS{"x/a": {}, "a": {}}
		for file, content := range map[string]string{oneFolder + "/Dockerfile": one, twoFolder + "/Containerfile": two} {
			if !fs.ValidPath(file) || len(file) > 200 {
				return
			}
			tree[file] = &fstest.MapFile{Data: []byte(content)}
		}
		files, report, found, err := containerfiles.Import(importer.Tree{FS: tree, Name: ".", Root: "Root!"}, importer.Target{Folder: ".", Project: "group/project"})
		importertest.Check(t, tree, files, report, found, err)
	})
}
