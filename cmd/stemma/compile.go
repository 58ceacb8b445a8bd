package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newCompileCommand(std console) *cobra.Command {
	check := false
	var print *verbosity
	cmd := projectCommand{
		use:            "compile",
		short:          "Compile the definition to static GitLab CI",
		formats:        []string{"text", "json"},
		opens:          project.OpenToWrite,
		passesFindings: true,
		run: func(ctx context.Context, p *project.Project, format string, _ []string) error {
			p.Compare(check)
			if err := p.WarnOfIgnored(ctx); err != nil {
				return err
			}
			if p.Found.HasErrors() || check {
				return print.print(std, p, format, upToDate)
			}
			changes, err := p.Write()
			if err != nil {
				return err
			}
			outcome := upToDate
			if len(changes) > 0 {
				outcome = count(len(changes), "file") + " changed"
			}
			if err := print.print(std, p, format, outcome); err != nil || format != "text" || print.isQuiet {
				return err
			}
			for _, change := range changes {
				fmt.Fprintln(std.Out, change)
			}
			return nil
		},
	}.command(std)
	print = verbosityFlags(cmd, quietHelp, verboseHelp)
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; fail if the committed output differs")
	return cmd
}
