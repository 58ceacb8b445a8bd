package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/workstation"
)

func newRuntimeCommand(std console) *cobra.Command {
	command := &cobra.Command{
		Use:   "runtime",
		Short: "Print the runtime image, in which compiled jobs run",
		Args:  cli.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(std.Out, workstation.RuntimeImage)
			return err
		},
	}
	var from string
	mirror := &cobra.Command{
		Use:   "mirror REPOSITORY",
		Short: "Copy the runtime image, with all its platforms, to your own registry",
		Args:  oneArgument("mirror needs the repository to copy to, such as registry.example.org/mirror/stemma-runtime"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return workstation.MirrorRuntime(cmd.Context(), from, args[0], std.getenv, std.Streams)
		},
	}
	mirror.Flags().StringVar(&from, "from", workstation.RuntimeImage, "the image to copy")
	command.AddCommand(mirror)
	return command
}
