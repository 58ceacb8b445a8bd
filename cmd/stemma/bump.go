package main

import (
	"errors"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/bump"
)

func newBumpCommand(std console) *cobra.Command {
	var o bump.Options
	cmd := &cobra.Command{
		Use:   "bump [IMAGE[=VERSION]...]",
		Short: "Change the versions of images everywhere, and push the change as a new branch",
		Args: func(_ *cobra.Command, args []string) error {
			if o.Reason != "" && (o.Test || len(args) == 0) {
				return cli.UsageError{Err: errors.New("--reason needs images, and is of no use with --test")}
			}
			if len(args) == 0 && !o.Locked {
				return cli.UsageError{Err: errors.New("bump needs images, or --locked")}
			}
			return nil
		},
		ValidArgsFunction: completeImages(std),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Images = args
			return bump.Run(cmd.Context(), cli.Folder(cmd), std.environ, std.Streams, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.Locked, "locked", false, "move the pins of stemma.lock, as 'stemma lock --update' does")
	flags.BoolVar(&o.DryRun, "dry-run", false, "print the changes and do nothing else")
	flags.BoolVar(&o.Yes, "yes", false, "push without asking")
	flags.StringVar(&o.Reason, "reason", "", "add an entry with this reason to the Debian changelogs of the images whose tags come from a changelog, and of their descendants")
	flags.StringSliceVar(&o.Branches, "branch", nil, "a branch of the remote to bump, instead of the current commit; may be repeated")
	flags.StringVar(&o.BranchName, "branch-name", "", "the name of the new branch; default: stemma/bump-…")
	flags.BoolVar(&o.Test, "test", false, "a trial run: add the test suffix to pins, and change neither the definition nor its lock")
	flags.BoolVar(&o.Refresh, "refresh", false, "update an existing branch and its merge request instead of failing")
	flags.StringVar(&o.Remote, "remote", "origin", "where to push")
	flags.StringVar(&o.Message, "message", "", "the message of the commit")
	flags.BoolVar(&o.MergeRequest, "merge-request", false, "open a merge request; needs an access token in GITLAB_TOKEN")
	flags.BoolVar(&o.Trigger, "trigger", false, "start a pipeline of the branch; needs an access token in GITLAB_TOKEN")
	flags.BoolVar(&o.Wait, "wait", false, "wait for the pipeline of the commit, and fail with it")
	flags.StringVar(&o.Target, "target", "", "the branch to merge into; default: the current branch")
	flags.StringVar(&o.Project, "project", "", "the project on GitLab; default: CI_PROJECT_PATH")
	return cmd
}
