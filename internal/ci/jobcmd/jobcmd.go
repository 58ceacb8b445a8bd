// Package jobcmd is the command line of `stemma job`, with the commands that compiled jobs run.
package jobcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// New returns the command `stemma job`.
func New(std cli.Streams, environ []string) *cobra.Command {
	command := &cobra.Command{
		Use:   "job",
		Short: "Run a step of a compiled job; its variables are its input",
		Args:  cli.NoArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, step := range jobSteps() {
		command.AddCommand(&cobra.Command{
			Use: step.name, Short: step.short, Args: cli.NoArguments,
			RunE: func(cmd *cobra.Command, _ []string) error {
				w, err := newWorkplace(std, environ)
				if err != nil {
					return err
				}
				defer w.close()
				w.sweep(cmd.Context())
				return jobError(step.run(cmd.Context(), w))
			},
		})
	}
	return command
}

// jobStep is one of the commands that jobs run.
type jobStep struct {
	name, short string
	run         func(context.Context, *workplace) error
}

func jobSteps() []jobStep {
	return []jobStep{
		{"build", "Make sure that the image exists: reuse it, copy it, or build it", func(ctx context.Context, w *workplace) error {
			return job.Build(ctx, w.env)
		}},
		{"verify", "Run the image's tests inside it", func(ctx context.Context, w *workplace) error {
			return job.Verify(ctx, w.env, func(ctx context.Context) (job.Runner, error) { return w.builder(ctx) })
		}},
		{"release", "Let the released tags name what was tested", func(ctx context.Context, w *workplace) error {
			return job.Release(ctx, w.env)
		}},
		{"poke", "Start the pipelines of the projects that depend on an image that was rebuilt", func(ctx context.Context, w *workplace) error {
			return job.Poke(ctx, w.env)
		}},
		{"mirror", "Copy images from outside to the project's registry", func(ctx context.Context, w *workplace) error {
			return job.Mirror(ctx, w.env)
		}},
		{"prune", "Delete old content tags from the project's registry", func(ctx context.Context, w *workplace) error {
			return job.Prune(ctx, w.env)
		}},
		{"update-check", "Look for images whose base or packages are old, and ask for their rebuild", func(ctx context.Context, w *workplace) error {
			return job.UpdateCheck(ctx, w.env, func(ctx context.Context) (job.TaskRunner, error) { return w.builder(ctx) })
		}},
		{"check-rebuild", "Fail where " + schema.VarRebuild + " names an image that the project does not have", func(_ context.Context, w *workplace) error {
			return job.CheckRebuild(w.env)
		}},
	}
}

// jobError ends a job whose tests or dependents have failed, which is no error of the job.
func jobError(err error) error {
	if errors.Is(err, job.ErrTestsFailed) || errors.Is(err, job.ErrPokeFailed) {
		return cli.ErrFindings
	}
	return err
}

// workplace is what a job finds around it, for real.
type workplace struct {
	env     job.Env
	scratch *scratch.Folder
	made    *buildah.Builder
}

func newWorkplace(std cli.Streams, environ []string) (*workplace, error) {
	getenv := cli.Lookup(environ)
	registry, err := oci.NewClient(jobenv.Registries(getenv))
	if err != nil {
		return nil, cli.UsageError{Err: err}
	}
	w := &workplace{env: job.Env{Getenv: getenv, Environ: environ, Dir: ".", Log: output.Log{Writer: std.Out}, Now: time.Now, Registry: registry}}
	w.env.Builder = func(ctx context.Context) (job.Builder, error) { return w.builder(ctx) }
	w.env.PostExec = func(ctx context.Context, snippet, image, folder string) error {
		b, err := w.builder(ctx)
		if err != nil {
			return err
		}
		return b.PostExec(ctx, snippet, image, folder)
	}
	w.env.GitLab = func(token gitlab.Token) (*gitlab.Client, error) {
		transport, err := gitlab.NewTransport(getenv("CI_SERVER_TLS_CA_FILE"), getenv(schema.VarTimeouts))
		if err != nil {
			return nil, err
		}
		return gitlab.NewClient(gitlab.Config{API: getenv("CI_API_V4_URL"), Token: token, Transport: transport})
	}
	w.env.RunOutside = func(ctx context.Context, snippet, image string) (int, string, error) {
		return buildah.RunOutside(ctx, environ, std.Out, snippet, schema.VarImageReference, image)
	}
	w.env.Wait = gitlab.Pause
	w.env.Clone = func(ctx context.Context, address, commit, folder string) error {
		return buildah.Clone(ctx, environ, std.Out, address, commit, folder)
	}
	return w, nil
}

// builder is buildah, one for the whole job, with a folder of its own that only this user can read.
func (w *workplace) builder(ctx context.Context) (*buildah.Builder, error) {
	if w.made != nil {
		return w.made, nil
	}
	auth, err := w.env.Registry.AuthFile()
	if err != nil {
		return nil, fmt.Errorf("write the registries' credentials for buildah: %w", err)
	}
	if w.scratch, err = scratch.New(buildah.Scratch); err != nil {
		return nil, err
	}
	made, err := buildah.New(ctx, buildah.Config{Environ: w.env.Environ, Log: w.env.Log, Scratch: w.scratch.Path, Auth: auth, Insecure: w.env.Registry.IsInsecure})
	if err != nil {
		return nil, err
	}
	w.made = made
	return made, nil
}

func (w *workplace) close() {
	_ = w.scratch.Close() // the runner removes its temporary folder anyway
}

// sweep removes what jobs that were killed have left on this machine.
func (w *workplace) sweep(ctx context.Context) {
	err := buildah.SweepDead(ctx, scratch.Dead(""), w.builder)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(w.env.Log, "Warning: %s.\n", terminal.Text(err.Error()))
	}
}
