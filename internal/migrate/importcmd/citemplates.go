package importcmd

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/citemplates"
)

// newImportCiTemplatesCommand is `stemma import ci-templates [PATH]`.
func newImportCiTemplatesCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	const name = ".gitlab-ci.yml"
	return importCommand{kind: "ci-templates", short: "Import the images that a " + name + " builds with ci-templates", preset: name, run: importFile(name, citemplates.Import)}.command(std, getenv)
}
