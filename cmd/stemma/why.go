package main

import (
	"io"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/why"
)

func newWhyCommand(std console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "why IMAGE",
		Short: "Explain why an image was rebuilt, following the chain of parents",
		Long: `Explain why an image was rebuilt, from the labels of the images in their registries.

IMAGE is a reference, registry.example.org/group/project/rust:latest, or an image of the project in the folder that -C
names, with or without a tag: rust, rust:latest.`,
		Args:              oneArgument("why needs one image"),
		ValidArgsFunction: completeImages(std),
	}
	registry := registryFlag(cmd)
	format := formatFlag(cmd, []string{"text", "json"})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := format()
		if err != nil {
			return err
		}
		open := func() (*project.Project, error) { return projectCommand{opens: project.Open}.open(cmd, std, format) }
		chain, err := why.Ask(cmd.Context(), why.Question{Image: args[0], Registry: *registry, Open: open, Getenv: std.getenv})
		if err != nil {
			return err
		}
		if format == "json" {
			return printJSON(std.Out, chain)
		}
		_, err = io.WriteString(std.Out, chain.Text(cli.Look(std.Out, std.getenv)))
		return err
	}
	return cmd
}

// registryFlag adds --registry for commands that ask a registry.
func registryFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("registry", "", "the registry path of the project, registry.example.org/group/project; default: STEMMA_REGISTRY, or else CI_REGISTRY_IMAGE")
}
