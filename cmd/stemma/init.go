package main

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/starter"
)

func newInitCommand(std console) *cobra.Command {
	request := starter.Request{Environ: std.environ, Streams: std.Streams, Importer: imports.Program}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Create a starter stemma.yaml and .gitlab-ci.yml, or import what builds images already",
		Args:  cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			request.Dir = cli.Folder(cmd)
			return request.Create(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&request.Starter, "starter", false, "write a new definition, whatever the project has")
	cmd.Flags().BoolVarP(&request.Yes, "yes", "y", false, "import what is found first, and change .gitlab-ci.yml, without questions")
	return cmd
}

func newSchemaCommand(std console) *cobra.Command {
	var isCUE bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a definition, or copy the CUE schema to the project, for editors",
		Args:  cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isCUE {
				return starter.CopySchema(cli.Folder(cmd), std.environ, std.Out)
			}
			schema, err := starter.Schema()
			if err != nil {
				return err
			}
			_, err = std.Out.Write(schema)
			return err
		},
	}
	cmd.Flags().BoolVar(&isCUE, "cue", false, "write the CUE schema to cue.mod/pkg, for 'cue vet' without a registry")
	return cmd
}
