// Package rollback moves the released tags of an image back to an earlier release.
package rollback

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Request says what to do with the releases of an image. Without To and Resume they are only listed.
type Request struct {
	Image string
	// To is a digest, the beginning of a digest of an earlier release, or a tag.
	To, Reason string
	// Resume ends a hold. DryRun only prints which tags would move.
	Resume, DryRun bool
	// Registry is the registry path of the project; see target.Find.
	Registry string
}

// Check returns an error for options that do not go together.
func (r Request) Check() error {
	switch {
	case r.To != "" && r.Resume:
		return cli.Usagef("--resume takes no digest: the next release decides what the tags name")
	case r.Resume && (r.Reason != "" || r.DryRun):
		return cli.Usagef("--resume excludes --reason and --dry-run")
	case r.To == "" && !r.Resume && (r.Reason != "" || r.DryRun):
		return cli.Usagef("to which release? `stemma rollback %s` lists them", r.Image)
	case r.To != "" && (!r.DryRun || r.Reason != ""):
		if err := release.CheckReason(r.Reason); err != nil {
			return cli.Usagef("--reason: %w", err)
		}
	}
	return nil
}

// Run does what the request says, and prints it.
func Run(ctx context.Context, p *project.Project, r Request, out io.Writer) error {
	env, err := r.env(p, out)
	switch {
	case err != nil:
		return err
	case r.Resume:
		return release.Resume(ctx, env)
	case r.To == "":
		return list(ctx, env)
	}
	return release.Rollback{To: r.To, Reason: r.Reason, By: user(ctx, p), DryRun: r.DryRun}.Run(ctx, env)
}

// env returns the environment of the image's release job, with the registries and credentials of this machine.
func (r Request) env(p *project.Project, out io.Writer) (release.Env, error) {
	to, err := target.FindRegistry(p, r.Registry)
	if err != nil {
		return release.Env{}, err
	}
	i, err := p.Image(r.Image)
	if err != nil {
		return release.Env{}, err
	}
	images, err := to.Images(p)
	if err != nil {
		return release.Env{}, err
	}
	if images[i].Release == nil {
		return release.Env{}, cli.Usagef("%s is released nowhere: its `release` is empty", r.Image)
	}
	registry, err := registries.LoggedIn(p.Getenv)
	if err != nil {
		return release.Env{}, err
	}
	variables := to.Inherited(p)
	maps.Copy(variables, images[i].Release)
	return release.Env{Getenv: func(name string) string { return variables[name] }, Log: output.Log{Writer: out}, Now: p.Now, Registry: registry}, nil
}

// user returns the name of the user who rolls back: on GitLab in a job, in git, or on this machine.
func user(ctx context.Context, p *project.Project) string {
	author, _ := p.Repository().Line(ctx, "config", "user.name") // empty if git knows no user
	const longest = 100
	name := cmp.Or(p.Getenv("GITLAB_USER_LOGIN"), author, p.Getenv("USER"))
	return name[:min(len(name), longest)]
}

// list prints the releases of an image, the current one first.
func list(ctx context.Context, env release.Env) error {
	releases, hold, err := release.List(ctx, env)
	if err != nil {
		return err
	}
	if len(releases) == 0 {
		fmt.Fprintln(env.Log, "No release is recorded.")
	}
	for i, one := range releases {
		words := []string{one.Digest.String()}
		if !one.At.IsZero() {
			words = append(words, one.At.Format(time.RFC3339))
		}
		if one.Pipeline != 0 {
			words = append(words, fmt.Sprintf("pipeline %d", one.Pipeline))
		}
		if i == 0 {
			words = append(words, "released now")
		}
		if one.IsGone {
			words = append(words, "no longer in the registry")
		}
		fmt.Fprintln(env.Log, strings.Join(words, "  "))
	}
	if hold != "" {
		fmt.Fprintln(env.Log, terminal.Line(hold))
	}
	return nil
}
