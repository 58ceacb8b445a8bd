package main

import (
	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func newCheckCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	return projectCommand{
		use:     "check",
		short:   "Check the definition, and that the committed output is what it compiles to",
		formats: []string{"text", "json", "codequality"},
		run: func(p *project, format string, _ []string) error {
			p.compare(true)
			if p.result.Files != nil {
				if err := p.reportUntracked(); err != nil {
					return err
				}
			}
			return p.print(format)
		},
	}.command(std, getenv)
}
