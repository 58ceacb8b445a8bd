package workstation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/prune"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// PruneOptions are the options of Prune.
type PruneOptions struct {
	Options
	// Keep is the age up to which logs, and tags in the registry, are kept, such as "30d".
	Keep   string
	DryRun bool
}

// Prune removes outdated builds of the chosen images from this machine. It deletes tags from a registry only if the options name one:
// a variable of the environment is not enough.
func Prune(ctx context.Context, p *project.Project, options PruneOptions) error {
	keep, err := prune.ParseAge(options.Keep)
	if err != nil {
		return cli.Usagef("--keep: %w", err)
	}
	w, err := open(ctx, p, options.Options)
	if err != nil {
		return err
	}
	defer w.close()
	removed, freed, err := w.Prune(ctx, local.Cleaning{Chosen: w.chosen, Gone: len(options.Images) == 0, Prefix: w.target.Prefix, DryRun: options.DryRun})
	if err != nil {
		return err
	}
	if err := printRemoved(options, removed, freed); err != nil {
		return err
	}
	if !options.DryRun {
		if err := w.dropLogs(keep); err != nil {
			return err
		}
	}
	if options.Registry == "" || !w.target.IsPublished() {
		return nil
	}
	return w.pruneRegistry(ctx, keep, options.DryRun)
}

func printRemoved(options PruneOptions, removed []local.Removed, freed int64) error {
	failed := false
	for _, one := range removed {
		line := "removed " + one.Reference
		switch {
		case options.DryRun:
			line = "would remove " + one.Reference
		case one.Error != "":
			line, failed = one.Reference+" stays: "+one.Error, true
		}
		fmt.Fprintln(options.Std.Out, terminal.Line(line))
	}
	if !options.DryRun {
		fmt.Fprintf(options.Std.Out, "Freed %.1f MB.\n", float64(freed)/1e6)
	}
	if failed {
		return cli.ErrFindings
	}
	return nil
}

// dropLogs removes the logs of old runs.
func (w *workplace) dropLogs(keep time.Duration) error {
	runs, _ := os.ReadDir(filepath.Join(w.cache, "logs")) // without the folder there are no logs
	for _, run := range runs {
		if begun, err := time.Parse(logFormat, run.Name()); err == nil && w.project.Now().Sub(begun) > keep {
			if err := os.RemoveAll(filepath.Join(w.cache, "logs", run.Name())); err != nil {
				return fmt.Errorf("remove old logs: %w", err)
			}
		}
	}
	return nil
}

// pruneRegistry deletes old content tags of the chosen images. It keeps those in the project's files and in any branch or git tag that
// the checkout knows. It reads all images: any of them may be built on a chosen one.
func (w *workplace) pruneRegistry(ctx context.Context, keep time.Duration, dryRun bool) error {
	p := w.project
	registry, err := oci.NewClient(w.Registry)
	if err != nil {
		return err
	}
	committed, err := committedTags(ctx, p.Repository())
	if err != nil {
		return err
	}
	pruning := prune.Pruning{
		Env: prune.Env{
			Getenv: p.Getenv, Log: output.Log{Writer: w.options.Std.Out}, Now: p.Now, Registry: registry, GitLab: jobenv.GitLab(p.Getenv),
		},
		Prefix: w.target.Prefix, Current: map[string][]string{}, Keep: keep, DryRun: dryRun,
	}
	for i, image := range p.Graph.Images {
		pruning.Images = append(pruning.Images, image.Name)
		pruning.Current[image.Name] = append(slices.Clone(committed), image.Tag.String())
		if !slices.Contains(w.chosen, i) {
			pruning.Spared = append(pruning.Spared, image.Name)
		}
	}
	_, err = pruning.Run(ctx)
	return err
}

// commitsAtOnce limits the length of a command line.
const commitsAtOnce = 500

// tagLine matches the content tag of an image in a compiled file.
var tagLine = pattern.Lazy(schema.VarDistributionTag + `: "?([0-9a-f]{` + strconv.Itoa(schema.ContentTagLength) + `})"?`)

// committedTags returns the content tags in the compiled files of all branches and git tags that the checkout knows. Their pipelines use
// these images, and so do projects that include the components of a git tag.
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
		for _, match := range tagLine().FindAllStringSubmatch(out, -1) {
			tags = append(tags, match[1])
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}
