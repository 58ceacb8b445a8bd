package main

import (
	"context"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/desk/check"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newCheckCommand(std console) *cobra.Command {
	var online bool
	var print *verbosity
	cmd := projectCommand{
		use:      "check",
		short:    "Check the definition, and that the committed output is up to date",
		formats:  []string{"text", "json", "codequality"},
		findings: passesFindings,
		run: func(ctx context.Context, p *project.Project, format string, _ []string) error {
			if err := check.Run(ctx, p, online); err != nil {
				return err
			}
			return print.print(std, p, format, upToDate)
		},
	}.command(std)
	print = verbosityFlags(cmd)
	cmd.Flags().BoolVar(&online, "online", false, "query the registries too, and warn of outdated pins")
	return cmd
}
