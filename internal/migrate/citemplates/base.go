package citemplates

import (
	"regexp"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The places of the project's own images, and of any on its GitLab.
var (
	ownPlace      = regexp.MustCompile(`^\$\{?(?:_FDO_)?CI_REGISTRY_IMAGE\}?/`)
	ownPath       = regexp.MustCompile(`^\$\{?CI_REGISTRY\}?/\$\{?CI_PROJECT_PATH\}?/`)
	registryPlace = regexp.MustCompile(`^\$\{?CI_REGISTRY\}?/`)
)

// base is what an image is built on: another of the file, one of another project, or any.
func (c *conversion) base(b *build) {
	name := schema.VarBaseImage
	written, unknown := b.variables.Get(name)
	at := b.variables[name].At
	written = strings.TrimSpace(written)
	if written == "" {
		return
	}
	if parent := c.builtAt(written); parent != nil {
		b.parent, b.image.Base = parent, parent.image.Name
		return
	}
	if own, ok := ownImage(written); ok {
		c.ownBase(b, at, own)
		return
	}
	if rest := registryPlace.ReplaceAllString(written, ""); rest != written && !strings.Contains(rest, "$") {
		c.projectBase(b, at, rest)
		return
	}
	if len(unknown) > 0 {
		c.leaveOut(b, at, "%s holds what only a job knows: %s", name, dollars(unknown))
		return
	}
	written = whole(written)
	if _, err := schema.ParseReference(written); err != nil {
		c.leaveOut(b, at, "%s: %v", name, err)
		return
	}
	b.image.Base = written
}

// whole is a reference with the registry and the tag that builders add: those of Docker Hub, and "latest".
func whole(reference string) string {
	first, _, isPath := strings.Cut(reference, "/")
	switch {
	case !isPath:
		reference = "docker.io/library/" + reference
	case !strings.ContainsAny(first, ".:") && first != "localhost":
		reference = "docker.io/" + reference
	}
	if last := reference[strings.LastIndexByte(reference, '/'):]; !strings.ContainsAny(last, ":@") {
		reference += ":latest"
	}
	return reference
}

// ownImage is the path and tag of an image in the project's own registry.
func ownImage(reference string) (string, bool) {
	for _, place := range []*regexp.Regexp{ownPlace, ownPath} {
		if rest := place.ReplaceAllString(reference, ""); rest != reference {
			return rest, true
		}
	}
	return "", false
}

// builtAt returns the build whose image has a reference. The project's path behind any registry is the project's, since images
// of its own jobs are there with these tags.
func (c *conversion) builtAt(reference string) *build {
	own, ok := ownImage(reference)
	if _, rest, isPath := strings.Cut(reference, "/"); !ok && isPath && c.project != "" && len(rest) > len(c.project) && strings.EqualFold(rest[:len(c.project)+1], c.project+"/") {
		own = rest[len(c.project)+1:]
	}
	if b := c.places[own]; b != nil {
		return b.original()
	}
	return nil
}

// ownBase is an image of the project that no job of the file builds.
func (c *conversion) ownBase(b *build, at diagnostic.Span, own string) {
	place, tag, _ := strings.Cut(own, ":")
	image := importer.ProjectImage{Project: c.project, Image: place, Tag: tag}
	switch {
	case c.project == "":
		c.leaveOut(b, at, "no job of the file builds its base %s, and the project's path is not known: say it with --project", diagnostic.Quote(own))
	case tag == "" || !isProjectImage(image):
		c.leaveOut(b, at, "no job of the file builds its base %s", diagnostic.Quote(own))
	default:
		b.image.Base = image
		c.report.Look(at, schema.VarBaseImage, "no job of the file builds %s, which must be in the project's registry already", own)
	}
}

// projectBase is an image of another project on the same GitLab. An image has two segments at most, and a project two at least.
func (c *conversion) projectBase(b *build, at diagnostic.Span, rest string) {
	place, tag, _ := strings.Cut(rest, ":")
	segments := strings.Split(place, "/")
	cut := min(max(2, len(segments)-2), len(segments))
	image := importer.ProjectImage{Project: strings.Join(segments[:cut], "/"), Image: strings.Join(segments[cut:], "/"), Tag: tag}
	if !isProjectImage(image) {
		c.leaveOut(b, at, "its base %s is not the image of a project, with a tag", diagnostic.Quote(rest))
		return
	}
	if len(segments) > 3 {
		c.report.Look(at, schema.VarBaseImage, "a path does not say where a project ends: %s is taken for the project, and %s for its image", image.Project, image.Image)
	}
	b.image.Base = image
}

// isProjectImage reports whether the definition takes an image of a project.
func isProjectImage(image importer.ProjectImage) bool {
	_, err := schema.ParseTag(image.Tag)
	return importer.ProjectPath.Takes(image.Project) && importer.CheckName(image.Image) == nil && (image.Tag == "" || err == nil)
}

// settleChildren finds another base for what is built on what is left out, and leaves out what is built on itself by way of others.
func (c *conversion) settleChildren() {
	settled, walking := map[*build]bool{}, map[*build]bool{}
	var settle func(*build)
	settle = func(b *build) {
		at := b.variables[schema.VarBaseImage].At
		switch {
		case b.parent == nil || settled[b]:
			return
		case walking[b]:
			c.leaveOut(b, at, "it is built on itself, by way of others")
			return
		}
		walking[b] = true
		settle(b.parent)
		settled[b] = true
		if b.parent.out && !b.out {
			c.keepParent(b, at)
		}
	}
	for _, b := range c.converted() {
		settle(b)
	}
}

// keepParent builds an image on one of the project that its own job goes on building, or leaves it out too.
func (c *conversion) keepParent(b *build, at diagnostic.Span) {
	parent := b.parent
	image := importer.ProjectImage{Project: c.project, Image: parent.place, Tag: parent.tag}
	if parent.template.kind != buildsContainer || parent.tag == "" || !isProjectImage(image) {
		c.leaveOut(b, at, "it is built on %s, of which no image is made", parent.label)
		return
	}
	b.parent, b.image.Base = nil, image
	c.report.Look(at, schema.VarBaseImage, "%s stays a job of its own, which builds the base of %s: let build:%s need it, as `build:%s: {needs: [%s]}`",
		parent.label, b.image.Name, b.image.Name, b.image.Name, parent.job.Name)
}
