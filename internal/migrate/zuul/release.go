package zuul

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// releases are where an image goes: each repository with the tags that are promoted or pushed there.
func (c *conversion) releases(i *image) []importer.Release {
	var out []importer.Release
	var repositories []string
	for _, e := range i.builds {
		repositories = append(repositories, e.repository)
	}
	for _, repository := range unique(repositories) {
		of := func(all []entry) []entry {
			return slices.DeleteFunc(slices.Clone(all), func(e entry) bool { return e.repository != repository })
		}
		builds, promotions := of(i.builds), of(i.promotions)
		if tags := c.released(i, builds, promotions); len(tags) > 0 {
			credentials := c.credentials(append(builds, promotions...), repository)
			out = append(out, importer.Release{Repository: repository, Tags: tags, Credentials: &credentials})
		}
	}
	return out
}

// released are the tags in one repository: those that the default branch sets, and those that a pipeline of a git tag does.
func (c *conversion) released(i *image, builds, promotions []entry) []string {
	var branch, version []string
	for _, e := range promotions {
		branch = append(branch, c.fromBranch(e)...)
	}
	for _, e := range builds {
		switch {
		case e.run.stage != uploading:
		case c.isPromoted(e.run) && len(promotions) == 0:
			c.report.Look(i.at, i.name, "no job of this tree promotes it; it is released all the same, from the default branch")
			branch = append(branch, c.fromBranch(e)...)
		case c.isPromoted(e.run):
		case isTagPipeline(e.run.pipeline):
			version = append(version, e.tags.version...)
		default:
			branch = append(branch, c.fromBranch(e)...)
		}
	}
	c.versions(i, unique(version))
	return slices.Concat(unique(branch), slices.DeleteFunc(unique(version), func(tag string) bool { return !isOfVersion(tag) }))
}

// fromBranch are the tags in a pipeline of a branch. The report has those that have no value there.
func (c *conversion) fromBranch(e entry) []string {
	if e.tags.onlyVersion != nil {
		c.report.Missing(e.at, "tags", "in a pipeline of a branch: %v; the tag is left out", e.tags.onlyVersion)
	}
	return e.tags.branch
}

// versions reports what a pipeline of git tags does that a release cannot, and what none does here.
func (c *conversion) versions(i *image, version []string) {
	fixed := slices.DeleteFunc(slices.Clone(version), isOfVersion)
	if len(fixed) > 0 {
		c.report.Missing(i.at, i.name, "a pipeline of git tags pushes it as %s: one sets only tags with {version}, {major} or {minor} in them", strings.Join(fixed, ", "))
	}
	switch {
	case len(version) == 0 && i.tags.byTag():
		c.report.Look(i.at, i.name, "no pipeline of git tags runs its jobs here; where one does, add the tags %s to its release", strings.Join(unique(i.tags.version), ", "))
	case i.tags.hasV && len(fixed) < len(version):
		c.report.Look(i.at, i.name, "for a git tag v1.2.3 Zuul keeps the v in the tags of the image; here they are those of 1.2.3")
	}
}

// isPromoted says whether a run pushes names that a promotion reads, as it does unless it is told otherwise.
func (c *conversion) isPromoted(r *run) bool {
	for images, name := range map[string]string{varDockerImages: "upload_docker_image_promote", varContainerImages: "upload_container_image_promote"} {
		n := r.vars[name]
		if n == nil || r.vars[images] == nil {
			continue
		}
		text, err := r.scope.text(n)
		if err == nil {
			return isTrue(text)
		}
		c.report.Look(n.at, name, "%v; it is taken to be true", err)
	}
	return true
}

// isTagPipeline says whether a pipeline is one of git tags, by its name.
func isTagPipeline(name string) bool {
	return strings.Contains(name, "release") || name == "tag" || strings.HasPrefix(name, "tag-") || strings.HasSuffix(name, "-tag")
}

// credentials are the names of the variables that hold the user and the password of a repository's registry. They are called
// after the registry, and after the secret where a registry has several.
func (c *conversion) credentials(entries []entry, repository string) importer.Credentials {
	registry, _, _ := strings.Cut(repository, "/")
	secret, data, at := c.secretOf(entries, registry)
	name := registry
	if first, known := c.registries[registry]; known && first != secret {
		name = secret
	} else {
		c.registries[registry] = secret
	}
	name = importer.NearestVariable(name, "REGISTRY_")
	out := importer.Credentials{Username: name + "_USERNAME", Password: name + "_PASSWORD"}
	if !c.variables[name] {
		c.variables[name] = true
		c.report.Look(at, registry, "create the CI variables %s and %s, masked and protected, with the user and the password", out.Username, out.Password)
		c.limits(data, registry)
	}
	return out
}

func unique(all []string) []string {
	var out []string
	for _, one := range all {
		if !contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}
