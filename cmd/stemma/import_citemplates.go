package main

import (
	"io/fs"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer"
	"gitlab.com/stemma-ci/stemma/internal/importer/citemplates"
)

// newImportCiTemplatesCommand is `stemma import ci-templates [PATH]`.
func newImportCiTemplatesCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	const name = ".gitlab-ci.yml"
	return importCommand{
		kind: "ci-templates", short: "Import the images that a " + name + " builds with ci-templates", preset: name,
		run: func(i *importing) error {
			return i.file(name, func(project fs.FS, name string) ([]importer.File, *importer.Report, diagnostic.List, error) {
				return citemplates.Import(citemplates.Source{Tree: project, Name: name}, i.project)
			})
		},
	}.command(std, getenv)
}
