package main

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func newCheckCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the definition, and that the committed output is what it compiles to",
		Args:  cli.NoArguments,
	}
	format := formatFlag(cmd, "text", "json", "codequality")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		chosen, err := format()
		if err != nil {
			return err
		}
		p, err := openProject(cmd, getenv)
		if err != nil {
			return err
		}
		defer p.close()
		p.compare(true)
		if p.result.Files != nil {
			if err := p.reportUntracked(); err != nil {
				return err
			}
		}
		return p.print(cmd, std, getenv, chosen)
	}
	return cmd
}
