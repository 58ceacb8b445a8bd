package main

import (
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
	question := why.Question{Getenv: std.getenv}
	registryFlag(cmd, &question.Registry)
	format := formatFlag(cmd, []string{"text", "json"})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := format()
		if err != nil {
			return err
		}
		question.Image = args[0]
		question.Open = func() (*project.Project, error) { return projectCommand{opens: project.Open}.open(cmd, std, format) }
		chain, err := why.Ask(cmd.Context(), question)
		if err != nil {
			return err
		}
		return show(std.Out, format, chain, func() string { return chain.Text(cli.Look(std.Out, std.getenv)) })
	}
	return cmd
}

// registryFlag adds --registry for commands that ask a registry.
func registryFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "registry", "", "the registry path of the project, registry.example.org/group/project; default: STEMMA_REGISTRY, or else CI_REGISTRY_IMAGE")
}
