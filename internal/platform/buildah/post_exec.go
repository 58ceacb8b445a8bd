package buildah

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// PostExec runs a project's own snippet on the builder, in a folder; its first argument, $1, is the published image. buildah and podman
// in it use the storage and the credentials of this builder.
func (b *Builder) PostExec(ctx context.Context, snippet, image, folder string) error {
	command := process.Command(ctx, "/bin/sh", "-e", "-c", withArgument(snippet), "stemma", image)
	command.Dir, command.Env = folder, b.environ
	command.Stdout, command.Stderr = b.config.Log, b.config.Log
	if err := process.Cause(ctx, command.Run()); err != nil {
		return fmt.Errorf("run the snippet after the build: %w", err)
	}
	return nil
}

// placesArgument matches a snippet of several commands, or one that says itself where its argument goes.
var placesArgument = pattern.Lazy(`[\n;&|]|\$\{?[1@*]`)

// withArgument passes the argument on to a single command, as ci-templates do: projects write `bash ci/export.sh` and read $1 there.
func withArgument(snippet string) string {
	snippet = strings.TrimSpace(snippet)
	if placesArgument().MatchString(snippet) {
		return snippet
	}
	return snippet + ` "$@"`
}
