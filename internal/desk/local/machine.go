package local

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"

	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// machine adds the methods of Builder to buildah.
type machine struct {
	*buildah.Builder
	environ []string
	log     io.Writer
}

// NewScratch makes a folder for the files of a builder.
func NewScratch() (*scratch.Folder, error) { return scratch.New(buildah.Scratch) }

// SweepDead removes what runs that were killed have left on this machine.
func SweepDead(ctx context.Context, environ []string, folder *scratch.Folder) error {
	return buildah.SweepDead(ctx, scratch.Dead(""), func(ctx context.Context) (*buildah.Builder, error) {
		return buildah.New(ctx, buildah.Config{
			Environ: environ, Log: io.Discard, Scratch: folder.Path, Auth: []byte("{}"), Insecure: func(string) bool { return false },
		})
	})
}

// Buildah returns a value for Session.Builder. The builder's files are in a folder that the caller removes.
func Buildah(environ []string, folder string) func(ctx context.Context, registry *oci.Client, server string) (Builder, error) {
	return func(ctx context.Context, registry *oci.Client, server string) (Builder, error) {
		auth, err := registry.AuthFile()
		if err != nil {
			return nil, fmt.Errorf("write the registries' credentials for buildah: %w", err)
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("make a folder for buildah: %w", err)
		}
		made, err := buildah.New(ctx, buildah.Config{Environ: environ, Log: io.Discard, Scratch: folder, Auth: auth, Insecure: registry.IsInsecure, Plain: server})
		if err != nil {
			return nil, err
		}
		return machine{made, environ, io.Discard}, nil
	}
}

// To implements Builder.
func (m machine) To(log output.Log) Builder {
	return machine{m.WithLog(log, log.Begin), m.environ, log}
}

// Fetch implements Builder. Outside of a job an address has no job token: git uses the user's own credentials.
func (m machine) Fetch(ctx context.Context, address, commit, folder string) error {
	if parsed, err := url.Parse(address); err == nil && parsed.User != nil {
		if password, _ := parsed.User.Password(); password == "" {
			parsed.User = nil
			address = parsed.String()
		}
	}
	return buildah.Clone(ctx, m.environ, m.log, address, commit, folder)
}

// RunOutside implements Builder.
func (m machine) RunOutside(ctx context.Context, folder, snippet, image string) (status int, output string, err error) {
	return buildah.RunOutside(ctx, folder, m.environ, m.log, snippet, image)
}
