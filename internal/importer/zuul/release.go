package zuul

import (
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/importer"
)

// releases are where an image goes: from the default branch what is promoted or pushed there, and from git tags what a
// pipeline of them pushes.
func (c *conversion) releases(i *image) []importer.Release {
	var branch, version []string
	for _, e := range i.promotions {
		branch = append(branch, e.tags.branch...)
		c.onlyVersion(e)
	}
	for _, e := range i.builds {
		if e.run.stage != uploading {
			continue
		}
		direct, isTag := !c.isPromoted(e.run), isTagPipeline(e.run.pipeline)
		switch {
		case direct && isTag:
			version = append(version, e.tags.version...)
		case direct:
			branch = append(branch, e.tags.branch...)
			c.onlyVersion(e)
		case len(i.promotions) == 0:
			c.report.Look(i.at, i.name, "no job of this tree promotes it; it is released all the same, from the default branch")
			branch = append(branch, e.tags.branch...)
			c.onlyVersion(e)
		}
	}
	return c.places(i, unique(branch), unique(version))
}

// places are the releases with their credentials.
func (c *conversion) places(i *image, branch, version []string) []importer.Release {
	var out []importer.Release
	add := func(tags []string) {
		credentials := c.credentials(i)
		out = append(out, importer.Release{Repository: i.repository, Tags: tags, Credentials: &credentials})
	}
	if len(branch) > 0 {
		add(branch)
	}
	switch {
	case slices.ContainsFunc(version, isPart):
		add(version)
	case len(version) > 0 && len(branch) == 0:
		c.report.Missing(i.at, i.name, "a pipeline of git tags pushes it as %s, and a release from git tags needs one with a part of the git tag, such as %s", strings.Join(version, ", "), partVersion)
	case i.tags.byTag():
		c.report.Look(i.at, i.name, "no pipeline of git tags runs its jobs here; where one does, add a release with the tags %s", strings.Join(unique(i.tags.version), ", "))
	}
	if i.tags.hasV && slices.ContainsFunc(version, isPart) {
		c.report.Look(i.at, i.name, "for a git tag v1.2.3 Zuul keeps the v in the tags of the image; here they are those of 1.2.3")
	}
	return out
}

// onlyVersion reports tags that a pipeline of a branch has no value for.
func (c *conversion) onlyVersion(e entry) {
	if e.tags.onlyVersion != nil {
		c.report.Missing(e.at, "tags", "in a pipeline of a branch: %v; the tag is left out", e.tags.onlyVersion)
	}
}

func isPart(tag string) bool { return tag == partMajor || tag == partMinor || tag == partVersion }

// isPromoted says whether a run pushes names that a promotion reads, as it does unless it is told otherwise.
func (c *conversion) isPromoted(r *run) bool {
	for _, name := range []string{"upload_docker_image_promote", "upload_container_image_promote"} {
		n := r.vars[name]
		if n == nil || r.vars[map[string]string{"upload_docker_image_promote": varDockerImages, "upload_container_image_promote": varContainerImages}[name]] == nil {
			continue
		}
		text, err := r.scope.text(n)
		if err != nil {
			c.report.Look(n.at, name, "%v; it is taken to be true", err)
			return true
		}
		return isTrue(text)
	}
	return true
}

// isTagPipeline says whether a pipeline is one of git tags, by its name.
func isTagPipeline(name string) bool {
	return strings.Contains(name, "release") || name == "tag" || strings.HasPrefix(name, "tag-") || strings.HasSuffix(name, "-tag")
}

var notInVariables = regexp.MustCompile(`[^A-Z0-9]+`)

// credentials are the names of the variables that hold a registry's user and password.
func (c *conversion) credentials(i *image) importer.Credentials {
	registry, _, _ := strings.Cut(i.repository, "/")
	name := notInVariables.ReplaceAllString(strings.ToUpper(registry), "_")
	if name[0] >= '0' && name[0] <= '9' {
		name = "REGISTRY_" + name
	}
	out := importer.Credentials{Username: name + "_USERNAME", Password: name + "_PASSWORD"}
	if !c.registries[registry] {
		c.registries[registry] = true
		c.report.Look(c.secretOf(i, registry), registry, "create the CI variables %s and %s, masked and protected, with the user and the password", out.Username, out.Password)
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
