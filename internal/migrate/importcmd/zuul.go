package importcmd

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/zuul"
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
			return i.importTree(root, folder, zuul.Import)
		},
	}.command(std, getenv)
}
