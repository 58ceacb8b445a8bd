package workstation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/checkout"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// pushesAtOnce is how many images are pushed at a time. Each push sends several layers at once.
const pushesAtOnce = 4

// Publish pushes the chosen images that were built and tested on this machine, and moves their released tags.
func Publish(ctx context.Context, p *project.Project, options Options) (Outcome, error) {
	return run(ctx, p, options, func(w *workplace) ([]local.Result, error) {
		if !w.target.IsPublished() {
			return nil, cli.Usagef("where to? Give --registry, such as registry.example.org/group/project, or set STEMMA_REGISTRY; images that were built without it belong to no registry")
		}
		request := local.Publication{Chosen: w.chosen, AtOnce: pushesAtOnce, Committed: w.committed(ctx)}
		why := "snapshots are never released"
		if w.target.TagSuffix == "" {
			request.IsReleased, why = isReleased(ctx, p.Repository())
		}
		if !request.IsReleased {
			fmt.Fprintf(options.Std.Err, "No released tag moves: %s.\n", why)
		}
		return w.Publish(ctx, request)
	})
}

// isReleased reports whether images are released from the current branch, and if not, why.
func isReleased(ctx context.Context, r git.Repository) (isReleased bool, why string) {
	branch, err := r.Branch(ctx)
	if err != nil {
		return false, "no branch is checked out"
	}
	from := []string{"main", "master"}
	if head, err := r.Line(ctx, "symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD"); err == nil {
		from = []string{strings.TrimPrefix(head, "origin/")}
	}
	return slices.Contains(from, branch), fmt.Sprintf("the branch is %s, and images are released from %s", branch, strings.Join(from, " or "))
}

// committed returns a function that fails for an image that the current commit does not make: its labels would name a commit with other
// inputs.
func (w *workplace) committed(ctx context.Context) func(context.Context, int) error {
	compiled := sync.OnceValues(func() (map[string]*lineage.Image, error) {
		images := map[string]*lineage.Image{}
		return images, checkout.Compile(ctx, w.project, func(p *project.Project) error {
			for _, image := range p.Graph.Images {
				images[image.Name] = image
			}
			return nil
		})
	})
	return func(_ context.Context, i int) error {
		images, err := compiled()
		if err != nil {
			return fmt.Errorf("see what is committed: %w", err)
		}
		image := w.project.Graph.Images[i]
		if at, ok := images[image.Name]; !ok || at.Tag != image.Tag || at.Inputs != image.Inputs {
			return errors.New("what it is made of is not committed: commit it first")
		}
		return nil
	}
}
