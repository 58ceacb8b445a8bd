package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/desk/check"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newCheckCommand(std console) *cobra.Command {
	var (
		online  bool
		print   *verbosity
		reports func() ([]reportFile, error)
		options check.Options
	)
	formats := []string{"text", "json", "codequality", "junit"}
	cmd := projectCommand{
		use:     "check",
		short:   "Check the definition, and that the committed output is up to date",
		formats: formats,
		opens: func(ctx context.Context, dir string, environ []string) (*project.Project, error) {
			return check.Open(ctx, dir, environ, options)
		},
		passesFindings: true,
		run: func(ctx context.Context, p *project.Project, format string, _ []string) error {
			files, err := reports()
			if err != nil {
				return err
			}
			unseen, err := check.Run(ctx, p, online)
			if err != nil {
				return err
			}
			for _, file := range files {
				if err := file.write(p); err != nil {
					return err
				}
			}
			print.unseen(std, unseen)
			return print.print(std, p, format, upToDate)
		},
	}.command(std)
	print, reports = verbosityFlags(cmd, quietHelp, verboseHelp), reportsFlag(cmd, formats)
	cmd.Flags().BoolVar(&online, "online", false, "query the registries too, and warn of outdated pins; with GITLAB_TOKEN set, ask GitLab about .gitlab-ci.yml")
	cmd.Flags().StringArrayVar(&options.Policies, "policy", nil, "a policy to try, besides those of the definition: a folder, or a module that cue.mod/module.cue names")
	cmd.Flags().BoolVar(&options.NoExceptions, "no-exceptions", false, "judge as if the definition had no exceptions from policies")
	dateFlag(cmd, &options.Date)
	return cmd
}

// unseen prints what a check did not look at.
func (v *verbosity) unseen(std console, unseen check.Unseen) {
	if v.isVerbose {
		for _, include := range unseen.Includes {
			fmt.Fprintf(std.Err, "not read: %s, which .gitlab-ci.yml includes\n", include)
		}
	}
	if unseen.Lint != "" && !v.isQuiet {
		fmt.Fprintf(std.Err, "GitLab was not asked about .gitlab-ci.yml: %s\n", unseen.Lint)
	}
}
