package main

import (
	"context"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/status"
)

func newStatusCommand(std console) *cobra.Command {
	var question status.Question
	var prints *verbosity
	cmd := projectCommand{
		use:    "status [IMAGE|GLOB...]",
		images: true,
		short:  "List which images are released, built and tested, failed, or to be built",
		long: `List which images are released, built and tested, failed, or to be built, by what their registry says.

A job that fails before the tests of its image leaves nothing in the registry. With an access token in GITLAB_TOKEN, the command
asks GitLab about these jobs.`,
		formats: []string{"text", "json"},
		args:    cobra.ArbitraryArgs,
		run: func(ctx context.Context, p *project.Project, format string, args []string) error {
			question.Images = args
			if cli.IsTerminal(std.Err) && std.getenv("TERM") != "dumb" && !prints.isQuiet {
				question.Progress = std.Err
			}
			report, err := status.Ask(ctx, p, question)
			if err != nil {
				return err
			}
			if err := showStatus(std, format, report, prints); err != nil {
				return err
			}
			return report.Failure()
		},
	}.command(std)
	registryFlag(cmd, &question.Registry)
	prints = verbosityFlags(cmd, "print only images that failed, and those that the registry says nothing about", "print all that is known of each image")
	return cmd
}

func showStatus(std console, format string, report status.Report, prints *verbosity) error {
	text := report.Text
	switch {
	case prints.isQuiet:
		report = report.Bad()
		text = report.Brief
	case prints.isVerbose:
		text = report.Details
	}
	return show(std.Out, format, report, text)
}
