package main

import (
	"context"
	"io"

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
				return showTable(std, format, inspect.ExplainAll(p))
			}
			explanation, err := inspect.Explain(p, args[0])
			if err != nil {
				return err
			}
			return show(std.Out, format, explanation)
		},
	}.command(std)
}

func showTable(std console, format string, table inspect.Table) error {
	if format == "json" {
		return printJSON(std.Out, table)
	}
	_, err := io.WriteString(std.Out, table.Text(cli.Look(std.Out, std.getenv)))
	return err
}

func newGraphCommand(std console) *cobra.Command {
	return projectCommand{
		use:     "graph",
		short:   "Draw the images and their parents",
		formats: []string{"text", "mermaid", "dot", "json"},
		run: func(_ context.Context, p *project.Project, format string, _ []string) error {
			drawing := inspect.Draw(p)
			if format == "json" {
				return printJSON(std.Out, drawing)
			}
			return drawing.Write(std.Out, format, cli.Look(std.Out, std.getenv))
		},
	}.command(std)
}
