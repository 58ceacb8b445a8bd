package containerfiles

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// parents finds what is built on what. A name without a registry means the image of the tree, as after builds on one machine; an
// image that is built on its own name means that of Docker Hub.
func (c *conversion) parents() {
	for _, i := range c.images {
		for _, parent := range i.parsed.Parents {
			own := c.named(parent.Reference)
			switch {
			case i.out || own == nil:
			case own.out && own != i:
				c.report.Look(c.line(i, parent.Line), parent.Reference, "the image %s of this tree was left out, so this one comes from a registry", own.made.Name)
			case parent.Reference != own.made.Name && (own == i || own.reaches(i) || !c.isMeant(i, parent, own)):
				c.suggest(i, parent, own)
			case parent.Reference != own.made.Name:
				c.rename(i, parent, own)
			case own == i || own.reaches(i):
				c.outside(i, parent, own)
			default:
				i.on = append(i.on, own)
				if !isValue(i.made.Args, own.made.Name) {
					c.looks.Add(c.line(i, parent.Line), own.made.Name, "FROM means this image now, and not one of Docker Hub", i.made.Name)
				}
			}
		}
	}
}

// isValue reports whether an argument got an image of the tree, which the report has already.
func isValue(args map[string]string, name string) bool {
	for _, value := range args {
		if value == name {
			return true
		}
	}
	return false
}

// suggest speaks of a reference that may mean an image of the tree.
func (c *conversion) suggest(i *image, parent containerfile.Parent, own *image) {
	if own == i {
		return
	}
	c.report.Look(c.line(i, parent.Line), parent.Reference,
		"it looks like the image %s of this tree: write `FROM %s` there, so that it is built first and its rebuild is followed", own.made.Name, own.made.Name)
}

// isMeant reports whether a reference that is not the name of an image of the tree means one: its line has the name behind arguments,
// as `FROM ${NAMESPACE}/base:${VERSION}` has, or it has the name behind the first word of the tree's own. A name with a tag alone is one of
// Docker Hub.
func (c *conversion) isMeant(i *image, parent containerfile.Parent, own *image) bool {
	line := ""
	if lines := strings.Split(i.content, "\n"); parent.Line > 0 && parent.Line <= len(lines) {
		line = lines[parent.Line-1]
	}
	isPrefixed := !strings.Contains(parent.Reference, "/") && strings.Contains(parent.Reference, "-"+own.made.Name)
	return strings.Contains(line, "$") && strings.Contains(line, "/"+own.made.Name) || isPrefixed
}

// rename lets a reference mean an image of the tree.
func (c *conversion) rename(i *image, parent containerfile.Parent, own *image) {
	if !importer.ParentName.Takes(parent.Reference) {
		c.suggest(i, parent, own)
		return
	}
	i.on = append(i.on, own)
	if i.made.Parents == nil {
		i.made.Parents = map[string]any{}
	}
	i.made.Parents[parent.Reference] = own.made.Name
	c.report.Look(c.line(i, parent.Line), parent.Reference, "it is taken for the image %s of this tree, which is built first; remove it from `parents` if it is another", own.made.Name)
}

// outside takes the name of an image of the tree for one of Docker Hub's.
func (c *conversion) outside(i *image, parent containerfile.Parent, own *image) {
	if i.made.Parents == nil {
		i.made.Parents = map[string]any{}
	}
	i.made.Parents[parent.Reference] = importer.OnHub(parent.Reference)
	if own != i {
		c.report.Look(c.line(i, parent.Line), parent.Reference, "the image %s of this tree is built on %s itself, so this one comes from Docker Hub", own.made.Name, i.made.Name)
	}
}

// reaches reports whether an image is built on another, over any number of steps.
func (i *image) reaches(other *image) bool {
	return importer.Reaches(i, other, func(i *image) []*image { return i.on })
}

// named is the image of the tree that a reference means: by its name, or by a registry path that ends in it. What Docker makes
// itself is none.
func (c *conversion) named(reference string) *image {
	repository, _, _ := strings.Cut(reference, "@")
	if at := strings.LastIndexByte(repository, ':'); at > strings.LastIndexByte(repository, '/') {
		repository = repository[:at]
	}
	if strings.HasPrefix(repository, "docker.io/library/") || strings.HasPrefix(repository, "library/") {
		return nil
	}
	for _, i := range c.images {
		if repository == i.made.Name || strings.HasSuffix(repository, "/"+i.made.Name) {
			return i
		}
	}
	return c.prefixed(path.Base(repository))
}

// prefixed is the only image of the tree whose name, behind the first word of the tree's own, is that of a reference: in the tree
// s2i-base-container the image core-c9s is called s2i-core-c9s.
func (c *conversion) prefixed(name string) *image {
	word, _, hasMore := strings.Cut(strings.ToLower(c.tree.Root), "-")
	rest, isPrefixed := strings.CutPrefix(name, word+"-")
	if !hasMore || !isPrefixed {
		return nil
	}
	n := slices.IndexFunc(c.images, func(i *image) bool { return i.made.Name == rest })
	if n < 0 {
		return nil
	}
	return c.images[n]
}

var (
	argument = regexp.MustCompile(`(?mi)^[ \t]*ARG[ \t]+([A-Za-z_][A-Za-z0-9_]*)=["']?([^\s"']+)["']?[ \t]*$`)
	from     = regexp.MustCompile(`(?mi)^[ \t]*FROM[ \t]`)
)

// arguments looks at the arguments before the first FROM: one whose default is the whole reference of an image of the tree gets
// that image as its value.
func (c *conversion) arguments(i *image) {
	if i.out {
		return
	}
	head := i.content
	if at := from.FindStringIndex(head); at != nil {
		head = head[:at[0]]
	}
	for _, match := range argument.FindAllStringSubmatch(head, -1) {
		own := c.named(match[2])
		if own == nil || own == i || own.out || own.made.Name == match[2] {
			continue
		}
		given := map[string]string{match[1]: own.made.Name}
		for name, value := range i.made.Args {
			given[name] = value
		}
		parsed, err := containerfile.Parse([]byte(i.content), given, "")
		if err != nil || !isReplaced(i.parsed, parsed, own.made.Name) {
			continue
		}
		i.made.Args, i.parsed = given, parsed
		text := fmt.Sprintf("its default %s is taken for the image %s of this tree, which is its value now", match[2], own.made.Name)
		c.looks.Add(c.line(i, 0), match[1], text, i.made.Name)
	}
}

// isReplaced reports whether an image took the whole place of others in a Containerfile. As a part of a reference, as its
// repository, the name would make another one.
func isReplaced(before, after containerfile.File, name string) bool {
	isIn := func(file containerfile.File, reference string) bool {
		return slices.ContainsFunc(file.Parents, func(p containerfile.Parent) bool { return p.Reference == reference })
	}
	isGone := func(p containerfile.Parent) bool { return !isIn(after, p.Reference) }
	isOther := func(p containerfile.Parent) bool { return p.Reference != name && !isIn(before, p.Reference) }
	return slices.ContainsFunc(before.Parents, isGone) && !slices.ContainsFunc(after.Parents, isOther)
}
