package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

func newLockCommand(std console) *cobra.Command {
	var request pin.Request
	var fetched pin.Changes
	cmd := projectCommand{
		use:     "lock [IMAGE...]",
		images:  true,
		short:   "Pin external images to their digests, in stemma.lock",
		formats: []string{"text", "json"},
		args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 && !request.Update {
				return cli.Usagef("%s is named, but nothing moves without --update", args[0])
			}
			return nil
		},
		opens: func(ctx context.Context, dir string, environ []string) (p *project.Project, err error) {
			p, fetched, err = pin.Open(ctx, dir, environ)
			return p, err
		},
		run: func(ctx context.Context, p *project.Project, format string, args []string) error {
			request.Images = args
			changes, err := pin.Lock(ctx, p, request)
			if err != nil {
				return err
			}
			changes = append(fetched, changes...)
			if format == "text" && changes.Text() == "" {
				fmt.Fprintln(std.Err, "ok: no pin changed")
			}
			return show(std.Out, format, changes, changes.Text)
		},
	}.command(std)
	cmd.Flags().BoolVar(&request.Update, "update", false, "update the pins of all or the named images to the newest digests that are old enough")
	cmd.Flags().StringSliceVar(&request.Now, "now", nil, "an image, or a parent, to update to its current digest, whatever its age")
	return cmd
}
