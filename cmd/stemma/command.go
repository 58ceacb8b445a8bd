package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
)

// projectCommand is a command about the project in the folder that -C names.
type projectCommand struct {
	use, short string
	// formats are what --format may be, the first of them its default.
	formats []string
	// args judges the arguments; none are allowed where it is nil.
	args cobra.PositionalArgs
	// writes says that the command writes what it compiles.
	writes bool
	run    func(p *project, format string, args []string) error
}

func (c projectCommand) command(std cli.Streams, getenv func(string) string) *cobra.Command {
	if c.args == nil {
		c.args = cli.NoArguments
	}
	cmd := &cobra.Command{Use: c.use, Short: c.short, Args: c.args}
	list := strings.Join(c.formats, ", ")
	format := cmd.Flags().String("format", c.formats[0], "how to print: "+list)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(c.formats, *format) {
			return cli.UsageError{Err: fmt.Errorf("--format is %q; it may be %s", *format, list)}
		}
		open := openProjectIn
		if c.writes {
			open = openProjectToWrite
		}
		p, err := openProject(cmd, std, getenv, open)
		if err != nil {
			return err
		}
		defer p.close()
		return c.run(p, *format, args)
	}
	return cmd
}
