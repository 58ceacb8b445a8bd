package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

//go:embed init/stemma.yaml
var firstDefinition []byte

//go:embed init/gitlab-ci.yml
var firstPipeline []byte

const pipelineFile = projectci.File

func newInitCommand(getenv func(string) string) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Create a starter stemma.yaml and .gitlab-ci.yml",
		Args:  cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := cmd.Flags().GetString("directory")
			if err != nil {
				return err
			}
			tree, err := worktree.Open(dir, getenv("GIT_INDEX_FILE"))
			if err != nil {
				return cli.UsageError{Err: err}
			}
			defer tree.Close()
			return initialize(cmd, tree)
		},
	}
}

func initialize(cmd *cobra.Command, tree *worktree.Tree) error {
	for _, file := range []string{definition.YAMLFile, definition.CUEFile} {
		if _, err := fs.Stat(tree, file); err == nil {
			return cli.UsageError{Err: fmt.Errorf("%s exists already; nothing was written", file)}
		}
	}
	changes := []worktree.Change{{Path: definition.YAMLFile, Content: firstDefinition}}
	_, err := fs.Stat(tree, pipelineFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		changes = append(changes, worktree.Change{Path: pipelineFile, Content: firstPipeline})
	case err != nil:
		return err
	}
	if err := tree.Apply(changes); err != nil {
		return err
	}
	for _, change := range changes {
		fmt.Fprintf(cmd.OutOrStdout(), "wrote %s\n", change.Path)
	}
	if len(changes) == 1 {
		fmt.Fprintf(cmd.OutOrStdout(), "%s stays as it is; add to it:\n\n%s", pipelineFile, includeLines)
	}
	fmt.Fprintln(cmd.OutOrStdout(), "next: edit stemma.yaml, run `stemma compile`, commit all of it, and run `stemma check`")
	return nil
}

const includeLines = `include:
  - local: .gitlab/stemma.gitlab-ci.yml

`
