// Package target finds the registry path that a project's images belong to on a developer's machine, and gives each image the
// variables that GitLab would give its jobs.
package target

import (
	"os"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/local"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Target is the registry path that the images of a run belong to.
type Target struct {
	// Prefix precedes the name of every image: the registry path of the project, or localhost.
	Prefix string
	// Registry is the host of images of other projects; it may be empty.
	Registry string
	// TagSuffix is appended to all tags of a snapshot; otherwise it is empty.
	TagSuffix string
}

// localhost is the prefix of images that belong to no registry.
const localhost = "localhost"

// Find returns the target that the command line names, or else the variable STEMMA_REGISTRY, or in a job GitLab's own variable. If it
// is a registry without a path, Find adds the path of the project.
func Find(p *project.Project, flag string) (Target, error) {
	prefix := flag
	for _, name := range []string{"STEMMA_REGISTRY", "CI_REGISTRY_IMAGE"} {
		if prefix == "" {
			prefix = p.Getenv(name)
		}
	}
	given := strings.Trim(prefix, "/")
	prefix = strings.ToLower(given)
	if prefix == "" || prefix == localhost {
		return Target{Prefix: localhost, Registry: p.Getenv("CI_REGISTRY")}, nil
	}
	host, path, _ := strings.Cut(prefix, "/")
	if !schema.NamesRegistry(prefix + "/") {
		return Target{}, cli.Usagef("%q names no registry: write registry.example.org/group/project", given)
	}
	if path == "" {
		if p.Definition.Project == "" {
			return Target{}, cli.Usagef("%q is only a registry, and the definition has no `project`: write %s/group/project", given, prefix)
		}
		prefix = host + "/" + strings.ToLower(p.Definition.Project)
	}
	return Target{Prefix: prefix, Registry: host}, nil
}

// FindRegistry is Find for commands that need a registry.
func FindRegistry(p *project.Project, flag string) (Target, error) {
	t, err := Find(p, flag)
	if err == nil && !t.IsPublished() {
		err = cli.Usagef("where are the images? Give --registry, such as registry.example.org/group/project, or set STEMMA_REGISTRY")
	}
	return t, err
}

// IsPublished reports whether the images belong to a registry.
func (t Target) IsPublished() bool { return t.Prefix != localhost }

// Images returns the images with the variables of their compiled jobs and the registry of the target.
func (t Target) Images(p *project.Project) ([]local.Image, error) {
	indexes := make(map[*lineage.Image]int, len(p.Graph.Images))
	images := make([]local.Image, len(p.Graph.Images))
	for i, image := range p.Graph.Images {
		indexes[image] = i
		reference, err := t.reference(image)
		if err != nil {
			return nil, err
		}
		images[i] = local.Image{Name: image.Name, Reference: reference}
		for _, before := range image.Before() {
			if !slices.Contains(images[i].Needs, indexes[before]) {
				images[i].Needs = append(images[i].Needs, indexes[before])
			}
		}
		for _, job := range p.Pipeline.Sections[i].Jobs {
			t.addJob(p, &images[i], image, job)
		}
	}
	return images, nil
}

func (t Target) addJob(p *project.Project, to *local.Image, image *lineage.Image, job pipeline.Job) {
	switch {
	case strings.HasPrefix(job.Name, ".fdo.container-build@"):
		to.Build = t.expand(job.Variables)
		for _, secret := range image.Secrets {
			to.Build[secret.Variable] = p.Getenv(secret.Variable)
		}
		t.dropUnused(to.Build)
	case strings.HasPrefix(job.Name, "verify:"):
		to.Verify = t.expand(job.Variables)
	case strings.HasPrefix(job.Name, "release:"):
		to.Release = t.expand(job.Variables)
		for _, name := range job.Inherit {
			to.Release[name] = p.Getenv(name) // the credentials of other registries that it is released to
		}
	}
}

// dropUnused removes variables that do not apply to a build that pushes nothing: the cache of layers, and the mirror of parents in a
// registry that does not exist. The tests of parents are removed too: a parent that is built here passes its tests first, and a parent
// with its tag in the registry has passed them.
func (t Target) dropUnused(variables map[string]string) {
	delete(variables, schema.VarBuildCache)
	delete(variables, schema.VarParentTests)
	if !t.IsPublished() {
		delete(variables, schema.VarMirrored)
	}
}

// reference returns where an image belongs.
func (t Target) reference(image *lineage.Image) (oci.Reference, error) {
	repository, err := oci.ParseRepository(t.Prefix + "/" + image.Name)
	if err != nil {
		return oci.Reference{}, cli.Usagef("the registry %s: %w", t.Prefix, err)
	}
	return repository.Tag(schema.TagOf(image.Tag.String() + t.TagSuffix)), nil
}

// expand expands GitLab's variables in the variables of a job.
func (t Target) expand(written []pipeline.Variable) map[string]string {
	known := map[string]string{"CI_REGISTRY_IMAGE": t.Prefix, "CI_REGISTRY": t.Registry}
	out := make(map[string]string, len(written))
	for _, v := range written {
		out[v.Name] = v.Value
		if !v.Literal {
			out[v.Name] = os.Expand(v.Value, func(name string) string { return known[name] })
		}
	}
	return out
}

// CheckParents returns an error if a wanted image has a parent in another project and the registry of that project is not known.
func (t Target) CheckParents(wanted []*lineage.Image) error {
	if t.Registry != "" {
		return nil
	}
	for _, image := range wanted {
		for _, parent := range image.Parents {
			if parent.Project.Path != "" {
				return cli.Usagef("%s is built from %s, and it is not known which registry has that: set CI_REGISTRY, such as registry.gitlab.com, or give --registry", image.Name, parent)
			}
		}
	}
	return nil
}
