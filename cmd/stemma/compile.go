package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/worktree"
)

func newCompileCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compile",
		Short: "Write the static GitLab CI that the definition compiles to",
		Args:  cli.NoArguments,
	}
	check := cmd.Flags().Bool("check", false, "write nothing; fail where the committed output differs")
	format := formatFlag(cmd, "text", "json")
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
		state := p.compare(*check)
		if err := p.print(cmd, std, getenv, chosen); err != nil || *check {
			return err
		}
		return p.write(cmd, state, chosen == "text")
	}
	return cmd
}

// compare adds what stands between the definition and the committed output to the findings.
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
func (p *project) write(cmd *cobra.Command, state drift.State, say bool) error {
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
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", verb, change.Path); err != nil {
			return err
		}
	}
	return nil
}
