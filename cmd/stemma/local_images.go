package main

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// localImages are the images as their compiled jobs have them, with the registry of this run in place of GitLab's.
func (p *project) localImages(to destination) ([]local.Image, error) {
	numbers := make(map[*lineage.Image]int, len(p.result.Graph.Images))
	images := make([]local.Image, len(p.result.Graph.Images))
	for i, image := range p.result.Graph.Images {
		numbers[image] = i
		reference, err := to.reference(image)
		if err != nil {
			return nil, err
		}
		images[i] = local.Image{Name: image.Name, Reference: reference}
		for _, before := range image.Before() {
			if !slices.Contains(images[i].Needs, numbers[before]) {
				images[i].Needs = append(images[i].Needs, numbers[before])
			}
		}
		for _, job := range p.result.Pipeline.Sections[i].Jobs {
			variables := to.variables(job.Variables)
			switch {
			case strings.HasPrefix(job.Name, ".fdo.container-build@"):
				for _, secret := range image.Secrets {
					variables[secret.Variable] = p.getenv(secret.Variable)
				}
				images[i].Build = withoutRegistry(variables, to)
			case strings.HasPrefix(job.Name, "verify:"):
				images[i].Verify = variables
			case strings.HasPrefix(job.Name, "release:"):
				images[i].Release = variables
				for _, name := range job.Inherit {
					variables[name] = p.getenv(name) // the credentials of places that it is released to
				}
			}
		}
	}
	return images, nil
}

// withoutRegistry leaves out what is of no use to a build that pushes nothing: a cache of layers, copies in a registry that is not
// there, and the tests of parents. A parent that this machine builds passes its tests first, and one that the registry has under its tag
// has passed them.
func withoutRegistry(variables map[string]string, to destination) map[string]string {
	delete(variables, schema.VarBuildCache)
	delete(variables, schema.VarParentTests)
	if !to.isPublished() {
		delete(variables, schema.VarMirrored)
	}
	return variables
}

// destination tells which registry and path the images of a run belong to.
type destination struct {
	// prefix precedes the name of every image: the registry path of the project, or localhost.
	prefix string
	// registry is the host that images of other projects are at; it may be empty.
	registry string
	// end is what the tags of all images of a snapshot end with; it may be empty.
	end string
}

// onlyHere is the prefix of images that belong to no registry.
const onlyHere = "localhost"

// isPublished reports whether there is a registry.
func (h destination) isPublished() bool { return h.prefix != onlyHere }

// reference is where an image belongs. Every tag of a run comes from here.
func (h destination) reference(image *lineage.Image) (oci.Reference, error) {
	repository, err := oci.ParseRepository(h.prefix + "/" + image.Name)
	if err != nil {
		return oci.Reference{}, cli.UsageError{Err: fmt.Errorf("the registry %s: %w", h.prefix, err)}
	}
	return repository.Tag(image.Tag.String() + h.end), nil
}

// variables are those of a job, with the values that GitLab would fill in.
func (h destination) variables(written []pipeline.Variable) map[string]string {
	out := make(map[string]string, len(written))
	for _, v := range written {
		out[v.Name] = v.Value
		if !v.Literal {
			out[v.Name] = os.Expand(v.Value, h.fill)
		}
	}
	return out
}

func (h destination) fill(name string) string {
	switch name {
	case "CI_REGISTRY_IMAGE":
		return h.prefix
	case "CI_REGISTRY":
		return h.registry
	default:
		return ""
	}
}

// homeOf finds out where the images belong: what the command line names, or else STEMMA_REGISTRY, or GitLab's own variable in a job.
// A registry without a path gets that of the project.
func (p *project) destinationOf(flag string) (destination, error) {
	prefix := flag
	for _, name := range []string{"STEMMA_REGISTRY", "CI_REGISTRY_IMAGE"} {
		if prefix == "" {
			prefix = p.getenv(name)
		}
	}
	prefix = strings.ToLower(strings.Trim(prefix, "/"))
	if prefix == "" || prefix == onlyHere {
		return destination{prefix: onlyHere, registry: p.getenv("CI_REGISTRY")}, nil
	}
	host, path, _ := strings.Cut(prefix, "/")
	if !oci.NamesRegistry(prefix + "/") {
		return destination{}, cli.UsageError{Err: fmt.Errorf("%q names no registry: write registry.example.org/group/project", prefix)}
	}
	if path == "" {
		if p.result.Definition.Project == "" {
			return destination{}, cli.UsageError{Err: fmt.Errorf("%q is only a registry, and the definition has no `project`: write %s/group/project", prefix, prefix)}
		}
		prefix = host + "/" + strings.ToLower(p.result.Definition.Project)
	}
	return destination{prefix: prefix, registry: host}, nil
}

// chosenImages are the numbers of the images whose names match one of the patterns; all of them where there are none.
func (p *project) chosenImages(patterns []string) ([]int, error) {
	names := imageNames(p.result.Graph)
	chosen := map[int]bool{}
	for _, pattern := range patterns {
		if !doublestar.ValidatePattern(pattern) {
			return nil, cli.UsageError{Err: fmt.Errorf("%s is not a pattern", diagnostic.Quote(pattern))}
		}
		found := false
		for i, name := range names {
			if doublestar.MatchUnvalidated(pattern, name) {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, cli.UsageError{Err: fmt.Errorf("no image is called %s%s", diagnostic.Quote(pattern), diagnostic.DidYouMean(pattern, names))}
		}
	}
	numbers := make([]int, 0, len(names))
	for i := range names {
		if len(patterns) == 0 || chosen[i] {
			numbers = append(numbers, i)
		}
	}
	return numbers, nil
}

// checkOtherProjects fails where an image that is to be built needs one of another project, and nobody said where these are.
func (p *project) checkOtherProjects(to destination, wanted []bool) error {
	if to.registry != "" {
		return nil
	}
	for i, image := range p.result.Graph.Images {
		for _, parent := range image.Parents {
			if wanted[i] && parent.Project.Path != "" {
				return cli.UsageError{Err: fmt.Errorf("%s is built from %s, and it is not known which registry has that: set CI_REGISTRY, such as registry.gitlab.com, or give --registry", image.Name, parent)}
			}
		}
	}
	return nil
}

// checkTracked fails where git does not have the Containerfile of an image that is to be built: no pipeline would find it.
func (p *project) checkTracked(wanted []bool) error {
	var needed []neededFile
	for i, image := range p.result.Graph.Images {
		if wanted[i] && image.Containerfile.Present() {
			needed = append(needed, neededFile{path.Clean(image.Containerfile.Value), p.found.Errorf})
		}
	}
	if err := p.reportMissing(needed); err != nil {
		return err
	}
	if p.found.HasErrors() {
		return p.print("text")
	}
	return nil
}

// localVariables are those that GitLab would give every job, and those of this machine that the compiled jobs inherit.
func (p *project) localVariables(to destination) map[string]string {
	v := map[string]string{"CI_REGISTRY": to.registry, "CI_REGISTRY_IMAGE": to.prefix, "CI_PROJECT_PATH": p.result.Definition.Project}
	if v["CI_PROJECT_PATH"] == "" {
		_, v["CI_PROJECT_PATH"], _ = strings.Cut(to.prefix, "/")
	}
	shared := slices.Clone(p.result.Pipeline.Shared)
	if children := p.result.Pipeline.Children; len(children) > 0 {
		shared = append(shared, children[0].Shared...)
	}
	for _, job := range shared {
		for _, name := range job.Inherit {
			for _, spelled := range []string{name, strings.ToLower(name)} {
				if value := p.getenv(spelled); value != "" && name != "DOCKER_AUTH_CONFIG" {
					v[spelled] = value
				}
			}
		}
	}
	return v
}
