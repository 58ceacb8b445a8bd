package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// pushesAtOnce is how many images are pushed at a time; each of them sends several layers.
const pushesAtOnce = 4

func newPublishCommand(std cli.Streams, environ []string) *cobra.Command {
	var w localWork
	cmd := w.command(projectCommand{
		use:   "publish [IMAGE|GLOB...]",
		short: "Push images that were built and tested on this machine, and move their released tags",
		run: func(p *project, format string, args []string) error {
			return w.run(p, format, args, func(ctx context.Context, session local.Session, chosen []int) ([]local.Result, error) {
				if !w.destination.isPublished() {
					return nil, cli.UsageError{Err: errors.New("where to? Give --registry, such as registry.example.org/group/project, or set STEMMA_REGISTRY; images that were built without it belong to no registry")}
				}
				request := local.Publication{Chosen: chosen, AtOnce: pushesAtOnce, Committed: newCommitted(p, environ).check}
				why := "snapshots are never released"
				if w.destination.end == "" {
					request.IsReleased, why = releases(ctx, git.Repository{Dir: p.dir, Environ: environ})
				}
				if !request.IsReleased {
					fmt.Fprintf(p.std.Err, "No released tag moves: %s.\n", why)
				}
				return session.Publish(ctx, request)
			})
		},
	}, std, environ)
	w.snapshots(cmd)
	return cmd
}

// releases reports whether the checkout is on the branch that images are released from, and why not.
func releases(ctx context.Context, r git.Repository) (isReleased bool, why string) {
	branch, err := r.Run(ctx, "symbolic-ref", "--short", "--quiet", "HEAD")
	if err != nil {
		return false, "no branch is checked out"
	}
	branch = strings.TrimSpace(branch)
	from := []string{"main", "master"}
	if head, err := r.Run(ctx, "symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD"); err == nil {
		from = []string{strings.TrimPrefix(strings.TrimSpace(head), "origin/")}
	}
	return slices.Contains(from, branch), fmt.Sprintf("the branch is %s, and images are released from %s", branch, strings.Join(from, " or "))
}

// committed knows which images the present commit makes.
type committed struct {
	project *project
	environ []string
	// images are those of the commit, by name, compiled when they are first asked for.
	images func() (map[string]*lineage.Image, error)
}

func newCommitted(p *project, environ []string) *committed {
	c := &committed{project: p, environ: environ}
	c.images = sync.OnceValues(func() (map[string]*lineage.Image, error) { return c.compile(p.ctx) })
	return c
}

// check fails for an image that the commit makes from something else: nobody could tell from its labels what is in it.
func (c *committed) check(_ context.Context, i int) error {
	images, err := c.images()
	if err != nil {
		return fmt.Errorf("see what is committed: %w", err)
	}
	image := c.project.result.Graph.Images[i]
	if at, ok := images[image.Name]; !ok || at.Tag != image.Tag || at.Inputs != image.Inputs {
		return errors.New("what it is made of is not committed: commit it first")
	}
	return nil
}

// compile compiles the present commit in a checkout of its own.
func (c *committed) compile(ctx context.Context) (images map[string]*lineage.Image, err error) {
	folder, err := scratch.New(checkouts)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	repository := git.Repository{Dir: c.project.dir, Environ: c.environ}
	if err := sweepCheckouts(ctx, repository); err != nil {
		return nil, err
	}
	prefix, err := repository.Prefix(ctx)
	if err != nil {
		return nil, err
	}
	worktree, remove, err := repository.Worktree(ctx, "HEAD", filepath.Join(folder.Path, "checkout"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	p, err := openProjectIn(ctx, filepath.Join(worktree.Dir, filepath.FromSlash(prefix)), c.project.std, func(string) string { return "" })
	if err != nil {
		return nil, err
	}
	defer p.close()
	if p.found.HasErrors() {
		return nil, errors.New("the definition of the present commit has errors")
	}
	images = map[string]*lineage.Image{}
	for _, image := range p.result.Graph.Images {
		images[image.Name] = image
	}
	return images, nil
}
