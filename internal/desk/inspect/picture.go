package inspect

import (
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/desk/picture"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Picture returns what a picture of a project's images shows.
func Picture(p *project.Project) picture.Graph {
	g := picture.Graph{Title: "Images"}
	if p.Definition.Project != "" {
		g.Title = "Images of " + p.Definition.Project
	}
	explained := explanations(p)
	for i, image := range p.Graph.Images {
		shown := drawn(image)
		for _, job := range explained[i].Jobs {
			shown.Jobs = append(shown.Jobs, job.Name)
		}
		g.Images = append(g.Images, shown)
	}
	return g
}

// drawn returns an image without its jobs.
func drawn(image *lineage.Image) picture.Image {
	shown := picture.Image{
		Name: image.Name, Tag: image.Tag.String(), Parents: parents(image), Dependents: dependents(image.Dependents), Packages: image.Packages.Values(),
	}
	for _, label := range image.Labels {
		shown.Labels = append(shown.Labels, picture.Label{Name: label.Name, Value: label.Value})
	}
	return shown
}

func parents(image *lineage.Image) []picture.Parent {
	var all []picture.Parent
	for _, parent := range image.Origins() {
		link := picture.Files
		if parent.IsBase {
			link = picture.Base
		}
		all = append(all, picture.Parent{Name: parent.String(), IsOutside: parent.Image == nil, Link: link})
	}
	for _, before := range image.After {
		all = append(all, picture.Parent{Name: before.Name, Link: picture.After})
	}
	return all
}

// dependents names projects, each with the ref that is poked.
func dependents(declared []schema.Dependent) []string {
	var names []string
	for _, d := range declared {
		names = append(names, d.Project+" ("+d.Ref+")")
	}
	return names
}
