package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newExplainCommand(std console) *cobra.Command {
	return projectCommand{
		use:     "explain IMAGE",
		images:  true,
		short:   "Show an image's parents, children, tag, inputs, jobs and rules",
		formats: []string{"text", "json"},
		args:    oneArgument("explain needs the name of one image"),
		run: func(_ context.Context, p *project.Project, format string, args []string) error {
			explanation, err := inspect.Explain(p, args[0])
			if err != nil {
				return err
			}
			return show(std.Out, format, explanation)
		},
	}.command(std)
}

func newGraphCommand(std console) *cobra.Command {
	return projectCommand{
		use:     "graph",
		short:   "Draw the images and their parents",
		formats: []string{"mermaid", "dot", "json"},
		run: func(_ context.Context, p *project.Project, format string, _ []string) error {
			drawing := inspect.Draw(p.Graph)
			if format == "dot" {
				_, err := io.WriteString(std.Out, drawing.Dot())
				return err
			}
			return show(std.Out, format, drawing)
		},
	}.command(std)
}
