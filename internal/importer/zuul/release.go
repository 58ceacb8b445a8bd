package zuul

import (
	"regexp"
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

// places are the releases with their credentials. Tags that are made of a git tag are set by its pipeline, all others from the
// default branch.
func (c *conversion) places(i *image, branch, version []string) []importer.Release {
	var fixed []string
	tags := branch
	for _, tag := range version {
		if isOfVersion(tag) {
			tags = append(tags, tag)
		} else {
			fixed = append(fixed, tag)
		}
	}
	if len(fixed) > 0 {
		c.report.Missing(i.at, i.name, "a pipeline of git tags pushes it as %s: one sets only tags with {version}, {major} or {minor} in them", strings.Join(fixed, ", "))
	}
	switch {
	case len(version) == 0 && i.tags.byTag():
		c.report.Look(i.at, i.name, "no pipeline of git tags runs its jobs here; where one does, add the tags %s to its release", strings.Join(unique(i.tags.version), ", "))
	case i.tags.hasV && len(tags) > len(branch):
		c.report.Look(i.at, i.name, "for a git tag v1.2.3 Zuul keeps the v in the tags of the image; here they are those of 1.2.3")
	}
	if len(tags) == 0 {
		return nil
	}
	credentials := c.credentials(i)
	return []importer.Release{{Repository: i.repository, Tags: tags, Credentials: &credentials}}
}

// onlyVersion reports tags that a pipeline of a branch has no value for.
func (c *conversion) onlyVersion(e entry) {
	if e.tags.onlyVersion != nil {
		c.report.Missing(e.at, "tags", "in a pipeline of a branch: %v; the tag is left out", e.tags.onlyVersion)
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
