package jobtest

import (
	"context"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/poke"
	"gitlab.com/stemma-ci/stemma/internal/ci/prune"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/ci/update"
	"gitlab.com/stemma-ci/stemma/internal/ci/verify"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Env is all that the scene's jobs use. Nobody waits in it.
type Env struct {
	Getenv     func(string) string
	Environ    []string
	Log        output.Log
	Dir        output.Folder
	Now        func() time.Time
	Registry   *oci.Client
	Builder    func(context.Context) (build.Builder, error)
	Checkout   func() (string, error)
	PostExec   func(ctx context.Context, snippet, image, folder string) error
	Clone      func(ctx context.Context, address, commit, folder string) error
	RunOutside func(ctx context.Context, snippet, image string) (status int, output string, err error)
	Tasks      func(context.Context) (update.TaskRunner, error)
	GitLab     func(gitlab.Token) (*gitlab.Client, error)
	Wait       func(ctx context.Context, d time.Duration) error
}

// Build is what a build job uses.
func (e Env) Build() build.Env {
	return build.Env{
		Getenv: e.Getenv, Environ: e.Environ, Checkout: e.Checkout, Dir: e.Dir, Log: e.Log, Summary: true, Now: e.Now, Registry: e.Registry, Builder: e.Builder,
		PostExec: e.PostExec, Clone: e.Clone,
	}
}

// Verify is what a verify job uses.
func (e Env) Verify() verify.Env {
	return verify.Env{Getenv: e.Getenv, Registry: e.Registry, Tests: &imagetest.Session{
		Log: e.Log, Dir: e.Dir, Now: e.Now, Checkout: e.Checkout, RunOutside: e.RunOutside,
		Runner: func(ctx context.Context) (imagetest.Runner, error) { return e.Builder(ctx) },
	}}
}

// Release is what a release job uses.
func (e Env) Release() release.Env {
	return release.Env{Getenv: e.Getenv, Log: e.Log, Dir: e.Dir, Now: e.Now, Registry: e.Registry}
}

// Poke is what a poke job uses.
func (e Env) Poke() poke.Env {
	return poke.Env{Getenv: e.Getenv, Log: e.Log, Dir: e.Dir, Now: e.Now, Registry: e.Registry, Wait: e.Wait, GitLab: e.GitLab}
}

// Update is what an update check uses.
func (e Env) Update() update.Env {
	return update.Env{Getenv: e.Getenv, Log: e.Log, Dir: e.Dir, Now: e.Now, Registry: e.Registry, Tasks: e.Tasks, GitLab: e.GitLab}
}

// Prune is what a prune job uses.
func (e Env) Prune() prune.Env {
	return prune.Env{Getenv: e.Getenv, Log: e.Log, Now: e.Now, Registry: e.Registry, GitLab: e.GitLab}
}
