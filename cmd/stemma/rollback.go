package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// rollback is the command line of a rollback.
type rollback struct {
	environ          []string
	registry, reason string
	resume, dryRun   bool
}

func newRollbackCommand(std cli.Streams, environ []string) *cobra.Command {
	r := rollback{environ: environ}
	cmd := projectCommand{
		use:     "rollback IMAGE [DIGEST]",
		short:   "Move the released tags of an image back to an earlier release, and hold them there",
		formats: []string{"text"},
		args:    r.checkArguments,
		run:     func(p *project, _ string, args []string) error { return r.run(p, args) },
	}.command(std, cli.Lookup(environ))
	cmd.Long = `Move the released tags of an image back to an earlier release, and hold them there until a commit changes the image.

DIGEST is a digest, the beginning of one of an earlier release, at least 7 characters of it, or a tag of the image. Without
DIGEST the command lists the releases that are known.`
	flags := cmd.Flags()
	flags.StringVar(&r.registry, "registry", "", "the registry path of the project, registry.example.org/group/project; default: STEMMA_REGISTRY, or else CI_REGISTRY_IMAGE")
	flags.StringVar(&r.reason, "reason", "", "the reason for the rollback; release jobs and `stemma why` show it")
	flags.BoolVar(&r.resume, "resume", false, "end the hold: the next release moves the tags again")
	flags.BoolVar(&r.dryRun, "dry-run", false, "only print which tags would move")
	return cmd
}

func (r *rollback) checkArguments(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return cli.UsageError{Err: errors.New("rollback needs an image")}
	case len(args) > 2:
		return cli.UsageError{Err: fmt.Errorf("rollback takes an image and a digest, and %d arguments are given", len(args))}
	case len(args) == 2 && r.resume:
		return cli.UsageError{Err: errors.New("--resume takes no digest: the next release decides what the tags name")}
	case r.resume && (r.reason != "" || r.dryRun):
		return cli.UsageError{Err: errors.New("--resume excludes --reason and --dry-run")}
	case len(args) == 1 && !r.resume && (r.reason != "" || r.dryRun):
		return cli.UsageError{Err: fmt.Errorf("to which release? `stemma rollback %s` lists them", args[0])}
	case len(args) == 2:
		if err := release.CheckReason(r.reason); err != nil && (!r.dryRun || r.reason != "") {
			return cli.UsageError{Err: fmt.Errorf("--reason: %w", err)}
		}
	}
	return nil
}

func (r *rollback) run(p *project, args []string) error {
	if p.found.HasErrors() {
		return p.print("text")
	}
	env, err := r.env(p, args[0])
	switch {
	case err != nil:
		return err
	case r.resume:
		return release.Resume(p.ctx, env)
	case len(args) == 1:
		return list(p, env)
	}
	return release.Rollback{To: args[1], Reason: r.reason, By: r.by(p), DryRun: r.dryRun}.Run(p.ctx, env)
}

// env is what the release job of an image finds around it, with the registries and credentials of this machine.
func (r *rollback) env(p *project, name string) (release.Env, error) {
	to, err := p.destinationOf(r.registry)
	if err != nil {
		return release.Env{}, err
	}
	if !to.isPublished() {
		return release.Env{}, cli.UsageError{Err: errors.New("where are the images? Give --registry, such as registry.example.org/group/project, or set STEMMA_REGISTRY")}
	}
	i := slices.IndexFunc(p.result.Graph.Images, func(image *lineage.Image) bool { return image.Name == name })
	if i < 0 {
		return release.Env{}, cli.UsageError{Err: fmt.Errorf("there is no image %s%s", diagnostic.Quote(name), diagnostic.DidYouMean(name, imageNames(p.result.Graph)))}
	}
	images, err := p.localImages(to)
	if err != nil {
		return release.Env{}, err
	}
	if images[i].Release == nil {
		return release.Env{}, cli.UsageError{Err: fmt.Errorf("%s is released nowhere: its `release` is empty", name)}
	}
	config, err := registryConfig(p.getenv)
	if err != nil {
		return release.Env{}, err
	}
	registry, err := oci.NewClient(config)
	if err != nil {
		return release.Env{}, cli.UsageError{Err: err}
	}
	variables := p.localVariables(to)
	maps.Copy(variables, images[i].Release)
	return release.Env{Getenv: func(name string) string { return variables[name] }, Log: output.Log{Writer: p.std.Out}, Now: p.now, Registry: registry}, nil
}

// by is who rolls back: the user on GitLab in a job, the author of commits, or the user of this machine.
func (r *rollback) by(p *project) string {
	author, err := git.Repository{Dir: p.dir, Environ: r.environ}.Run(p.ctx, "config", "user.name")
	if err != nil {
		author = "" // nobody is configured
	}
	const most = 100
	name := cmp.Or(p.getenv("GITLAB_USER_LOGIN"), strings.TrimSpace(author), p.getenv("USER"))
	return name[:min(len(name), most)]
}

// list prints the releases of an image, the present one first.
func list(p *project, env release.Env) error {
	releases, hold, err := release.List(p.ctx, env)
	if err != nil {
		return err
	}
	if len(releases) == 0 {
		fmt.Fprintln(p.std.Out, "No release is recorded.")
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
		fmt.Fprintln(p.std.Out, strings.Join(words, "  "))
	}
	if hold != "" {
		fmt.Fprintln(p.std.Out, terminal.Line(hold))
	}
	return nil
}
