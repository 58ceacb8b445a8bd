package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

func newCompileCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	check := false
	cmd := projectCommand{
		use:     "compile",
		short:   "Compile the definition to static GitLab CI",
		formats: []string{"text", "json"},
		writes:  true,
		run: func(p *project, format string, _ []string) error {
			state := p.compare(check)
			if err := p.warnOfIgnored(); err != nil {
				return err
			}
			if err := p.print(format); err != nil || check {
				return err
			}
			return p.write(state, format == "text")
		},
	}.command(std, getenv)
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; fail if the committed output differs")
	return cmd
}

// compare adds the differences between the definition and the committed output to the findings.
func (p *project) compare(differences bool) drift.State {
	if p.found.HasErrors() {
		return drift.State{}
	}
	state := drift.Compare(p.result.Files, p.committed)
	state.Report(p.committed, differences, &p.found)
	drift.StaleTags(p.result.Definition, p.result.Files, p.committed, &p.found)
	return state
}

// write writes what changed, all of it or nothing.
func (p *project) write(state drift.State, say bool) error {
	var changes []worktree.Change
	for _, file := range state.Write {
		changes = append(changes, worktree.Change{Path: file.Path, Content: file.Content})
	}
	for _, path := range state.Remove {
		changes = append(changes, worktree.Change{Path: path, Remove: true})
	}
	if err := p.tree.Apply(changes); err != nil || !say {
		return err
	}
	for _, change := range changes {
		verb := "wrote"
		if change.Remove {
			verb = "removed"
		}
		if _, err := fmt.Fprintf(p.std.Out, "%s %s\n", verb, change.Path); err != nil {
			return err
		}
	}
	return nil
}
