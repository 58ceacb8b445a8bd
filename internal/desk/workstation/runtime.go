package workstation

import (
	"context"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// RuntimeImage is the image of this version in which compiled jobs run.
const RuntimeImage = schema.RuntimeImage

// MirrorRuntime copies an image with all its platforms to a repository, first by its digest and then with its tag. It prints the variable that
// makes jobs use the copy.
func MirrorRuntime(ctx context.Context, from, repository string, getenv func(string) string, std cli.Streams) error {
	source, err := oci.ParseReference(from)
	if err != nil {
		return cli.Usagef("--from: %w", err)
	}
	to, err := oci.ParseRepository(repository)
	if err != nil {
		return cli.UsageError{Err: err}
	}
	registry, err := registries.LoggedIn(getenv)
	if err != nil {
		return err
	}
	digest, err := registry.Resolve(ctx, source)
	if err != nil {
		return err
	}
	if err := registry.Copy(ctx, source.Repository().At(digest), to, oci.Credentials{}, std.Err); err != nil {
		return err
	}
	mirrored := to.At(digest)
	if tag := source.Tag(); !tag.IsZero() {
		if err := registry.Tag(ctx, mirrored, tag, oci.Credentials{}); err != nil {
			return err
		}
		mirrored = to.Tag(tag)
	}
	_, err = fmt.Fprintf(std.Out, "Copied %s, %s. Set this as a variable of the project, the group or the instance:\n%s=%s\n", source, digest, schema.VarRuntimeImage, mirrored)
	return err
}
