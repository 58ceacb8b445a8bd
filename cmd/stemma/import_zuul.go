package main

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/importer/zuul"
)

// newImportZuulCommand is `stemma import zuul [PATH]`.
func newImportZuulCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	return importCommand{
		kind: "zuul", short: "Import the images that a project's Zuul jobs build", preset: ".",
		run: func(i *importing) error {
			root, folder, err := i.tree()
			if err != nil {
				return err
			}
			defer root.Close()
			files, made, found, err := zuul.Import(
				zuul.Source{Tree: root.FS(), Name: i.path, Root: i.rootName()}, zuul.Target{Folder: folder, Project: i.project},
			)
			if err != nil {
				return err
			}
			return i.finish(files, made, found)
		},
	}.command(std, getenv)
}
