package dockerpkg

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// link returns an image's Dockerfile with the images of the tree as its parents: what docker-pkg renders, but each FROM of
// an image of the tree through an argument that has the image's name, and each other place with that name.
func (c *conversion) link(i *image) (dockerfile string, edges []edge) {
	places := imagePlaces(i.rendered)
	l := &linking{conversion: c, image: i, places: places, stages: map[string]int{}, linked: map[string]bool{}, seen: map[string]int{}}
	for _, place := range slices.Backward(places) {
		if place.as != "" {
			l.stages[strings.ToLower(place.as)] = place.from
		}
	}
	first := firstFrom(i.rendered)
	var body strings.Builder
	last := first
	for _, place := range places {
		if replacement, ok := l.replace(place); ok && place.from >= last {
			body.WriteString(i.rendered[last:place.from] + replacement)
			last = place.to
		}
	}
	body.WriteString(i.rendered[last:])
	l.reportText()
	slices.Sort(l.arguments)
	dockerfile = i.rendered[:first] + strings.Join(slices.Compact(l.arguments), "") + body.String()
	if !strings.HasSuffix(dockerfile, "\n") {
		dockerfile += "\n"
	}
	return dockerfile, l.edges
}

// firstFrom is the offset of the line of the first FROM.
func firstFrom(source string) int {
	for _, i := range instructions(source) {
		if i.keyword == "FROM" {
			return i.from
		}
	}
	return len(source)
}

// linking is the conversion of one Dockerfile.
type linking struct {
	*conversion
	image  *image
	places []imagePlace
	// stages are where stages begin, by their names in lower case.
	stages    map[string]int
	arguments []string
	// edges are the parents, each once.
	edges []edge
	// linked are the references that became parents.
	linked map[string]bool
	// seen counts the places of a reference so far.
	seen map[string]int
}

// replace returns the text that replaces an image of the tree.
func (l *linking) replace(place imagePlace) (string, bool) {
	reference := l.image.rendered[place.from:place.to]
	repository, tag := cutTag(reference)
	parent := l.tree.byRepository(repository)
	if parent == nil || l.isStage(reference, place) {
		return "", false
	}
	at := l.place(reference)
	switch {
	case l.isStage(parent.name, place):
		l.report.Look(at, reference, "a stage has the name of the image %s; the reference stays as it is, a parent from outside", parent.name)
		return "", false
	case tag == "" || tag == "latest":
		l.report.Look(at, reference, "this is the newest that was published; the image of the tree takes its place, as the tree has it")
	case tag != parent.tag:
		l.report.Look(at, reference, "the tree has this image with the tag %s; the reference stays as it is, a parent from outside", parent.tag)
		return "", false
	}
	l.linked[reference] = true
	if !slices.ContainsFunc(l.edges, func(e edge) bool { return e.to == parent }) {
		l.edges = append(l.edges, edge{parent, at})
	}
	if !place.isFrom {
		return parent.name, true
	}
	argument := argumentName(parent.name)
	l.arguments = append(l.arguments, fmt.Sprintf("ARG %s=%s\n", argument, parent.name))
	return "${" + argument + "}", true
}

// isStage reports whether a name means a stage in some place.
func (l *linking) isStage(name string, place imagePlace) bool {
	begins, ok := l.stages[strings.ToLower(name)]
	return ok && begins < place.from
}

// place is where the template asks for a reference, or the line of the rendered Dockerfile where it is written out.
func (l *linking) place(reference string) diagnostic.Span {
	var at []diagnostic.Span
	for _, tag := range l.image.tags {
		if tag.reference == reference {
			at = append(at, tag.at)
		}
	}
	if len(at) > 0 {
		l.seen[reference]++
		return at[min(l.seen[reference], len(at))-1]
	}
	for n, line := range strings.Split(l.image.template, "\n") {
		if _, name, _ := strings.Cut(reference, "/"); strings.Contains(line, name) {
			return l.tree.at(path.Join(l.image.folder, templateFile), n+1, 0)
		}
	}
	return l.tree.at(path.Join(l.image.folder, templateFile), 0, 0)
}

// reportText reports references and versions that became plain text, and so do not follow the images that they name.
func (l *linking) reportText() {
	parts := map[string]bool{}
	for _, version := range l.image.versions {
		parts[version.reference] = true
		l.report.Look(version.at, "upstream_version", "the version of %s is written into the Dockerfile and does not follow that image any more", version.reference)
	}
	for _, tag := range l.image.tags {
		if !l.linked[tag.reference] && !parts[tag.reference] && strings.Contains(l.image.rendered, tag.reference) && !l.isPlace(tag.reference) {
			l.report.Look(tag.at, "image_tag", "%s is written into the Dockerfile as text and does not follow that image any more", tag.reference)
		}
	}
}

// isPlace reports whether a reference is in a place where a Dockerfile names an image.
func (l *linking) isPlace(reference string) bool {
	return slices.ContainsFunc(l.places, func(p imagePlace) bool {
		return l.image.rendered[p.from:p.to] == reference
	})
}

// argumentName is the argument of a Dockerfile that holds an image's name.
func argumentName(name string) string {
	return "IMAGE_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// byRepository returns the image of the tree that is published to a repository, or nil.
func (t *tree) byRepository(repository string) *image {
	i := t.byName[path.Base(repository)]
	if i == nil || i.unusable != "" || t.config.repository(i.name) != repository {
		return nil
	}
	return i
}
