package main

import (
	"context"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newExplainCommand(std console) *cobra.Command {
	return projectCommand{
		use:     "explain [IMAGE]",
		images:  true,
		short:   "Show an image's parents, children, tag, inputs, jobs and rules; without a name, list all images",
		formats: []string{"text", "json"},
		args:    cli.AtMostOne("image"),
		run: func(_ context.Context, p *project.Project, format string, args []string) error {
			if len(args) == 0 {
				table := inspect.ExplainAll(p)
				return show(std.Out, format, table, func() string { return table.Text(cli.Look(std.Out, std.getenv)) })
			}
			explanation, err := inspect.Explain(p, args[0])
			if err != nil {
				return err
			}
			return show(std.Out, format, explanation, explanation.Text)
		},
	}.command(std)
}

func newGraphCommand(std console) *cobra.Command {
	return projectCommand{
		use:     "graph",
		short:   "Draw the images and their parents",
		formats: []string{"text", "svg", "html", "mermaid", "dot", "json"},
		run: func(_ context.Context, p *project.Project, format string, _ []string) error {
			drawing := inspect.Draw(p)
			if format == "json" {
				return printJSON(std.Out, drawing)
			}
			return drawing.Write(std.Out, format, cli.Look(std.Out, std.getenv))
		},
	}.command(std)
}

func newPackagesCommand(std console) *cobra.Command {
	question := inspect.PackagesQuestion{Getenv: std.getenv}
	cmd := &cobra.Command{
		Use:   "packages IMAGE [IMAGE]",
		Short: "List the packages in an image, or what differs between two images",
		Long: `List the packages that are installed in an image, or what differs between the packages of two images.

IMAGE is a reference, registry.example.org/group/project/rust:latest, or an image of the project in the folder that -C
names, with or without a tag: rust, rust:latest. The command reads the layers in the registry and starts no container.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return cli.Usagef("packages needs one image, or two to compare")
			}
			return nil
		},
		ValidArgsFunction: completeImages(std),
	}
	registryFlag(cmd, &question.Registry)
	cmd.Flags().StringVar(&question.Platform, "platform", "", "the platform of an image that has several, such as linux/arm64; default: that of this machine")
	format := formatFlag(cmd, []string{"text", "json"})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := format()
		if err != nil {
			return err
		}
		question.Images = args
		question.Open = func() (*project.Project, error) { return projectCommand{opens: project.Open}.open(cmd, std, format) }
		answer, err := inspect.AskPackages(cmd.Context(), question)
		if err != nil {
			return err
		}
		if err := show(std.Out, format, answer, answer.Text); err != nil {
			return err
		}
		return answer.Failure()
	}
	return cmd
}
