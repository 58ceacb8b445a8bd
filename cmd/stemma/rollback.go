package main

import (
	"context"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/rollback"
)

func newRollbackCommand(std console) *cobra.Command {
	var request rollback.Request
	cmd := projectCommand{
		use:    "rollback IMAGE [DIGEST]",
		images: true,
		short:  "Move the released tags of an image back to an earlier release, and hold them there",
		long: `Move the released tags of an image back to an earlier release, and hold them there until a commit changes the image.

DIGEST is a digest, the beginning of one of an earlier release, at least 7 characters of it, or a tag of the image. Without
DIGEST the command lists the releases that are known.`,
		formats: []string{"text"},
		args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return cli.Usagef("rollback needs an image")
			case 1:
			case 2:
				request.To = args[1]
			default:
				return cli.Usagef("rollback takes an image and a digest, and %d arguments are given", len(args))
			}
			request.Image = args[0]
			return request.Check()
		},
		run: func(ctx context.Context, p *project.Project, _ string, _ []string) error {
			return rollback.Run(ctx, p, request, std.Out)
		},
	}.command(std)
	registryFlag(cmd, &request.Registry)
	flags := cmd.Flags()
	flags.StringVar(&request.Reason, "reason", "", "the reason for the rollback; release jobs and 'stemma why' show it")
	flags.BoolVar(&request.Resume, "resume", false, "end the hold: the next release moves the tags again")
	flags.BoolVar(&request.DryRun, "dry-run", false, "only print which tags would move")
	return cmd
}
