// Package jobcmd is the command line of `stemma job`, with the commands that compiled jobs run.
package jobcmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/mirror"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/poke"
	"gitlab.com/stemma-ci/stemma/internal/ci/prune"
	"gitlab.com/stemma-ci/stemma/internal/ci/rebuild"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/ci/update"
	"gitlab.com/stemma-ci/stemma/internal/ci/verify"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
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
				w.sweep(cmd.Context())
				return w.work(cmd.Context(), step)
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
			return build.Run(ctx, w.build())
		}},
		{"verify", "Run the image's tests inside it", func(ctx context.Context, w *workplace) error {
			return verify.Run(ctx, verify.Env{Getenv: w.getenv, Registry: w.registry, Tests: w.tests()})
		}},
		{"release", "Move the released tags to the tested image", func(ctx context.Context, w *workplace) error {
			return release.Run(ctx, release.Env{Getenv: w.getenv, Log: w.log, Dir: w.dir, Now: time.Now, Registry: w.registry})
		}},
		{"poke", "Start the pipelines of the projects that depend on an image that was rebuilt", func(ctx context.Context, w *workplace) error {
			return poke.Run(ctx, poke.Env{
				Getenv: w.getenv, Log: w.log, Dir: w.dir, Now: time.Now, Registry: w.registry, Wait: w.wait, GitLab: w.gitlab,
			})
		}},
		{"mirror", "Copy images from outside to the project's registry", func(ctx context.Context, w *workplace) error {
			return mirror.Run(ctx, w.getenv, w.log, w.registry)
		}},
		{"prune", "Delete old content tags from the project's registry", func(ctx context.Context, w *workplace) error {
			return prune.Run(ctx, prune.Env{Getenv: w.getenv, Log: w.log, Now: time.Now, Registry: w.registry, GitLab: w.gitlab})
		}},
		{"update-check", "Look for images whose base or packages are old, and ask for their rebuild", func(ctx context.Context, w *workplace) error {
			return update.Run(ctx, update.Env{
				Getenv: w.getenv, Log: w.log, Dir: w.dir, Now: time.Now, Registry: w.registry, GitLab: w.gitlab,
				Tasks: func(ctx context.Context) (update.TaskRunner, error) { return w.builder(ctx) },
			})
		}},
		{"check-rebuild", "Fail where " + schema.VarRebuild + " names an image that the project does not have", func(_ context.Context, w *workplace) error {
			return rebuild.Check(w.getenv, w.log)
		}},
	}
}

// work runs a step and ends the log, also where the job is cancelled: nothing may hide the lines that follow.
func (w *workplace) work(ctx context.Context, step jobStep) error {
	defer w.close()
	defer context.AfterFunc(ctx, w.endSections)()
	err := step.run(ctx, w)
	switch {
	case errors.Is(err, imagetest.ErrFailed), errors.Is(err, poke.ErrFailed): // the log says so
		return cli.ErrFindings
	case err == nil, ctx.Err() != nil:
		return err
	}
	return advise(err, step.name, w.getenv(schema.VarImage))
}

// workplace is the real surroundings of a job.
type workplace struct {
	environ []string
	getenv  func(string) string
	log     output.Log
	// endSections ends the open section of the log. No other one begins after it.
	endSections func()
	dir         output.Folder
	registry    *oci.Client
	gitlab      func(gitlab.Token) (*gitlab.Client, error)
	wait        func(context.Context, time.Duration) error
	scratch     *scratch.Folder
	made        *buildah.Builder
}

func newWorkplace(std cli.Streams, environ []string) (*workplace, error) {
	getenv := cli.Lookup(environ)
	registry, err := oci.NewClient(jobenv.Registries(getenv))
	if err != nil {
		return nil, cli.UsageError{Err: err}
	}
	w := &workplace{environ: environ, getenv: getenv, log: output.Log{Writer: std.Out}, endSections: func() {}, dir: ".", registry: registry, gitlab: jobenv.GitLab(getenv), wait: gitlab.Pause}
	if getenv("GITLAB_CI") == "true" { // https://docs.gitlab.com/ci/variables/predefined_variables/
		sections := output.NewSections(std.Out, time.Now)
		w.log, w.endSections = output.Log{Writer: sections, Phases: sections}, sections.Close
	}
	return w, nil
}

// build is what a build job uses.
func (w *workplace) build() build.Env {
	return build.Env{
		Getenv: w.getenv, Environ: w.environ, Checkout: w.checkout, Dir: w.dir, Log: w.log, Summary: true, Now: time.Now, Registry: w.registry,
		Builder: func(ctx context.Context) (build.Builder, error) { return w.builder(ctx) },
		PostExec: func(ctx context.Context, snippet, image, folder string) error {
			b, err := w.builder(ctx)
			if err != nil {
				return err
			}
			return b.PostExec(ctx, snippet, image, folder)
		},
		Clone: func(ctx context.Context, address, commit, folder string) error {
			return buildah.Clone(ctx, w.environ, w.log, address, commit, folder)
		},
	}
}

// tests runs the tests of a verify job.
func (w *workplace) tests() *imagetest.Session {
	return &imagetest.Session{
		Log: w.log, Dir: w.dir, Now: time.Now, Checkout: w.checkout,
		Runner: func(ctx context.Context) (imagetest.Runner, error) { return w.builder(ctx) },
		RunOutside: func(ctx context.Context, snippet, image string) (int, string, error) {
			return buildah.RunOutside(ctx, "", w.environ, w.log, snippet, image)
		},
	}
}

func (w *workplace) checkout() (string, error) { return filepath.Abs(string(w.dir)) }

// builder is buildah, one for the whole job, with a folder of its own that only this user can read.
func (w *workplace) builder(ctx context.Context) (*buildah.Builder, error) {
	if w.made != nil {
		return w.made, nil
	}
	auth, err := w.registry.AuthFile()
	if err != nil {
		return nil, fmt.Errorf("write the registries' credentials for buildah: %w", err)
	}
	folder, err := scratch.New(buildah.Scratch)
	if err != nil {
		return nil, err
	}
	made, err := buildah.New(ctx, buildah.Config{Environ: w.environ, Log: w.log, Phase: w.log.Begin, Scratch: folder.Path, Auth: auth, Insecure: w.registry.IsInsecure})
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	w.scratch, w.made = folder, made
	return made, nil
}

func (w *workplace) close() {
	w.endSections()
	_ = w.scratch.Close() // the runner removes its temporary folder anyway
}

// sweep removes what jobs that were killed have left on this machine.
func (w *workplace) sweep(ctx context.Context) {
	err := buildah.SweepDead(ctx, scratch.Dead(""), w.builder)
	if err != nil && ctx.Err() == nil {
		w.log.Printf("Warning: %v.", err)
	}
}
