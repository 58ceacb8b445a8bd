package importcmd

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/gipgee"
)

// newImportGipgeeCommand is `stemma import gipgee [PATH]`.
func newImportGipgeeCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	const name = "gipgee.yml"
	return importCommand{kind: "gipgee", short: "Import a " + name + ", in the folder of the project", preset: name, run: importFile(name, gipgee.Import)}.command(std, getenv)
}
