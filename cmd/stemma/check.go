package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/check"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newCheckCommand(std console) *cobra.Command {
	var online, offline bool
	cmd := projectCommand{
		use:      "check",
		short:    "Check the definition, and that the committed output is up to date",
		formats:  []string{"text", "json", "codequality"},
		findings: passesFindings,
		run: func(ctx context.Context, p *project.Project, format string, _ []string) error {
			if online && offline {
				return cli.UsageError{Err: errors.New("--online and --offline exclude each other")}
			}
			if err := check.Run(ctx, p, online); err != nil {
				return err
			}
			return p.Print(std.Streams, format)
		},
	}.command(std)
	cmd.Flags().BoolVar(&online, "online", false, "query the registries too, and warn of outdated pins")
	cmd.Flags().BoolVar(&offline, "offline", false, "send no requests; this is the default")
	return cmd
}
