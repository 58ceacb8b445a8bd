package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/status"
)

func newStatusCommand(std console) *cobra.Command {
	var question status.Question
	var isQuiet, isVerbose bool
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
			if cli.IsTerminal(std.Err) && std.getenv("TERM") != "dumb" && !isQuiet {
				question.Progress = std.Err
			}
			report, err := status.Ask(ctx, p, question)
			if err != nil {
				return err
			}
			if err := showStatus(std, format, report, isQuiet, isVerbose); err != nil {
				return err
			}
			return report.Failure()
		},
	}.command(std)
	flags := cmd.Flags()
	flags.StringVar(&question.Registry, "registry", "", "the registry path of the project, registry.example.org/group/project; default: STEMMA_REGISTRY, or else CI_REGISTRY_IMAGE")
	flags.BoolVarP(&isQuiet, "quiet", "q", false, "print only images that failed, and those that the registry says nothing about")
	flags.BoolVarP(&isVerbose, "verbose", "v", false, "print all that is known of each image")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if isQuiet && isVerbose {
			return cli.UsageError{Err: errors.New("--quiet and --verbose exclude each other")}
		}
		return nil
	}
	return cmd
}

func showStatus(std console, format string, report status.Report, isQuiet, isVerbose bool) error {
	if isQuiet {
		report = report.Bad()
	}
	if format == "json" {
		return printJSON(std.Out, report)
	}
	text := report.Text()
	switch {
	case isQuiet:
		text = report.Brief()
	case isVerbose:
		text = report.Details()
	}
	_, err := io.WriteString(std.Out, text)
	return err
}
