package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

func newRuntimeCommand(getenv func(string) string) *cobra.Command {
	command := &cobra.Command{
		Use:   "runtime",
		Short: "Print the runtime image, in which compiled jobs run",
		Args:  cli.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), schema.RuntimeImage)
			return err
		},
	}
	command.AddCommand(newMirrorCommand(getenv))
	return command
}

func newMirrorCommand(getenv func(string) string) *cobra.Command {
	var from string
	command := &cobra.Command{
		Use:   "mirror REPOSITORY",
		Short: "Copy the runtime image, with all its platforms, to your own registry",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError{Err: errors.New("mirror needs the repository to copy to, such as registry.example.org/mirror/stemma-runtime")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			source, err := oci.ParseReference(from)
			if err != nil {
				return cli.UsageError{Err: fmt.Errorf("--from: %w", err)}
			}
			target, err := oci.ParseRepository(args[0])
			if err != nil {
				return cli.UsageError{Err: err}
			}
			registry, err := oci.NewClient(jobenv.Registries(getenv))
			if err != nil {
				return cli.UsageError{Err: err}
			}
			return mirror(cmd, registry, source, target)
		},
	}
	command.Flags().StringVar(&from, "from", schema.RuntimeImage, "the image to copy")
	return command
}

// mirror copies an image under its digest, then under the tag that it has.
func mirror(cmd *cobra.Command, registry *oci.Client, from oci.Reference, to oci.Repository) error {
	digest, err := registry.Resolve(cmd.Context(), from)
	if err != nil {
		return err
	}
	if err := registry.Copy(cmd.Context(), from.Repository().At(digest), to, oci.Credentials{}, cmd.ErrOrStderr()); err != nil {
		return err
	}
	named := to.At(digest)
	if tag := from.Tag(); tag != "" {
		if err := registry.Tag(cmd.Context(), named, tag, oci.Credentials{}); err != nil {
			return err
		}
		named = to.Tag(tag)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Copied %s, %s. Set this as a variable of the project, the group or the instance:\n%s=%s\n", from, digest, schema.VarRuntimeImage, named)
	return err
}
