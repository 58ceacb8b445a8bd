package main

import (
	"context"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newReviewCommand(std console) *cobra.Command {
	folder := ""
	cmd := projectCommand{
		use:   "review [REF]",
		short: "Write what a merge request does to a page, and to its comment",
		long: `Write what a change does to review.txt and review.html in a folder, for the reviewers of a merge request. The comparison is that of
'stemma diff'. In the pipeline of a merge request, with an access token in STEMMA_REVIEW_TOKEN, it also keeps a comment of the merge request up to
date. The component 'review' runs this command.`,
		args:           cli.AtMostOne("commit"),
		passesFindings: true,
		run: func(ctx context.Context, p *project.Project, _ string, args []string) error {
			seen, err := inspect.Review(ctx, p, append(args, "")[0])
			if err != nil {
				return err
			}
			return seen.Publish(ctx, std.Streams, std.getenv, folder)
		},
	}.command(std)
	cmd.Flags().StringVar(&folder, "output", "stemma-review", "the folder that gets the files; it is made if it does not exist")
	return cmd
}
