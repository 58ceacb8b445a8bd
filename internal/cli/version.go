package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/schema"
)

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "stemma %s\n", schema.Version)
			return err
		},
	}
}
