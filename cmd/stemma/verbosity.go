package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// verbosity says how much a command prints.
type verbosity struct{ isQuiet, isVerbose bool }

// Help of the commands that compile a project.
const (
	quietHelp   = "print errors only"
	verboseHelp = "print the files that were read and compiled, too"
)

// verbosityFlags adds -q and -v, with their help.
func verbosityFlags(cmd *cobra.Command, quiet, verbose string) *verbosity {
	var v verbosity
	cmd.Flags().BoolVarP(&v.isQuiet, "quiet", "q", false, quiet)
	cmd.Flags().BoolVarP(&v.isVerbose, "verbose", "v", false, verbose)
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if v.isQuiet && v.isVerbose {
			return cli.Usagef("--quiet and --verbose exclude each other")
		}
		return nil
	}
	return &v
}

// print prints the findings and, as text, one line on success, which ends with the outcome.
func (v *verbosity) print(std console, p *project.Project, format, outcome string) error {
	if v.isQuiet {
		p.Found = p.Found.Errors()
	}
	if v.isVerbose {
		for _, file := range p.Inputs() {
			fmt.Fprintf(std.Err, "read %s\n", file)
		}
		for _, file := range p.Files {
			fmt.Fprintf(std.Err, "compiled %s\n", file.Path)
		}
	}
	if err := p.Print(std.Streams, format); err != nil {
		return err
	}
	if format == "text" && !v.isQuiet {
		fmt.Fprintf(std.Err, "ok: %s, %s\n", count(len(p.Graph.Images), "image"), outcome)
	}
	return nil
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

const upToDate = "output up to date"
