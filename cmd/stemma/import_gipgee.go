package main

import (
	"io/fs"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer"
	"gitlab.com/stemma-ci/stemma/internal/importer/gipgee"
)

// newImportGipgeeCommand is `stemma import gipgee [PATH]`.
func newImportGipgeeCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	const name = "gipgee.yml"
	return importCommand{
		kind: "gipgee", short: "Import a " + name + ", in the folder of the project", preset: name,
		run: func(i *importing) error {
			return i.file(name, func(project fs.FS, name string) ([]importer.File, *importer.Report, diagnostic.List, error) {
				return gipgee.Import(gipgee.Source{Tree: project, Name: name}, i.project)
			})
		},
	}.command(std, getenv)
}
