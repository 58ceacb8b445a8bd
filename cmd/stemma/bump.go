package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/bump"
)

func newBumpCommand(std console) *cobra.Command {
	var o bump.Options
	cmd := &cobra.Command{
		Use:   "bump [IMAGE[=VERSION]...]",
		Short: "Change the versions of images everywhere, and push the change as a new branch",
		Args: func(cmd *cobra.Command, args []string) error {
			if o.Here {
				return checkHere(cmd, args)
			}
			if o.Reason != "" && (o.Test || len(args) == 0) {
				return cli.Usagef("--reason needs images, and is of no use with --test")
			}
			if len(args) == 0 && !o.Locked {
				return cli.Usagef("bump needs images, or --locked")
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
	flags.BoolVar(&o.Here, "here", false, "only start a pipeline of the present branch, without a change; needs an access token in GITLAB_TOKEN")
	flags.StringArrayVar(&o.Variables, "variable", nil, "a variable of the started pipeline, NAME=VALUE, or NAME for the value in the environment; may be repeated")
	flags.StringArrayVar(&o.Inputs, "input", nil, "an input of the started pipeline, in the same form; may be repeated")
	choices := bump.RunningChoices()
	flags.Var(&o.Running, "running", "what to do about pipelines of the branch that have not ended: "+strings.Join(choices, ", ")+"; default: ask")
	_ = cmd.RegisterFlagCompletionFunc("running", cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	flags.BoolVar(&o.Wait, "wait", false, "wait for the started pipeline, or that of the commit, and fail with it")
	flags.DurationVar(&o.WaitLimit, "wait-limit", 6*time.Hour, "the longest time to wait for a pipeline")
	flags.StringVar(&o.Target, "target", "", "the branch to merge into; default: the branch given with --branch, or else the default branch of the project")
	flags.StringVar(&o.Project, "project", "", "the project on GitLab; default: CI_PROJECT_PATH")
	return cmd
}

// usableHere are the flags that go with --here.
var usableHere = []string{"here", "trigger", "variable", "input", "running", "wait", "wait-limit", "remote", "project", "yes", "directory"}

// checkHere rejects what would change something.
func checkHere(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return cli.Usagef("--here starts a pipeline without a change, and takes no images")
	}
	if others := cli.OtherFlags(cmd, usableHere); len(others) > 0 {
		return cli.Usagef("--here starts a pipeline without a change, and excludes %s", strings.Join(others, " and "))
	}
	return nil
}
