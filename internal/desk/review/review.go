// Package review shows a reviewer what a merge request does: in files that a job keeps, and in a comment of the merge request.
package review

import (
	"context"
	"fmt"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// Review is what a reviewer sees.
type Review struct {
	Diff diff.Diff
	// Graph has the images of the new version, and then the removed ones, with what the change does to each.
	Graph picture.Graph
	// Folder is the folder of the definition in the repository.
	Folder string
}

// New returns the review of a change. The graph has the images of the new version, and the removed ones.
func New(compared diff.Diff, graph picture.Graph, folder string) Review {
	if !compared.HasFindings() {
		graph = mark(graph, compared.Images)
	}
	return Review{compared, graph, folder}
}

// Fetch fetches the commit that the pipeline of a merge request compares with, if a shallow clone does not have it.
func Fetch(ctx context.Context, repository git.Repository, commit string) error {
	if commit == "" || strings.HasPrefix(commit, "-") {
		return nil
	}
	if _, err := repository.Run(ctx, "cat-file", "-e", commit+"^{commit}"); err == nil {
		return nil
	}
	if _, err := repository.Run(ctx, "fetch", "--quiet", "--no-tags", "--depth", "1", "origin", commit); err != nil {
		return fmt.Errorf("the clone does not have the commit %s, where the merge request begins, and it cannot be fetched: set the variable GIT_DEPTH of the job to 0: %w", commit, err)
	}
	return nil
}

// states are the states of images that are rebuilt or gone.
var states = map[diff.Kind]picture.State{
	diff.Added: picture.Added, diff.Removed: picture.Removed, diff.Renamed: picture.Changed, diff.Changed: picture.Changed, diff.Rebuilt: picture.Rebuilt,
}

// mark returns the graph with the state of each image. A removed one has the tag that it had.
func mark(graph picture.Graph, touched []diff.Image) picture.Graph {
	index := map[string]diff.Image{}
	images := make([]picture.Image, 0, len(graph.Images))
	for _, image := range touched {
		index[image.Name] = image
	}
	for _, image := range graph.Images {
		image.State = picture.Unchanged
		if change, ok := index[image.Name]; ok {
			image.State, image.Notes = states[change.Kind], notes(change)
			if change.Kind == diff.Removed {
				image.Tag = change.Tag.Old
			}
		}
		images = append(images, image)
	}
	graph.Images = images
	return graph
}

func notes(image diff.Image) []string { return strings.Split(strings.TrimSpace(image.Text()), "\n") }

// HTML writes the review as one page, which needs no other file and no network.
func (r Review) HTML(w io.Writer) error {
	page := r.Graph
	page.Sections = []picture.Section{{Heading: "Summary", Text: r.Diff.Summary()}}
	for _, section := range r.Diff.Sections() {
		page.Sections = append(page.Sections, picture.Section(section))
	}
	return page.HTML(w)
}
