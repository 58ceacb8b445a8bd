package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/inspect"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newDiffCommand(std console) *cobra.Command {
	var hasImages, exitCode bool
	var registry string
	cmd := projectCommand{
		use:   "diff [REF]",
		short: "Show what a change does: images, jobs, and which images are rebuilt",
		long: `Show what the change from a commit to the work tree does: to images and their tags, to jobs, and which images are rebuilt.

REF is a commit, a branch or a tag. Without it, the comparison is with the commit where the branch began: that of the merge
request in CI, or else the merge base with the default branch. Its files are read from git, without a checkout.`,
		formats:        []string{"text", "json", "markdown", "html"},
		args:           cli.AtMostOne("commit"),
		passesFindings: true,
		run: func(ctx context.Context, p *project.Project, format string, args []string) error {
			seen, err := inspect.Review(ctx, p, append(args, "")[0])
			if err != nil {
				return err
			}
			if hasImages {
				if err := seen.Diff.ReadImages(ctx, p, registry); err != nil {
					return err
				}
			}
			switch format {
			case "markdown":
				_, err = io.WriteString(std.Out, seen.Markdown(""))
			case "html":
				err = seen.HTML(std.Out)
			default:
				err = show(std.Out, format, seen.Diff, seen.Diff.Text)
			}
			if err == nil && (seen.Diff.HasErrors() || exitCode && len(seen.Diff.Rebuilt) > 0) {
				return cli.ErrFindings
			}
			return err
		},
	}.command(std)
	cmd.Flags().BoolVar(&hasImages, "images", false, "also compare the old and the new images in the registry: packages, size, user, entrypoint, labels, layers")
	cmd.Flags().StringVar(&registry, "registry", "", "with --images, the registry path of the project, registry.example.org/group/project; default: STEMMA_REGISTRY, or else CI_REGISTRY_IMAGE")
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 1 if an image is rebuilt")
	return cmd
}
