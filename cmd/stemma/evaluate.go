package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/evaluator"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// evaluateName is the command that only stemma itself starts.
const evaluateName = "evaluate-cue"

func newEvaluateCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	return &cobra.Command{
		Use: evaluateName, Hidden: true, Args: cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := cmd.Flags().GetString("directory")
			if err != nil {
				return err
			}
			tree, err := worktree.Open(dir, getenv("GIT_INDEX_FILE"))
			if err != nil {
				return err
			}
			defer tree.Close()
			return evaluator.Serve(tree, std.In, std.Out, std.Err)
		},
	}
}

// evaluatorIn evaluates the files of a project in a process of this program.
func evaluatorIn(ctx context.Context, dir string, getenv func(string) string) (*evaluator.Evaluator, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return &evaluator.Evaluator{
		Context: ctx, Program: self, Args: []string{"stemma", "-C", dir, evaluateName}, Environ: []string{"GIT_INDEX_FILE=" + getenv("GIT_INDEX_FILE")},
	}, nil
}
