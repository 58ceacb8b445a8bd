package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/why"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

func newWhyCommand(std cli.Streams, getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "why IMAGE",
		Short: "Explain why an image was rebuilt, following the chain of parents",
		Long: `Explain why an image was rebuilt, from the labels of the images in their registries.

IMAGE is a reference, registry.example.org/group/project/rust:latest, or an image of the project in the folder that -C
names. Where that one lies is the project's registry path: --registry, or else CI_REGISTRY_IMAGE.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError{Err: errors.New("why needs one image")}
			}
			return nil
		},
	}
	place := cmd.Flags().String("registry", getenv("CI_REGISTRY_IMAGE"), "the registry path of the project, registry.example.org/group/project")
	format := cmd.Flags().String("format", "text", "how to print: text, json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *format != "text" && *format != "json" {
			return cli.UsageError{Err: fmt.Errorf("--format is %q; it may be text, json", *format)}
		}
		reference, err := whichImage(cmd, std, getenv, args[0], *place)
		if err != nil {
			return err
		}
		registry, err := oci.NewClient(jobenv.Registries(getenv))
		if err != nil {
			return cli.UsageError{Err: err}
		}
		chain, err := why.Chain(cmd.Context(), registry, reference)
		switch {
		case err != nil:
			return err
		case *format == "json":
			return encodeJSON(std.Out, chain)
		default:
			_, err = io.WriteString(std.Out, chain.Text())
			return err
		}
	}
	return cmd
}

// whichImage is the reference that an argument names: itself, or where an image of the project is.
func whichImage(cmd *cobra.Command, std cli.Streams, getenv func(string) string, argument, place string) (oci.Reference, error) {
	if oci.NamesRegistry(argument) {
		reference, err := oci.ParseReference(argument)
		if err != nil {
			return oci.Reference{}, cli.UsageError{Err: err}
		}
		return reference, nil
	}
	if place == "" {
		return oci.Reference{}, cli.UsageError{Err: fmt.Errorf("where is %s? Give its reference, or say with --registry where the project's images are: registry.example.org/group/project", argument)}
	}
	p, err := openProject(cmd, std, getenv, openProjectIn)
	if err != nil {
		return oci.Reference{}, err
	}
	defer p.close()
	if p.found.HasErrors() {
		return oci.Reference{}, p.print("text")
	}
	i := slices.IndexFunc(p.result.Graph.Images, func(image *lineage.Image) bool { return image.Name == argument })
	if i < 0 {
		return oci.Reference{}, cli.UsageError{Err: fmt.Errorf("there is no image %q%s", argument, diagnostic.DidYouMean(argument, imageNames(p.result.Graph)))}
	}
	reference, err := oci.ParseReference(strings.ToLower(strings.TrimSuffix(place, "/")) + "/" + argument + ":" + p.result.Graph.Images[i].Tag.String())
	if err != nil {
		return oci.Reference{}, cli.UsageError{Err: fmt.Errorf("--registry: %w", err)}
	}
	return reference, nil
}
