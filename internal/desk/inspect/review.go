package inspect

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/review"
)

// Review compares the work tree of a project with a commit, for a reviewer: with the one where its branch began if ref is empty. In the
// pipeline of a merge request it fetches the commit to compare with, if it is missing.
func Review(ctx context.Context, p *project.Project, ref string) (review.Review, error) {
	if ref == "" {
		if err := review.Fetch(ctx, p.Repository(), diff.InMergeRequest(p.Getenv)); err != nil {
			return review.Review{}, err
		}
	}
	compared, err := diff.Run(ctx, p, ref)
	if err != nil {
		return review.Review{}, err
	}
	folder, err := p.Repository().Prefix(ctx)
	return review.New(compared, reviewed(p, compared), folder), err
}

// reviewed returns the graph of the images, with those that are removed. A project without a definition, or with errors in it, has only these.
func reviewed(p *project.Project, compared diff.Diff) picture.Graph {
	g := picture.Graph{Title: "Images"}
	if len(compared.New.Findings) == 0 && compared.New.Definition != "" {
		g = Picture(p)
	}
	names := map[string]string{}
	for _, image := range compared.Images {
		names[image.Was] = image.Name
	}
	for _, image := range compared.Gone() {
		shown := drawn(image)
		for i, parent := range shown.Parents {
			if name := names[parent.Name]; name != "" && !parent.IsOutside {
				shown.Parents[i].Name = name
			}
		}
		shown.Dependents = nil // it pokes no project any more
		g.Images = append(g.Images, shown)
	}
	return g
}
