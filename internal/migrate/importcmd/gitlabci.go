package importcmd

import (
	"io/fs"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagejobs"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// newImportGitLabCICommand is `stemma import gitlab-ci [PATH]`.
func newImportGitLabCICommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	const name = ".gitlab-ci.yml"
	return importCommand{
		kind: "gitlab-ci", short: "Import the images that the jobs of a " + name + " build with docker, buildah, podman or kaniko", preset: name,
		run: func(i *importing) error {
			root := importing{dir: i.dir, path: ".", project: i.project}
			read := func(tree fs.FS, name, project string) ([]importer.File, *importer.Report, diagnostic.List, error) {
				return imagejobs.Import(imagejobs.Source{Tree: tree, Name: name, Root: root.rootName(), Project: project})
			}
			return importFile(name, read)(i)
		},
	}.command(std, getenv)
}
