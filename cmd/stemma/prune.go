package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/prune"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// pruning is a prune on its way.
type pruning struct {
	localWork
	dryRun bool
	keep   time.Duration
}

func newPruneCommand(std cli.Streams, environ []string) *cobra.Command {
	var r pruning
	keep := ""
	cmd := r.command(projectCommand{
		use:     "prune [IMAGE|GLOB...]",
		short:   "Remove outdated builds of images from this machine and, with --registry, old content tags from a registry",
		formats: []string{"text"},
		run: func(p *project, _ string, args []string) error {
			if p.found.HasErrors() {
				return p.print("text")
			}
			return r.prune(p, args)
		},
	}, std, environ)
	flags := cmd.Flags()
	flags.BoolVar(&r.dryRun, "dry-run", false, "only print what would be removed")
	flags.StringVar(&keep, "keep", "30d", "the age, in hours, days or weeks, up to which tags in the registry and logs are kept")
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		if r.keep, err = prune.ParseAge(keep); err != nil {
			return cli.UsageError{Err: fmt.Errorf("--keep: %w", err)}
		}
		return nil
	}
	return cmd
}

// prune cleans this machine, and the registry if one is named on the command line: a variable alone deletes nothing elsewhere.
func (r *pruning) prune(p *project, patterns []string) error {
	chosen, err := p.chosenImages(patterns)
	if err != nil {
		return err
	}
	session, done, err := r.session(p, "text")
	if err != nil {
		return err
	}
	defer done()
	removed, freed, err := session.Prune(p.ctx, local.Cleaning{Chosen: chosen, Gone: len(patterns) == 0, Prefix: r.destination.prefix, DryRun: r.dryRun})
	if err != nil {
		return err
	}
	if err := r.report(p, removed, freed); err != nil {
		return err
	}
	if err := r.dropLogs(p); err != nil {
		return err
	}
	if r.registry == "" || !r.destination.isPublished() {
		return nil
	}
	return r.pruneRegistry(p, session, chosen)
}

func (r *pruning) report(p *project, removed []local.Removed, freed int64) error {
	failed := false
	for _, one := range removed {
		line := "removed " + one.Reference
		switch {
		case r.dryRun:
			line = "would remove " + one.Reference
		case one.Error != "":
			line, failed = one.Reference+" stays: "+one.Error, true
		}
		fmt.Fprintln(p.std.Out, terminal.Line(line))
	}
	if !r.dryRun {
		fmt.Fprintf(p.std.Out, "Freed %.1f MB.\n", float64(freed)/1e6)
	}
	if failed {
		return cli.ErrFindings
	}
	return nil
}

// dropLogs removes the logs of old runs.
func (r *pruning) dropLogs(p *project) error {
	cache, err := p.cacheFolder()
	if err != nil || r.dryRun {
		return err
	}
	runs, _ := os.ReadDir(filepath.Join(cache, "logs")) // without logs there is none to remove
	for _, run := range runs {
		if begun, err := time.Parse(logFormat, run.Name()); err == nil && p.now().Sub(begun) > r.keep {
			if err := os.RemoveAll(filepath.Join(cache, "logs", run.Name())); err != nil {
				return fmt.Errorf("remove old logs: %w", err)
			}
		}
	}
	return nil
}

// pruneRegistry deletes old content tags of the chosen images, but none that the present files, or a branch or git tag that the checkout
// knows, speak of. All images are looked at, since any may be built on a chosen one.
func (r *pruning) pruneRegistry(p *project, session local.Session, chosen []int) error {
	registry, err := oci.NewClient(session.Registry)
	if err != nil {
		return err
	}
	committed, err := committedTags(p.ctx, git.Repository{Dir: p.dir, Environ: r.environ})
	if err != nil {
		return err
	}
	gitlabOf := jobenv.GitLab(p.getenv)
	pruning := prune.Pruning{
		Env: prune.Env{
			Getenv: p.getenv, Log: output.Log{Writer: p.std.Out}, Now: p.now, Registry: registry,
			GitLab: func(token gitlab.Token) (prune.GitLab, error) { return gitlabOf(token) },
		},
		Prefix: r.destination.prefix, Current: map[string][]string{}, Keep: r.keep, DryRun: r.dryRun,
	}
	for i, image := range p.result.Graph.Images {
		pruning.Images = append(pruning.Images, image.Name)
		pruning.Current[image.Name] = append(slices.Clone(committed), image.Tag.String())
		if !slices.Contains(chosen, i) {
			pruning.Spared = append(pruning.Spared, image.Name)
		}
	}
	_, err = pruning.Run(p.ctx)
	return err
}

// commitsAtOnce keeps a command line short.
const commitsAtOnce = 500

// tagLine matches the tag of an image in a compiled file.
var tagLine = regexp.MustCompile(schema.VarDistributionTag + `: "?([0-9a-f]{` + strconv.Itoa(schema.ContentTagLength) + `})"?`)

// committedTags are the content tags in the compiled files of all branches that the checkout knows, its own and those of remotes, and of
// git tags: their pipelines, and users of the components that they release, use these images.
func committedTags(ctx context.Context, r git.Repository) ([]string, error) {
	if _, err := r.Run(ctx, "rev-parse", "--git-dir"); err != nil {
		return nil, nil //nolint:nilerr // no git, no branches
	}
	refs, err := r.Run(ctx, "for-each-ref", "--format=%(objectname)", "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return nil, err
	}
	commits := strings.Fields(refs)
	slices.Sort(commits)
	var tags []string
	for share := range slices.Chunk(slices.Compact(commits), commitsAtOnce) {
		args := append([]string{"grep", "-h", "-I", "-e", schema.VarDistributionTag + ":"}, share...)
		out, err := r.Run(ctx, append(args, "--", "*.yml")...)
		var exit *exec.ExitError
		if isNothing := errors.As(err, &exit) && exit.ExitCode() == 1; err != nil && !isNothing {
			return nil, err
		}
		for _, match := range tagLine.FindAllStringSubmatch(out, -1) {
			tags = append(tags, match[1])
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}
