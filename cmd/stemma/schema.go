package main

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func newSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a definition, for editors",
		Args:  cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := compiler.JSONSchema()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(schema)
			return err
		},
	}
}
