package main

import (
	"context"
	"encoding"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/check"
	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newResolveCommand(std console) *cobra.Command {
	options := check.Options{NoPolicies: true}
	cmd := projectCommand{
		use:     "resolve [IMAGE...]",
		short:   "Print the definition as policies see it: with defaults, all parents, pins and commands",
		formats: []string{"json"},
		args:    cobra.ArbitraryArgs,
		opens: func(ctx context.Context, dir string, environ []string) (*project.Project, error) {
			return check.Open(ctx, dir, environ, options)
		},
		run: func(_ context.Context, p *project.Project, _ string, args []string) error {
			value, err := inspect.Resolve(p, args)
			if err != nil {
				return err
			}
			return printJSON(std.Out, value)
		},
	}.command(std)
	dateFlag(cmd, &options.Date)
	return cmd
}

func newPolicyCommand(std console) *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Test a policy", Args: cli.NoArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newPolicyTestCommand(std))
	return cmd
}

func newPolicyTestCommand(std console) *cobra.Command {
	cases := check.Cases{Environ: std.environ, Out: std.Out}
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Judge the projects in DIR/tests by the policy in DIR, and compare the findings with their files want.txt",
		Args:  cli.AtMostOne("folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cases.Dir = cli.Folder(cmd); len(args) == 1 {
				cases.Dir = args[0]
			}
			return cases.Run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&cases.Update, "update", false, "write the findings to want.txt")
	dateFlag(cmd, &cases.Date)
	return cmd
}

// date is a schema.Date.
type date interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

func dateFlag(cmd *cobra.Command, into date) {
	cmd.Flags().TextVar(into, "date", into, "the day on which policies judge, YYYY-MM-DD; default: today, in UTC")
}
